import { dirname, join } from 'node:path'
import { AssertionError, assert } from '../../base/assert.ts'
import { isDiskFull } from '../../base/disk-full.ts'
import { messageOf, NarthexError } from '../../base/errors.ts'
import type { AppendFile, FileSystem } from '../../base/file-system.ts'
import { limits } from '../../base/limits.ts'
import { compressRecord, demandCompression, type WalCompression } from './compression.ts'
import { FragmentBuffer, roomInSegment } from './fragment-buffer.ts'
import type { RecordPlace, RecordRows } from './record-index.ts'
import { RecordIndexWriter } from './record-index-writer.ts'
import {
  listSegments,
  nextSegmentNumber,
  pageBytes,
  recordBytesMax,
  segmentName,
} from './segment-files.ts'
import { UnsyncedRecords } from './unsynced-records.ts'

export interface WalWriterOptions {
  readonly fileSystem: FileSystem
  readonly directory: string
  /** A multiple of the page size; Prometheus' default is 128 MiB. */
  readonly segmentBytesMax: number
  readonly compression: WalCompression
  /** Sync each batch before it is acknowledged, instead of when sync() is called. */
  readonly syncEachBatch?: boolean
  /** Where what records are about is written down, if it is. */
  readonly indexDirectory?: string
  /** Runs a sync and takes its time. */
  readonly timeSync?: (sync: () => Promise<void>) => Promise<void>
}

/** Since the start: batches that failed, writes, and pages that were filled. */
export interface WalCounts {
  readonly writesFailed: number
  readonly writes: number
  readonly fullPages: number
  /** Fragments of records, and their bytes with their headers. */
  readonly parts: number
  readonly partBytes: number
  /** What compression made records shorter by. */
  readonly savedBytes: number
}

export const noWalCounts: WalCounts = {
  writesFailed: 0,
  writes: 0,
  fullPages: 0,
  parts: 0,
  partBytes: 0,
  savedBytes: 0,
}

/** A record that the index is told of. */
interface IndexedRecord {
  readonly segment: number
  readonly place: RecordPlace
  readonly rows: RecordRows
}

/** A segment that is being written. */
interface OpenSegment {
  readonly number: number
  readonly path: string
  readonly file: AppendFile
  /** How much of it is known to be on disk. */
  syncedBytes: number
}

/**
 * Appends records to the log, as Prometheus frames them: records are cut into fragments that fit
 * their 32 KiB page, and never cross a segment, so that a segment can be dropped whole and a torn
 * end damages nothing before it. A segment is on disk before the next one has anything in it.
 *
 * After a failed sync the kernel may have dropped pages and say nothing the next time. So that file
 * is never synced again: nothing is acknowledged until sync() has written all that was not known to
 * be on disk into a segment of its own. After three failures in a row the log is read-only. Want of
 * room is none of these: each sync tries again, so that the log goes on when there is room.
 *
 * Always starts a segment of its own. Close it before opening another.
 */
export class WalWriter {
  readonly #options: WalWriterOptions
  readonly #fragments = new FragmentBuffer()
  readonly #unsynced = new UnsyncedRecords()
  readonly #index: RecordIndexWriter | undefined
  /** What is to be indexed once the batch under way is in the log. */
  readonly #indexed: IndexedRecord[] = []
  /** How much was unsynced when the batch under way began. */
  #batchUnsynced = 0
  #segment: OpenSegment
  /** Segments that are full, kept open while a sync of one of them may be under way. */
  readonly #full: OpenSegment[] = []
  #syncIsUnderWay = false
  #lastSync: Promise<void> = Promise.resolve()
  /** Why nothing is acknowledged until the next sync. */
  #failure: string | undefined
  #failures = 0
  /** Why nothing can be written any more. */
  #broken: string | undefined
  #isClosed = false
  readonly #counts = { writesFailed: 0, writes: 0, fullPages: 0, savedBytes: 0 }

  private constructor(options: WalWriterOptions, segment: OpenSegment) {
    this.#options = options
    this.#segment = segment
    const { fileSystem, directory, indexDirectory } = options
    if (indexDirectory === undefined) return
    this.#index = new RecordIndexWriter(fileSystem, indexDirectory, directory)
  }

  /** Throws NOT_BUILT_YET for a compression that this Node does not have. */
  static open(options: WalWriterOptions): WalWriter {
    const { fileSystem, directory, segmentBytesMax, compression } = options
    assert(segmentBytesMax % pageBytes === 0, 'segments are made of whole pages')
    demandCompression(compression)
    fileSystem.makeDirectory(directory)
    fileSystem.syncDirectory(dirname(directory))
    syncLastSegments(fileSystem, directory)
    return new WalWriter(options, createSegment(fileSystem, directory))
  }

