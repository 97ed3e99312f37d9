import { join } from 'node:path'
import { AssertionError } from '../../base/assert.ts'
import { messageOf, NarthexError } from '../../base/errors.ts'
import type { FileSystem } from '../../base/file-system.ts'
import { limits } from '../../base/limits.ts'
import { CheckpointFilter } from './checkpoint-filter.ts'
import type { WalCompression } from './compression.ts'
import type { WalCorruption } from './corruption.ts'
import { quarantine, quarantineWhole } from './quarantine.ts'
import { RecordDecoder } from './record-decoder.ts'
import {
  lastCheckpoint,
  listCheckpoints,
  listSegments,
  pageBytes,
  type Segment,
  segmentName,
} from './segment-files.ts'
import { SegmentScan } from './segment-scan.ts'
import { WalWriter } from './writer.ts'

export interface CheckpointOptions {
  readonly fileSystem: FileSystem
  /** The log's. */
  readonly directory: string
  /**
   * The first and the last segment that it replaces; none of them is being written any more. What
   * the last checkpoint replaced already counts as read.
   */
  readonly from: number
  readonly to: number
  /** Its answer for a ref must stay the same until the checkpoint is written. */
  readonly keepSeries: (ref: number) => boolean
  /** Samples before it are in blocks. */
  readonly minTimeMs: number
  /** See CheckpointFilterOptions. */
  readonly tombstonesFromMs?: number | undefined
  readonly compression: WalCompression
  /** Lets other work go on; called after every few milliseconds of work. */
  readonly turn?: () => Promise<void>
  /**
   * A segment that the system cannot read makes the checkpoint fail. With this it is moved to the
   * quarantine whole instead: for the third try, so that the log does not grow for ever.
   */
  readonly setAsideUnreadable?: boolean
}

export interface CheckpointResult {
  readonly directory: string
  readonly segmentsRead: number
  readonly bytesRead: number
  readonly bytesWritten: number
  readonly recordsWritten: number
  /** Damage on the way: its bytes are in the quarantine, its records are lost. */
  readonly corruptions: readonly WalCorruption[]
  /** Why something that is replaced is still there; the next start removes it. */
  readonly notRemoved: string | undefined
}

const nothingDone = {
  segmentsRead: 0,
  bytesRead: 0,
  bytesWritten: 0,
  recordsWritten: 0,
  corruptions: [],
}

/** Some milliseconds of work. */
const stepBytes = 2 * pageBytes
/** Records wait for this much before they are written, and writes for that much before a sync. */
const batchBytes = 1 << 17
const syncBytes = 4 << 20

/**
 * Writes what the head still needs of the last checkpoint and of segments `from` to `to` into
 * `checkpoint.TO`, in the form of a log (row T2.13), and removes what it replaces. The new one is on
 * disk and has been read back before anything is removed: when this throws, the log is as it was.
 * Throws TSDB_CORRUPTION for what cannot be read, TSDB_READ_ONLY for what cannot be written.
 */
export async function writeCheckpoint(options: CheckpointOptions): Promise<CheckpointResult> {
  const { fileSystem, directory, from, to } = options
  const last = lastCheckpoint(fileSystem, directory)
  const firstSegment = last === undefined ? from : last.segment + 1
  if (last !== undefined && to <= last.segment) {
    // It stands already; what it replaces was not removed then.
    const notRemoved = removeReplaced(fileSystem, directory, last.segment)
    return { ...nothingDone, directory: last.directory, notRemoved }
  }
  const target = join(directory, `checkpoint.${segmentName(to)}`)
  const temporary = `${target}.tmp`
  removeIfThere(fileSystem, temporary)
  const run = new CheckpointRun(options, temporary)
  try {
    if (last !== undefined) await run.readAll(listSegments(fileSystem, last.directory))
    await run.readAll(
      listSegments(fileSystem, directory).filter(
        ({ number }) => number >= firstSegment && number <= to,
      ),
    )
    await run.finish()
    await readBack(options, temporary, run.recordsWritten)
  } catch (thrown) {
    await run.abandon()
    throw thrown
  }
  // A folder of that name has nothing to read, or it would have been the last one.
  removeIfThere(fileSystem, target)
  fileSystem.rename(temporary, target)
  fileSystem.syncDirectory(directory)
  const { segmentsRead, bytesRead, bytesWritten, recordsWritten, corruptions } = run
  const notRemoved = removeReplaced(fileSystem, directory, to)
  return {
    directory: target,
    segmentsRead,
    bytesRead,
    bytesWritten,
    recordsWritten,
    corruptions,
    notRemoved,
  }
}

/** Removes the segments up to and with `to`, lowest first, so that a sequence stays. */
export function truncateWal(fileSystem: FileSystem, directory: string, to: number): void {
  for (const { number, path } of listSegments(fileSystem, directory)) {
    if (number <= to) fileSystem.remove(path)
  }
  fileSystem.syncDirectory(directory)
}

function removeReplaced(fileSystem: FileSystem, directory: string, to: number): string | undefined {
  try {
    truncateWal(fileSystem, directory, to)
    for (const checkpoint of listCheckpoints(fileSystem, directory)) {
      if (checkpoint.segment < to) fileSystem.remove(checkpoint.directory, { recursive: true })
    }
    fileSystem.syncDirectory(directory)
    return undefined
  } catch (thrown) {
    if (thrown instanceof AssertionError) throw thrown
    return messageOf(thrown)
  }
}

