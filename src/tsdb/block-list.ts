import { join } from 'node:path'
import { messageOf } from '../base/errors.ts'
import type { FileSystem } from '../base/file-system.ts'
import { limits } from '../base/limits.ts'
import type { Logger } from '../base/logger.ts'
import type { Pins } from '../base/pins.ts'
import { blockFile, creationSuffix, deletionSuffix } from './block/block-files.ts'
import { deleteBlock } from './block/delete-block.ts'
import { type BlockMeta, inOrderEndMs, isFromOutOfOrder, readMeta } from './block/meta.ts'
import { repairIndexVersion } from './block/repair.ts'
import { isUlid, ulidTimeMs } from './block/ulid.ts'

/** A block as readers are told of it. */
export interface BlockPlace {
  readonly ulid: string
  readonly minTimeMs: number
  /** Exclusive. */
  readonly maxTimeMs: number
  /** Changes when what is deleted of it does: then it is opened anew. */
  readonly revision: number
  /** It holds out-of-order samples only. */
  readonly isOutOfOrder: boolean
  /** Why it cannot be read at all; its times are then those that it may have. */
  readonly fault?: string
}

export interface ListedBlock {
  readonly meta: BlockMeta
  readonly directory: string
  readonly sizeBytes: number
  /** When its tombstones were written. */
  readonly revision: number
}

/** A folder named like a block whose meta.json cannot be read. */
export interface DamagedBlock {
  readonly ulid: string
  /** No sample of it has this time or a later one, since it was written then. */
  readonly maxTimeMs: number
  readonly sizeBytes: number
  readonly reason: string
}

/** Of folders and files that a crash may have left. */
const leftoverSuffixes = [creationSuffix, deletionSuffix, '.tmp']

/**
 * The blocks of a data directory. A folder without a readable meta.json is told, and left alone until
 * retention (RELIABILITY 8): answers that it may belong to say so. A block that is taken off the list is deleted when nobody reads it any more.
 */
