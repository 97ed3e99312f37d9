import { join } from 'node:path'
import { assert } from '../../base/assert.ts'
import { crc32c } from '../../base/crc32c.ts'
import { messageOf, NarthexError } from '../../base/errors.ts'
import type { AppendFile, FileSystem } from '../../base/file-system.ts'
import { compressSnappy } from '../../base/snappy.ts'
import {
  compressedBySnappy,
  fragment,
  fragmentHeaderBytes,
  listSegments,
  pageBytes,
  segmentName,
} from './segment-files.ts'

export interface WalWriterOptions {
  readonly fileSystem: FileSystem
  readonly directory: string
  /** A multiple of the page size; Prometheus' default is 128 MiB. */
  readonly segmentBytesMax: number
  readonly compression: 'none' | 'snappy'
}

/**
 * Appends records to the log, as Prometheus frames them: records are cut into fragments that fit
 * their 32 KiB page, and never cross a segment, so that a segment can be dropped whole and a torn
 * end damages nothing before it. A batch is one write: the kernel has all of it or, after a
 * failure, none. Always starts a segment of its own. Close it before opening another.
 */
export class WalWriter {
  readonly #options: WalWriterOptions
  #file: AppendFile
  #segment: number
  /** Bytes of the batch under way, to be written at the end of the file. */
  #batch = new Uint8Array(2 * pageBytes)
  #batchBytes = 0
  #broken: string | undefined
  #unsynced = false

  private constructor(options: WalWriterOptions, segment: number, file: AppendFile) {
    this.#options = options
    this.#segment = segment
    this.#file = file
  }

  static open(options: WalWriterOptions): WalWriter {
    const { fileSystem, directory, segmentBytesMax } = options
    assert(segmentBytesMax % pageBytes === 0, 'segments are made of whole pages')
    fileSystem.makeDirectory(directory)
    const last = listSegments(fileSystem, directory).at(-1)
    const segment = last === undefined ? 0 : last.number + 1
    return new WalWriter(options, segment, createSegment(fileSystem, directory, segment))
  }

  get segment(): number {
    return this.#segment
  }

  /** Bytes in the current segment. */
  get segmentBytes(): number {
    return this.#file.sizeBytes
  }