  get counts(): WalCounts {
    return { ...this.#counts, ...this.#fragments.counts }
  }

  get segment(): number {
    return this.#segment.number
  }

  /** Bytes in the current segment. */
  get segmentBytes(): number {
    return this.#segment.file.sizeBytes
  }

  /**
   * Hands all records to the system before it answers. Throws TSDB_READ_ONLY when that fails; then
   * none of them is in the log, also where some of them went into a segment that was full with them.
   * `rows` are of those among them that have samples.
   */
  log(records: readonly Uint8Array[], rows: readonly (RecordRows | undefined)[] = []): void {
    this.#demandWritable()
    const begin = this.#segment
    const beginBytes = begin.file.sizeBytes
    this.#batchUnsynced = this.#unsynced.bytes
    const passed: OpenSegment[] = []
    this.#fragments.begin(beginBytes)
    try {
      for (const [index, record] of records.entries()) this.#frame(record, passed, rows[index])
      this.#write()
      if (this.#options.syncEachBatch === true) this.#syncNow()
    } catch (thrown) {
      this.#indexed.length = 0
      this.#counts.writesFailed++
      this.#unsynced.cutBack(this.#batchUnsynced)
      this.#takeBack(begin, beginBytes, passed)
      if (thrown instanceof AssertionError) throw thrown
      throw thrown instanceof NarthexError ? thrown : readOnly(messageOf(thrown), thrown)
    }
    for (const { segment, place, rows } of this.#indexed) this.#index?.add(segment, place, rows)
    this.#indexed.length = 0
    this.#full.push(...passed)
    this.#closeFull()
  }

  /** Starts a new segment, so that a checkpoint can take all before it. Throws as log does. */
  startSegment(): void {
    this.#demandWritable()
    const begin = this.#segment
    const beginBytes = begin.file.sizeBytes
    if (beginBytes === 0) return
    this.#fragments.begin(beginBytes)
    try {
      this.#nextSegment()
    } catch (thrown) {
      this.#takeBack(begin, beginBytes, [])
      throw thrown instanceof NarthexError ? thrown : readOnly(messageOf(thrown), thrown)
    }
    this.#full.push(begin)
    this.#closeFull()
  }

  /** Waits until what was logged before the call is on disk; throws TSDB_READ_ONLY if it is not. */
  sync(): Promise<void> {
    const next = this.#lastSync.then(() => this.#syncOnce())
    // A failure is told to whoever asked for that sync, not to those behind it.
    this.#lastSync = next.then(settled, settled)
    return next
  }

  /** Syncs once more, and closes also when that fails; a second time it does nothing. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    try {
      await this.sync()
    } finally {
      this.#broken ??= 'the log is closed'
      this.#closeFull()
      this.#index?.close()
      this.#segment.file.close()
    }
  }

  #demandWritable(): void {
    const reason = this.#broken ?? this.#failure
    if (reason !== undefined) throw readOnly(reason)
    if (this.#unsynced.bytes < limits.walUnsyncedBytesMax) return
    if (this.#syncIsUnderWay) throw readOnly('the disk does not keep up')
    this.#syncNow()
  }

  #frame(record: Uint8Array, passed: OpenSegment[], rows: RecordRows | undefined): void {
    assert(record.length <= recordBytesMax, `record of ${record.length} bytes`)
    const { bytes, flags } = compressRecord(record, this.#options.compression)
    const { offset } = this.#fragments
    // A record that is longer than a segment gets one to itself, which is longer then.
    if (offset > 0 && bytes.length > roomInSegment(offset, this.#options.segmentBytesMax)) {
      passed.push(this.#segment)
      this.#nextSegment()
    }
    this.#fragments.add(bytes, flags)
    this.#unsynced.add(bytes, flags)
    this.#counts.savedBytes += record.length - bytes.length
    if (rows === undefined || this.#index === undefined) return
    const { recordStart: start, recordChecksum: checksum, offset: end } = this.#fragments
    this.#indexed.push({ segment: this.#segment.number, place: { start, end, checksum }, rows })
  }

  #write(): void {
    if (this.#fragments.length === 0) return
    const { file } = this.#segment
    const pagesBefore = Math.floor(file.sizeBytes / pageBytes)
    file.append(this.#fragments.view())
    this.#counts.writes++
    this.#counts.fullPages += Math.floor(file.sizeBytes / pageBytes) - pagesBefore
    this.#fragments.begin(file.sizeBytes)
  }

  /** Fills the last page of the segment and has it on disk before there is another. */
  #nextSegment(): void {
    this.#fragments.padPage()
    this.#write()
    this.#syncNow()
    const { fileSystem, directory } = this.#options
    this.#segment = createSegment(fileSystem, directory)
    this.#fragments.begin(0)
  }

  /**
   * A batch failed: parts of it may stand at the end of where it began, and in segments that it
   * began. What cannot be taken off is left behind by going on in another segment.
   */
  #takeBack(begin: OpenSegment, beginBytes: number, passed: readonly OpenSegment[]): void {
    const { fileSystem } = this.#options
    const begun = [...passed, this.#segment].filter((segment) => segment !== begin)
    this.#segment = begin
    begin.syncedBytes = Math.min(begin.syncedBytes, beginBytes)
    try {
      for (const { file, path } of begun) {
        file.close()
        fileSystem.remove(path)
      }
      begin.file.truncate(beginBytes)
      // Its part of the batch had been synced: it must not shine through what comes in its place.
      if (begun.length > 0) begin.file.syncDataNow()
    } catch (thrown) {
      this.#failure = `a failed write could not be taken back: ${messageOf(thrown)}`
    }
  }

  #syncNow(): void {
    try {
      this.#segment.file.syncDataNow()
    } catch (thrown) {
      this.#syncFailed(thrown)
      throw readOnly(this.#failure ?? '', thrown)
    }
    // The kernel tells a failure once: a sync under way may have been the one that was told.
    if (this.#syncIsUnderWay) return
    this.#unsynced.clear()
    this.#batchUnsynced = 0
    this.#segment.syncedBytes = this.#segment.file.sizeBytes
    this.#failures = 0
  }

  async #syncOnce(): Promise<void> {
    if (this.#broken !== undefined) return
    if (this.#failure === undefined) {
      if (this.#unsynced.bytes === 0) return
      if (await this.#syncSegment()) return
    }
    while (this.#failures < limits.walSyncFailuresMax) {
      const before = this.#failures
      if (await this.#moveUnsynced()) return
      if (this.#failures === before) throw readOnly(this.#failure ?? '')
    }
    this.#broken = this.#failure ?? 'it cannot be synced'
    throw readOnly(this.#broken)
  }

  async #syncSegment(): Promise<boolean> {
    const segment = this.#segment
    const { sizeBytes } = segment.file
    this.#unsynced.syncBegins()
    this.#syncIsUnderWay = true
    try {
      const { timeSync } = this.#options
      const sync = () => segment.file.syncData()
      await (timeSync === undefined ? sync() : timeSync(sync))
      this.#unsynced.syncSucceeded()
      this.#failures = 0
      segment.syncedBytes = sizeBytes
      return this.#failure === undefined
    } catch (thrown) {
      this.#syncFailed(thrown)
      return false
    } finally {
      this.#syncIsUnderWay = false
      this.#closeFull()
    }
  }

  #syncFailed(thrown: unknown): void {
    if (!isDiskFull(thrown)) this.#failures++
    this.#failure = `sync failed: ${messageOf(thrown)}`
  }

  /** Writes all that is not known to be on disk into a new segment, and goes on there. */
  async #moveUnsynced(): Promise<boolean> {
    const { fileSystem, directory } = this.#options
    let segment: OpenSegment | undefined
    try {
      segment = createSegment(fileSystem, directory)
      this.#fragments.begin(0)
      this.#unsynced.each((record, flags) => this.#fragments.add(record, flags))
      if (this.#fragments.length > 0) segment.file.append(this.#fragments.view())
      await segment.file.syncData()
    } catch (thrown) {
      this.#syncFailed(thrown)
      if (segment !== undefined) abandon(fileSystem, segment)
      return false
    }
    const { file, syncedBytes } = this.#segment
    // What was not known to be on disk is elsewhere now; if it stays here too, it is read twice.
    cutOff(file, syncedBytes)
    file.close()
    this.#segment = segment
    segment.syncedBytes = segment.file.sizeBytes
    this.#unsynced.clear()
    this.#failure = undefined
    this.#failures = 0
    return true
  }

  #closeFull(): void {
    if (this.#syncIsUnderWay) return
    for (const { file } of this.#full) file.close()
    this.#full.length = 0
  }
}

function settled(): void {
  // The next sync may begin.
}

/**
 * A process that was killed may have left what it acknowledged unsynced. Nobody writes to its last
 * segment again, so nobody would sync it, and a power cut much later would still cost samples. Of the
 * one before, Prometheus may have been syncing the end.
 */
function syncLastSegments(fileSystem: FileSystem, directory: string): void {
  for (const { path } of listSegments(fileSystem, directory).slice(-2)) fileSystem.syncFile(path)
}

function createSegment(fileSystem: FileSystem, directory: string): OpenSegment {
  const number = nextSegmentNumber(fileSystem, directory)
  const path = join(directory, segmentName(number))
  const file = fileSystem.openAppend(path, { exclusive: true })
  const segment = { number, path, file, syncedBytes: 0 }
  try {
    fileSystem.syncDirectory(directory)
  } catch (thrown) {
    abandon(fileSystem, segment)
    throw thrown
  }
  return segment
}

/** A segment that holds nothing of worth; if it cannot be removed, the next one stands behind it. */
function abandon(fileSystem: FileSystem, { file, path }: OpenSegment): void {
  cutOff(file, 0)
  file.close()
  attempt(() => fileSystem.remove(path))
}

function cutOff(file: AppendFile, lengthBytes: number): void {
  attempt(() => file.truncate(lengthBytes))
}

/** For what makes a failing disk tidier and no promise depends on. */
function attempt(work: () => void): void {
  try {
    work()
  } catch (thrown) {
    if (thrown instanceof AssertionError) throw thrown
  }
}

function readOnly(reason: string, cause?: unknown): NarthexError {
  return new NarthexError('TSDB_READ_ONLY', `the write-ahead log takes no samples: ${reason}`, {
    cause,
  })
}