function removeIfThere(fileSystem: FileSystem, path: string): void {
  if (fileSystem.stat(path) !== undefined) fileSystem.remove(path, { recursive: true })
}

class CheckpointRun {
  readonly #options: CheckpointOptions
  readonly #temporary: string
  readonly #writer: WalWriter
  readonly #filter: CheckpointFilter
  #batch: Uint8Array[] = []
  #batchBytes = 0
  #unsyncedBytes = 0
  segmentsRead = 0
  bytesRead = 0
  bytesWritten = 0
  recordsWritten = 0
  readonly corruptions: WalCorruption[] = []

  constructor(options: CheckpointOptions, temporary: string) {
    this.#options = options
    this.#temporary = temporary
    const { fileSystem, compression, keepSeries, minTimeMs, tombstonesFromMs } = options
    this.#writer = WalWriter.open({
      fileSystem,
      directory: temporary,
      segmentBytesMax: limits.walSegmentBytes,
      compression,
    })
    this.#filter = new CheckpointFilter({
      keepSeries,
      minTimeMs,
      tombstonesFromMs,
      keep: (record) => this.#keep(record),
    })
  }

  async readAll(segments: readonly Segment[]): Promise<void> {
    for (const { path } of segments) await this.#readSegment(path)
  }

  async #readSegment(path: string): Promise<void> {
    const scan = new SegmentScan({
      fileSystem: this.#options.fileSystem,
      path,
      isLast: false,
      take: (record) => this.#filter.take(record),
    })
    try {
      while (scan.advance(stepBytes)) await this.#turn()
      await this.#turn()
    } finally {
      scan.close()
    }
    this.segmentsRead++
    this.bytesRead += scan.sizeBytes
    this.corruptions.push(...scan.corruptions)
    this.#keepDamage(path, scan)
  }

  /** The segment will be removed: what nobody could read of it goes to the quarantine. */
  #keepDamage(path: string, scan: SegmentScan): void {
    const { fileSystem, directory, setAsideUnreadable } = this.#options
    if (scan.isUnreadable) {
      const [corruption] = scan.corruptions
      if (setAsideUnreadable !== true) throw corruption ?? unread(path)
      quarantineWhole(fileSystem, directory, path)
      return
    }
    for (const part of scan.damage) quarantine(fileSystem, directory, path, part)
  }

  async #turn(): Promise<void> {
    if (this.#batchBytes >= batchBytes) await this.#write()
    await this.#options.turn?.()
  }

  #keep(record: Uint8Array): void {
    this.#batch.push(record.slice())
    this.#batchBytes += record.length
    this.recordsWritten++
  }

  async #write(): Promise<void> {
    // A full segment is synced at once: let there be little to sync.
    const isFull = this.#writer.segmentBytes + 2 * this.#batchBytes > limits.walSegmentBytes
    if (isFull) await this.#writer.sync()
    this.#writer.log(this.#batch)
    this.bytesWritten += this.#batchBytes
    this.#unsyncedBytes += this.#batchBytes
    this.#batch = []
    this.#batchBytes = 0
    if (this.#unsyncedBytes < syncBytes) return
    await this.#writer.sync()
    this.#unsyncedBytes = 0
  }

  async finish(): Promise<void> {
    for (const record of this.#filter.finish()) {
      this.#keep(record)
      await this.#turn()
    }
    await this.#write()
    await this.#writer.close()
    this.#options.fileSystem.syncDirectory(this.#temporary)
  }

  /** After a failure, which is what the caller is told, whatever becomes of the rest. */
  async abandon(): Promise<void> {
    try {
      await this.#writer.close()
    } catch (thrown) {
      if (thrown instanceof AssertionError) throw thrown
    }
    try {
      removeIfThere(this.#options.fileSystem, this.#temporary)
    } catch (thrown) {
      if (thrown instanceof AssertionError) throw thrown
    }
  }
}

/** The old checkpoint and the segments are given up for this one: it is read first. */
async function readBack(
  options: CheckpointOptions,
  directory: string,
  recordsWritten: number,
): Promise<void> {
  const { fileSystem, turn } = options
  const decoder = new RecordDecoder({ series: () => undefined, samples: () => undefined })
  let records = 0
  for (const { path } of listSegments(fileSystem, directory)) {
    const scan = new SegmentScan({
      fileSystem,
      path,
      isLast: false,
      take: (record) => decoder.take(record),
    })
    try {
      while (scan.advance(stepBytes)) await turn?.()
    } finally {
      scan.close()
    }
    const [corruption] = scan.corruptions
    if (corruption !== undefined) throw corruption
    records += scan.records
  }
  if (records !== recordsWritten) {
    throw new NarthexError(
      'TSDB_CORRUPTION',
      `checkpoint ${directory} has ${records} records, ${recordsWritten} were written`,
    )
  }
}

function unread(path: string): NarthexError {
  return new NarthexError('TSDB_CORRUPTION', `${path} cannot be read`)
}
