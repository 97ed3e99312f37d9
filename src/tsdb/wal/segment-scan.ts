import { AssertionError } from '../../base/assert.ts'
import { ByteReadError } from '../../base/byte-reader.ts'
import { messageOf } from '../../base/errors.ts'
import type { FileSystem } from '../../base/file-system.ts'
import { WalCorruption } from './corruption.ts'
import { fragmentHeaderBytes } from './segment-files.ts'
import { SegmentReader } from './segment-reader.ts'

const sectorBytes = 512

/** A range of a segment that does not read. */
export interface DamagedPart {
  readonly start: number
  readonly end: number
}

export interface SegmentScanOptions {
  readonly fileSystem: FileSystem
  readonly path: string
  /** Where it begins, the end of a record; at the segment's where absent. */
  readonly startBytes?: number
  /** The end of the log: what was not on disk when the power went may be missing within it. */
  readonly isLast: boolean
  /** Throws ByteReadError where the record is not one. */
  readonly take: (record: Uint8Array) => void
}

/**
 * Reads one segment to its end whatever stands in it: the one verdict about a log that replay,
 * repair and checkpoint share. Damage costs the records it is in; reading goes on behind it. Only
 * in the last segment, where a sector was never written, it ends there: what follows was written
 * later and would make a gap in its series. Close it.
 */
export class SegmentScan {
  readonly #options: SegmentScanOptions
  readonly #reader: SegmentReader | undefined
  #open: number | undefined
  records = 0
  readonly damage: DamagedPart[] = []
  /** One for each damaged part, and one if the system could not read the segment. */
  readonly corruptions: WalCorruption[] = []
  isUnreadable = false

  constructor(options: SegmentScanOptions) {
    this.#options = options
    try {
      this.#reader = new SegmentReader(options.fileSystem, options.path, options.startBytes)
    } catch (thrown) {
      this.#unreadable(0, thrown)
    }
  }

  get sizeBytes(): number {
    return this.#reader?.sizeBytes ?? 0
  }

  /** How far it has come. */
  get offset(): number {
    return this.#reader?.offset ?? 0
  }

  close(): void {
    this.#reader?.close()
  }

  /** Reads about so many bytes further; false at the end. */
  advance(bytes: number): boolean {
    const reader = this.#reader
    if (reader === undefined) return false
    const until = reader.offset + bytes
    while (reader.offset < until) if (!this.#step(reader)) return false
    return true
  }

  #step(reader: SegmentReader): boolean {
    const before = reader.goodBytes
    try {
      const record = reader.next()
      this.#endDamage(record === undefined ? reader.sizeBytes : reader.recordStart)
      if (record === undefined) return false
      this.#take(reader, record)
      return true
    } catch (thrown) {
      if (!(thrown instanceof WalCorruption)) {
        if (!isSystemError(thrown)) throw thrown
        this.#unreadable(reader.offset, thrown)
        return false
      }
      return this.#beginDamage(reader, before, thrown)
    }
  }

  #take(reader: SegmentReader, record: Uint8Array): void {
    try {
      this.#options.take(record)
      this.records++
    } catch (thrown) {
      if (!(thrown instanceof ByteReadError)) throw thrown
      // The checksum holds, the content does not: only this record is lost.
      const { recordStart, goodBytes } = reader
      this.damage.push({ start: recordStart, end: goodBytes })
      this.corruptions.push(
        new WalCorruption(this.#options.path, recordStart, recordStart, thrown.message),
      )
    }
  }

  #beginDamage(reader: SegmentReader, before: number, corruption: WalCorruption): boolean {
    if (this.#open === undefined) {
      this.#open = before
      this.corruptions.push(corruption)
    }
    reader.resume()
    if (!this.#options.isLast || !this.#wasNeverWritten(reader, this.#open)) return true
    this.#endDamage(reader.sizeBytes)
    return false
  }

  #endDamage(end: number): void {
    if (this.#open === undefined) return
    this.damage.push({ start: this.#open, end })
    this.#open = undefined
  }

  /** A sector that the disk did not get reads as zeros, to its end. */
  #wasNeverWritten(reader: SegmentReader, start: number): boolean {
    const end = Math.min(reader.offset, reader.sizeBytes)
    const firstEnd = (Math.floor(start / sectorBytes) + 1) * sectorBytes
    // So few zeros may be a type byte that was damaged, with zeros behind it.
    const isDoubtful = firstEnd - start < fragmentHeaderBytes && reader.isWholeFragment(start)
    if (reader.isZeroSector(start) && !isDoubtful) return true
    for (let at = firstEnd; at < end; at += sectorBytes) if (reader.isZeroSector(at)) return true
    return false
  }

  #unreadable(offset: number, thrown: unknown): void {
    if (!isSystemError(thrown)) throw thrown
    this.isUnreadable = true
    const { path } = this.#options
    this.corruptions.push(
      new WalCorruption(path, 0, offset, `cannot be read: ${messageOf(thrown)}`),
    )
  }
}

/** Node's own errors have a code of capital letters; ours are NarthexErrors and assertions. */
function isSystemError(thrown: unknown): boolean {
  if (thrown instanceof AssertionError || !(thrown instanceof Error)) return false
  return 'code' in thrown && typeof thrown.code === 'string' && /^E[A-Z0-9]+$/.test(thrown.code)
}
