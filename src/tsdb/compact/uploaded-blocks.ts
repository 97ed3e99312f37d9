import type { Clock } from '../../base/clock.ts'
import { messageOf } from '../../base/errors.ts'
import type { FileSystem } from '../../base/file-system.ts'
import { limits } from '../../base/limits.ts'
import type { Logger } from '../../base/logger.ts'
import type { BlockMeta } from '../block/meta.ts'

export interface UploadedBlocksOptions {
  readonly fileSystem: FileSystem
  readonly clock: Clock
  readonly logger: Logger
  /** A JSON file with the ULIDs of blocks that were uploaded, such as the Thanos shipper's. */
  readonly path: string
}

/**
 * Which blocks somebody else has still to upload, as a file says (row T7.7): those are not
 * compacted. Of larger blocks it is not asked. A file that cannot be read holds nothing back, as
 * upstream has it; it is read at most once a minute.
 */
export class UploadedBlocks {
  readonly #options: UploadedBlocksOptions
  #uploaded: ReadonlySet<string> = new Set()
  #readMs = Number.NEGATIVE_INFINITY

  constructor(options: UploadedBlocksOptions) {
    this.#options = options
  }

  isPending({ ulid, compaction }: BlockMeta): boolean {
    if (compaction.level > 1 || !this.#refresh()) return false
    return !this.#uploaded.has(ulid)
  }

  /** False where the file does not say. */
  #refresh(): boolean {
    const { fileSystem, clock, logger, path } = this.#options
    const nowMs = clock.monotonicMs()
    if (nowMs - this.#readMs < limits.uploadedBlocksAgeMs) return true
    try {
      this.#uploaded = uploadedOf(new TextDecoder().decode(fileSystem.readFile(path)))
      this.#readMs = nowMs
      return true
    } catch (thrown) {
      logger.warn('File of uploaded blocks cannot be read', { path, err: messageOf(thrown) })
      return false
    }
  }
}

/** Throws Error for what is not JSON of that form. */
function uploadedOf(text: string): ReadonlySet<string> {
  const json: unknown = JSON.parse(text)
  if (typeof json !== 'object' || json === null) throw new Error('it is no object')
  const uploaded: unknown = 'uploaded' in json ? json.uploaded : null
  if (uploaded === null) return new Set()
  if (!Array.isArray(uploaded)) throw new Error('"uploaded" is no list')
  return new Set(uploaded.map(String))
}