  /**
   * Hands all records to the system in one write before it answers. Throws TSDB_READ_ONLY when
   * that fails; then none of them is in the log, and unless the file could be cut back to where it
   * was nothing can be written any more.
   */
  log(records: readonly Uint8Array[]): void {
    if (this.#broken !== undefined) throw readOnly(this.#broken)
    this.#batchBytes = 0
    for (const record of records) {
      const { bytes, flags } = this.#compressed(record)
      if (bytes.length > this.#roomInSegment()) {
        this.#write()
        this.#startSegment()
      }
      assert(
        bytes.length <= this.#roomInSegment(),
        `record of ${bytes.length} bytes, over a segment`,
      )
      this.#frame(bytes, flags)
    }
    this.#write()
  }

  /** Waits until what was logged before the call is on disk. A failure makes the log read-only. */
  async sync(): Promise<void> {
    if (!this.#unsynced || this.#broken !== undefined) return
    this.#unsynced = false
    try {
      await this.#file.syncData()
    } catch (thrown) {
      // After a failed sync the kernel may have dropped the pages: trying again would lie.
      this.#broken = `sync failed: ${messageOf(thrown)}`
      throw readOnly(this.#broken)
    }
  }

  async close(): Promise<void> {
    try {
      await this.sync()
    } finally {
      this.#broken ??= 'the log is closed'
      this.#file.close()
    }
  }

  #compressed(record: Uint8Array): { bytes: Uint8Array; flags: number } {
    if (this.#options.compression === 'none') return { bytes: record, flags: 0 }
    const compressed = compressSnappy(record)
    if (compressed.length >= record.length) return { bytes: record, flags: 0 }
    return { bytes: compressed, flags: compressedBySnappy }
  }

  get #offset(): number {
    return this.#file.sizeBytes + this.#batchBytes
  }

  /** How long a record may be that still begins in this segment. */
  #roomInSegment(): number {
    const left = this.#options.segmentBytesMax - this.#offset
    const inPage = left % pageBytes
    const wholePages = Math.floor(left / pageBytes)
    return (
      wholePages * (pageBytes - fragmentHeaderBytes) + Math.max(0, inPage - fragmentHeaderBytes)
    )
  }

  #frame(bytes: Uint8Array, flags: number): void {
    let at = 0
    let isFirst = true
    do {
      let room = pageBytes - (this.#offset % pageBytes)
      if (room < fragmentHeaderBytes) {
        this.#pad(room)
        room = pageBytes
      }
      const length = Math.min(bytes.length - at, room - fragmentHeaderBytes)
      const isLast = at + length === bytes.length
      this.#fragment(kindOf(isFirst, isLast) | flags, bytes, at, at + length)
      at += length
      isFirst = false
    } while (at < bytes.length)
  }

  #fragment(type: number, bytes: Uint8Array, start: number, end: number): void {
    const length = end - start
    this.#reserve(fragmentHeaderBytes + length)
    const batch = this.#batch
    let at = this.#batchBytes
    const sum = crc32c(bytes, start, end)
    batch[at++] = type
    batch[at++] = length >>> 8
    batch[at++] = length & 0xff
    batch[at++] = sum >>> 24
    batch[at++] = (sum >>> 16) & 0xff
    batch[at++] = (sum >>> 8) & 0xff
    batch[at++] = sum & 0xff
    batch.set(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end), at)
    this.#batchBytes = at + length
  }

  #pad(count: number): void {
    this.#reserve(count)
    this.#batch.fill(0, this.#batchBytes, this.#batchBytes + count)
    this.#batchBytes += count
  }

  #write(): void {
    if (this.#batchBytes === 0) return
    const goodBytes = this.#file.sizeBytes
    try {
      this.#file.append(this.#batch.subarray(0, this.#batchBytes))
      this.#batchBytes = 0
      this.#unsynced = true
    } catch (thrown) {
      this.#cutBack(goodBytes)
      throw readOnly(messageOf(thrown), thrown)
    }
  }

  /** Part of a batch may have reached the file: take it off, or nobody may write behind it. */
  #cutBack(goodBytes: number): void {
    this.#batchBytes = 0
    try {
      this.#file.truncate(goodBytes)
    } catch (thrown) {
      this.#broken = `a failed write could not be taken back: ${messageOf(thrown)}`
    }
  }

  #startSegment(): void {
    const inPage = this.#offset % pageBytes
    if (inPage > 0) {
      this.#pad(pageBytes - inPage)
      this.#write()
    }
    const { fileSystem, directory } = this.#options
    try {
      this.#file.syncDataNow()
      const file = createSegment(fileSystem, directory, this.#segment + 1)
      this.#file.close()
      this.#file = file
      this.#segment++
    } catch (thrown) {
      throw readOnly(`segment ${this.#segment + 1} cannot be started: ${messageOf(thrown)}`, thrown)
    }
  }

  #reserve(more: number): void {
    const needed = this.#batchBytes + more
    if (needed <= this.#batch.length) return
    const grown = new Uint8Array(Math.max(needed, this.#batch.length * 2))
    grown.set(this.#batch.subarray(0, this.#batchBytes))
    this.#batch = grown
  }
}

function kindOf(isFirst: boolean, isLast: boolean): number {
  if (isFirst) return isLast ? fragment.full : fragment.first
  return isLast ? fragment.last : fragment.middle
}

function createSegment(fileSystem: FileSystem, directory: string, segment: number): AppendFile {
  const file = fileSystem.openAppend(join(directory, segmentName(segment)), { exclusive: true })
  fileSystem.syncDirectory(directory)
  return file
}

function readOnly(reason: string, cause?: unknown): NarthexError {
  return new NarthexError('TSDB_READ_ONLY', `the write-ahead log takes no samples: ${reason}`, {
    cause,
  })
}