export class BlockList {
  readonly #fileSystem: FileSystem
  readonly #directory: string
  readonly #logger: Logger
  readonly #pins: Pins
  readonly #toldOf = new Set<string>()
  #blocks: readonly ListedBlock[] = []
  #damaged: readonly DamagedBlock[] = []
  /** What `places` was made of last. */
  #placed: {
    readonly blocks: readonly ListedBlock[]
    readonly damaged: readonly DamagedBlock[]
    readonly places: readonly BlockPlace[]
  } = { blocks: this.#blocks, damaged: this.#damaged, places: [] }
  /** Names that are being deleted: their folders may still be there. */
  readonly #leaving = new Set<string>()
  /** Of those, the ones that nobody reads and that could not be deleted: they are tried again. */
  readonly #undeleted = new Set<string>()
  /** How often the directory was looked at, and how often that failed. */
  readonly counts = { reloads: 0, reloadsFailed: 0 }

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

  /** Those that cannot be read. */
  get damaged(): readonly DamagedBlock[] {
    return this.#damaged
  }

  /** For readers: the same array as before where nothing has changed since. */
  get places(): readonly BlockPlace[] {
    const { blocks, damaged } = this.#placed
    if (blocks !== this.#blocks || damaged !== this.#damaged) {
      const places = this.#newPlaces()
      this.#placed = { blocks: this.#blocks, damaged: this.#damaged, places }
    }
    return this.#placed.places
  }

  #newPlaces(): readonly BlockPlace[] {
    const unread = this.#damaged.map(({ ulid, maxTimeMs, reason }) => {
      const minTimeMs = Number.NEGATIVE_INFINITY
      return { ulid, minTimeMs, maxTimeMs, revision: 0, isOutOfOrder: false, fault: reason }
    })
    const listed = this.#blocks.map(({ meta, revision }) => {
      const { ulid, minTimeMs, maxTimeMs } = meta
      return { ulid, minTimeMs, maxTimeMs, revision, isOutOfOrder: isFromOutOfOrder(meta) }
    })
    return [...unread, ...listed]
  }

  get sizeBytes(): number {
    return this.#blocks.reduce((sum, block) => sum + block.sizeBytes, 0)
  }

  /** The end of the newest block that holds all that came in order; undefined where there is none. */
  get inOrderEndMs(): number | undefined {
    return inOrderEndMs(this.#blocks.map(({ meta }) => meta))
  }

  /** Removes what a crash left of blocks that were being made or deleted (row T1.4). */
  removeLeftovers(): void {
    for (const name of this.#fileSystem.list(this.#directory)) {
      const suffix = leftoverSuffixes.find((each) => name.endsWith(each))
      if (suffix === undefined || !isUlid(name.slice(0, -suffix.length))) continue
      try {
        this.#fileSystem.remove(join(this.#directory, name), { recursive: true })
        this.#logger.info('Found and deleted tmp block dir', { dir: name })
      } catch (thrown) {
        const err = messageOf(thrown)
        this.#logger.error('Tmp block dir could not be deleted', { dir: name, err })
      }
    }
  }

  /** Mends what an old Prometheus wrote (row T8.4); what cannot be mended is found when it is read. */
  repair(): void {
    for (const name of this.#fileSystem.list(this.#directory)) {
      if (!this.#isBlock(name)) continue
      try {
        if (!repairIndexVersion(this.#fileSystem, join(this.#directory, name))) continue
        this.#logger.info('Repaired the index version of a block', { block: name })
      } catch (thrown) {
        const err = messageOf(thrown)
        this.#logger.warn('Block could not be looked at for repair', { block: name, err })
      }
    }
  }

  /** Looks at the directory again: others may have put blocks there or taken them away. */
  reload(): void {
    this.counts.reloads++
    try {
      this.#reload()
    } catch (thrown) {
      this.counts.reloadsFailed++
      throw thrown
    }
  }

  #reload(): void {
    for (const ulid of this.#undeleted) this.#deleteNow(ulid)
    const known = new Map(this.#blocks.map((block) => [block.meta.ulid, block]))
    const found: ListedBlock[] = []
    const damaged: DamagedBlock[] = []
    for (const name of this.#fileSystem.list(this.#directory)) {
      if (!this.#isBlock(name) || this.#leaving.has(name)) continue
      const block = this.#read(name, known.get(name))
      if ('meta' in block) found.push(block)
      else damaged.push(block)
    }
    const replaced = new Set(
      found.flatMap(({ meta }) => meta.compaction.parents.map(({ ulid }) => ulid)),
    )
    const isGone = ({ meta }: ListedBlock) => meta.compaction.deletable || replaced.has(meta.ulid)
    // What a block was made of is not missed, whether it can be read or not.
    this.#damaged = damaged.filter(({ ulid }) => !replaced.has(ulid))
    this.#blocks = found
      .filter((block) => !isGone(block))
      .sort((a, b) => a.meta.minTimeMs - b.meta.minTimeMs)
    const gone = found.filter(isGone).map(({ meta }) => meta.ulid)
    const unread = damaged.filter(({ ulid }) => replaced.has(ulid)).map(({ ulid }) => ulid)
    this.#delete([...gone, ...unread])
  }

  #isBlock(name: string): boolean {
    if (!isUlid(name)) return false
    return this.#fileSystem.stat(join(this.#directory, name))?.kind === 'directory'
  }

  #read(name: string, known: ListedBlock | undefined): ListedBlock | DamagedBlock {
    const directory = join(this.#directory, name)
    try {
      const meta = readMeta(this.#fileSystem, directory)
      const revision = this.#fileSystem.stat(join(directory, blockFile.tombstones))?.mtimeMs ?? 0
      const isAsKnown = known?.revision === revision
      const sizeBytes = isAsKnown ? known.sizeBytes : sizeOf(this.#fileSystem, directory)
      this.#toldOf.delete(name)
      return { meta, directory, sizeBytes, revision }
    } catch (thrown) {
      const reason = messageOf(thrown)
      if (!this.#toldOf.has(name)) {
        this.#logger.error('Block cannot be read and is left out', { block: name, err: reason })
      }
      this.#toldOf.add(name)
      const maxTimeMs = ulidTimeMs(name) + limits.appendAheadMs
      return { ulid: name, maxTimeMs, sizeBytes: sizeOf(this.#fileSystem, directory), reason }
    }
  }

  /** Takes blocks off the list, for every query that begins from now on. */
  drop(ulids: readonly string[]): void {
    this.#blocks = this.#blocks.filter(({ meta }) => !ulids.includes(meta.ulid))
    this.#damaged = this.#damaged.filter(({ ulid }) => !ulids.includes(ulid))
    this.#delete(ulids)
  }

  #delete(ulids: readonly string[]): void {
    if (ulids.length === 0) return
    for (const ulid of ulids) this.#leaving.add(ulid)
    this.#pins.afterHeld(() => {
      for (const ulid of ulids) this.#deleteNow(ulid)
    })
  }

  #deleteNow(ulid: string): void {
    try {
      deleteBlock(this.#fileSystem, this.#directory, ulid)
      this.#logger.info('Deleting obsolete block', { block: ulid })
      this.#leaving.delete(ulid)
      this.#undeleted.delete(ulid)
    } catch (thrown) {
      this.#undeleted.add(ulid)
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
