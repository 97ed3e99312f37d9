import { join } from 'node:path'
import { messageOf } from '../base/errors.ts'
import type { FileSystem } from '../base/file-system.ts'
import type { Logger } from '../base/logger.ts'
import type { Pins } from '../base/pins.ts'
import { blockFile } from './block/block-files.ts'
import { type BlockMeta, readMeta } from './block/meta.ts'
import { isUlid } from './block/ulid.ts'

/** A block as readers are told of it. */
export interface BlockPlace {
  readonly ulid: string
  readonly minTimeMs: number
  /** Exclusive. */
  readonly maxTimeMs: number
  /** Changes when what is deleted of it does: then it is opened anew. */
  readonly revision: number
}

export interface ListedBlock {
  readonly meta: BlockMeta
  readonly directory: string
  readonly sizeBytes: number
  /** When its tombstones were written. */
  readonly revision: number
}

/** Suffix of a block's folder while it is deleted, and of those that a crash may have left. */
const deletionSuffix = '.tmp-for-deletion'
const leftoverSuffixes = ['.tmp-for-creation', deletionSuffix, '.tmp']

/**
 * The blocks of a data directory. A folder without a readable meta.json is told and left alone
 * (RELIABILITY 8). A block that is taken off the list is deleted when nobody reads it any more.
 */
export class BlockList {
  readonly #fileSystem: FileSystem
  readonly #directory: string
  readonly #logger: Logger
  readonly #pins: Pins
  readonly #toldOf = new Set<string>()
  #blocks: readonly ListedBlock[] = []
  /** Names that are being deleted: their folders may still be there. */
  readonly #leaving = new Set<string>()

  constructor(o: {
    readonly fileSystem: FileSystem
    readonly directory: string
    readonly logger: Logger
    readonly pins: Pins
  }) {
    this.#fileSystem = o.fileSystem
    this.#directory = o.directory
    this.#logger = o.logger
    this.#pins = o.pins
  }

  /** By their first time. */
  get blocks(): readonly ListedBlock[] {
    return this.#blocks
  }

  get places(): readonly BlockPlace[] {
    return this.#blocks.map(({ meta: { ulid, minTimeMs, maxTimeMs }, revision }) => ({
      ulid,
      minTimeMs,
      maxTimeMs,
      revision,
    }))
  }

  get sizeBytes(): number {
    return this.#blocks.reduce((sum, block) => sum + block.sizeBytes, 0)
  }

  /** The end of the newest block that holds all that came in order; undefined where there is none. */
  get inOrderEndMs(): number | undefined {
    const ends = this.#blocks
      .filter(({ meta }) => meta.compaction.hints.length === 0)
      .map(({ meta }) => meta.maxTimeMs)
    return ends.length === 0 ? undefined : Math.max(...ends)
  }

  /** Removes what a crash left of blocks that were being made or deleted (row T1.4). */
  removeLeftovers(): void {
    for (const name of this.#fileSystem.list(this.#directory)) {
      const suffix = leftoverSuffixes.find((each) => name.endsWith(each))
      if (suffix === undefined || !isUlid(name.slice(0, -suffix.length))) continue
      this.#fileSystem.remove(join(this.#directory, name), { recursive: true })
      this.#logger.info('Found and deleted tmp block dir', { dir: name })
    }
  }

  /** Looks at the directory again: others may have put blocks there or taken them away. */
  reload(): void {
    const known = new Map(this.#blocks.map((block) => [block.meta.ulid, block]))
    const found: ListedBlock[] = []
    for (const name of this.#fileSystem.list(this.#directory)) {
      if (!isUlid(name) || this.#leaving.has(name)) continue
      const block = this.#read(name, known.get(name))
      if (block !== undefined) found.push(block)
    }
    const replaced = new Set(
      found.flatMap(({ meta }) => meta.compaction.parents.map(({ ulid }) => ulid)),
    )
    const isGone = ({ meta }: ListedBlock) => meta.compaction.deletable || replaced.has(meta.ulid)
    this.#blocks = found
      .filter((block) => !isGone(block))
      .sort((a, b) => a.meta.minTimeMs - b.meta.minTimeMs)
    this.#delete(found.filter(isGone).map(({ meta }) => meta.ulid))
  }

  #read(name: string, known: ListedBlock | undefined): ListedBlock | undefined {
    const directory = join(this.#directory, name)
    try {
      const meta = readMeta(this.#fileSystem, directory)
      const sizeBytes = known?.sizeBytes ?? sizeOf(this.#fileSystem, directory)
      const revision = this.#fileSystem.stat(join(directory, blockFile.tombstones))?.mtimeMs ?? 0
      return { meta, directory, sizeBytes, revision }
    } catch (thrown) {
      if (!this.#toldOf.has(name)) {
        this.#logger.error('Block cannot be read and is left out', { err: messageOf(thrown) })
      }
      this.#toldOf.add(name)
      return undefined
    }
  }

  /** Takes blocks off the list, for every query that begins from now on. */
  drop(ulids: readonly string[]): void {
    this.#blocks = this.#blocks.filter(({ meta }) => !ulids.includes(meta.ulid))
    this.#delete(ulids)
  }

  #delete(ulids: readonly string[]): void {
    if (ulids.length === 0) return
    for (const ulid of ulids) this.#leaving.add(ulid)
    this.#pins.afterHeld(() => {
      for (const ulid of ulids) this.#deleteNow(ulid)
    })
  }

  /** Renamed first, so that a crash leaves no half of a block (RELIABILITY 9). */
  #deleteNow(ulid: string): void {
    const directory = join(this.#directory, ulid)
    try {
      this.#fileSystem.rename(directory, directory + deletionSuffix)
      // Or a power cut may leave the old name with some of the files.
      this.#fileSystem.syncDirectory(this.#directory)
      this.#fileSystem.remove(directory + deletionSuffix, { recursive: true })
      this.#logger.info('Deleting obsolete block', { block: ulid })
      this.#leaving.delete(ulid)
    } catch (thrown) {
      const err = messageOf(thrown)
      this.#logger.error('Block could not be deleted', { block: ulid, err })
    }
  }
}

/** Bytes of all files of a folder. */
export function sizeOf(fileSystem: FileSystem, directory: string): number {
  let sum = 0
  for (const name of fileSystem.list(directory)) {
    const path = join(directory, name)
    const stat = fileSystem.stat(path)
    if (stat?.kind === 'directory') sum += sizeOf(fileSystem, path)
    else sum += stat?.sizeBytes ?? 0
  }
  return sum
}
