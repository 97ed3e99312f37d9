import { messageOf } from '../../base/errors.ts'
import type { FileSystem, ReadFile } from '../../base/file-system.ts'
import { grownBytes } from '../../base/grown-bytes.ts'
import { uncompressZstd } from '../../base/zstd.ts'
import { chunkChecksum } from '../../kernels/chunks.ts'
import { createSnappyCodec } from '../../kernels/snappy.ts'
import type { SnappyCodec } from '../../kernels/snappy-codec.ts'
import { WalCorruption } from './corruption.ts'
import { bigEndian } from './record-bytes.ts'
import {
  compressedBySnappy,
  compressedByZstd,
  fragment,
  fragmentHeaderBytes,
  pageBytes,
  recordBytesMax,
} from './segment-files.ts'

/** Read ahead in whole pages; small enough to stay in cache. */
const windowBytes = 16 * pageBytes
const sectorBytes = 512
/** Of readers that are closed: each has memory of its own, and there are many readers. */
const idleCodecs: SnappyCodec[] = []

/**
 * The records of one segment in order. next() answers a record, undefined at the end, or throws
 * WalCorruption; after that resume() goes on behind the damage. The bytes of a record are valid until
 * the next call.
 */
export class SegmentReader {
  readonly #file: ReadFile
  readonly #path: string
  #snappy: SnappyCodec | undefined
  readonly #window: Uint8Array
  #windowStart = 0
  #windowLength = 0
  #at = 0
  #record = new Uint8Array(1024)
  #recordLength = 0
  #flags = 0
  #resumeAt: number | undefined
  /** Where the last record that was handed out ends. */
  goodBytes = 0
  /** Where the first fragment of that record begins. */
  recordStart = 0

  /** From a place on where a record ended; the end of the segment where it is beyond. */
  constructor(fileSystem: FileSystem, path: string, startBytes = 0) {
    this.#path = path
    this.#file = fileSystem.openRead(path)
    this.#at = Math.min(startBytes, this.#file.sizeBytes)
    this.goodBytes = this.#at
    const pages = Math.ceil(this.#file.sizeBytes / pageBytes)
    this.#window = new Uint8Array(Math.min(windowBytes, Math.max(1, pages) * pageBytes))
  }

  get sizeBytes(): number {
    return this.#file.sizeBytes
  }

  /** How far it has read. */
  get offset(): number {
    return this.#at
  }

  /**
   * Where the next record begins, behind the padding of pages; the segment's end where none does.
   * Throws WalCorruption.
   */
  nextStart(): number {
    return this.#nextHeader() === undefined ? this.sizeBytes : this.#at
  }

  /** Goes to the first fragment from this page on that begins a record; answers where, as nextStart(). */
  seek(page: number): number {
    this.#at = page
    this.#toOpening()
    return Math.min(this.#at, this.sizeBytes)
  }

  /** Goes to where a record ends without reading it. */
  goTo(place: number): void {
    this.#at = place
    this.goodBytes = place
  }

  /** Of the fragment whose header stands at the place. */
  checksumAt(place: number): number {
    this.#load(place)
    return this.#header(place).wanted
  }

  /** The bytes of the last record as they stand in the segment, and how they are compressed. */
  get stored(): { readonly bytes: Uint8Array; readonly flags: number } {
    return { bytes: this.#record.subarray(0, this.#recordLength), flags: this.#flags }
  }

  close(): void {
    this.#file.close()
    if (this.#snappy !== undefined) idleCodecs.push(this.#snappy)
    this.#snappy = undefined
  }

  next(): Uint8Array | undefined {
    this.#recordLength = 0
    let begun = false
    let start = this.#at
    for (;;) {
      const type = this.#nextHeader()
      if (type === undefined) {
        if (begun) throw this.#corruption('the last record is torn')
        return undefined
      }
      const kind = type & 7
      const opens = kind === fragment.full || kind === fragment.first
      if (opens === begun) throw this.#misplaced(kind, begun)
      const flags = type & ~7
      if (opens) {
        start = this.#at
        this.#flags = flags
      } else if (flags !== this.#flags) {
        throw this.#corruption('a record is compressed in two ways')
      }
      this.#takeFragment(kind)
      begun = true
      if (kind === fragment.full || kind === fragment.last) {
        this.goodBytes = this.#at
        this.recordStart = start
        return this.#uncompressed()
      }
    }
  }

  /**
   * Goes behind the damage: to the next page, and there to the first fragment that begins a record.
   * Only where a record broke off right before another one that is whole, to that one.
   */
  resume(): void {
    if (this.#resumeAt !== undefined) {
      this.#at = this.#resumeAt
      this.#resumeAt = undefined
      return
    }
    this.#at = (Math.floor(this.#at / pageBytes) + 1) * pageBytes
    this.#toOpening()
  }

  #toOpening(): void {
    for (;;) {
      const before = this.#at
      const type = this.#peekType()
      if (type === undefined || (type & 7) === fragment.full || (type & 7) === fragment.first)
        return
      if ((type & 7) === fragment.pageEnd)
        this.#at = (Math.floor(before / pageBytes) + 1) * pageBytes
      else this.#skipFragment(before)
    }
  }

  /** Whether the fragment at the place has the checksum that stands in its header, whatever its type. */
  isWholeFragment(place: number): boolean {
    if (place + fragmentHeaderBytes > this.sizeBytes) return false
    this.#load(place)
    const { length, wanted } = this.#header(place)
    const inPage = (place % pageBytes) + fragmentHeaderBytes + length
    if (inPage > pageBytes) return false
    const data = place - this.#windowStart + fragmentHeaderBytes
    return (
      data + length <= this.#windowLength &&
      chunkChecksum(this.#window, data, data + length) === wanted
    )
  }

  /** Whether zeros stand from the place to the end of its disk sector, or of the segment. */
  isZeroSector(place: number): boolean {
    const end = Math.min((Math.floor(place / sectorBytes) + 1) * sectorBytes, this.sizeBytes)
    this.#load(place)
    for (let at = place; at < end; at++) if (this.#byte(at) !== 0) return false
    return place < end
  }

  /** Type byte of the next fragment, behind page ends; undefined at the end of the segment. */
  #nextHeader(): number | undefined {
    for (;;) {
      const inPage = this.#at % pageBytes
      const room = pageBytes - inPage
      if (this.#at >= this.sizeBytes) return undefined
      this.#load(this.#at)
      const type = this.#byte(this.#at)
      if (type === fragment.pageEnd) {
        this.#skipPadding(room)
        continue
      }
      if (room < fragmentHeaderBytes)
        throw this.#corruption('a fragment in the last bytes of a page')
      if (this.#at + fragmentHeaderBytes > this.sizeBytes) {
        throw this.#corruption('the last fragment header is torn')
      }
      if ((type & 7) > fragment.last || (type & ~0x1f) !== 0) {
        throw this.#corruption(`unknown fragment type ${type}`)
      }
      return type
    }
  }

  #skipPadding(room: number): void {
    const end = Math.min(this.#at + room, this.sizeBytes)
    for (let at = this.#at; at < end; at++) {
      if (this.#byte(at) !== 0) throw this.#corruption('something stands in the padding of a page')
    }
    // A page that has room for a fragment is the last one: behind it there are zeros at most.
    if (room >= fragmentHeaderBytes && this.#somethingBehind(end)) {
      throw this.#corruption('a page ends before it is full')
    }
    this.#at = end
  }

  #somethingBehind(place: number): boolean {
    for (let page = place; page < this.sizeBytes; page += pageBytes) {
      this.#load(page)
      const end = Math.min(page + pageBytes, this.sizeBytes)
      for (let at = page; at < end; at++) if (this.#byte(at) !== 0) return true
    }
    this.#load(this.#at)
    return false
  }

  #takeFragment(kind: number): void {
    const start = this.#at - this.#windowStart
    const { length, wanted } = this.#header(this.#at)
    const room = pageBytes - (this.#at % pageBytes) - fragmentHeaderBytes
    if (length > room)
      throw this.#corruption(`a fragment of ${length} bytes, ${room} left in the page`)
    // Where a page has room for a header and no more, a record begins with an empty fragment.
    if (length === 0 && kind !== fragment.full && room > 0) {
      throw this.#corruption('an empty fragment')
    }
    const data = start + fragmentHeaderBytes
    if (data + length > this.#windowLength) throw this.#corruption('the last fragment is torn')
    const found = chunkChecksum(this.#window, data, data + length)
    if (found !== wanted) {
      throw this.#corruption(`checksum ${found.toString(16)}, ${wanted.toString(16)} expected`)
    }
    this.#appendToRecord(data, data + length)
    this.#at += fragmentHeaderBytes + length
  }

  #header(place: number): { length: number; wanted: number } {
    const start = place - this.#windowStart
    return {
      length: (bigEndian(this.#window, start) >>> 8) & 0xffff,
      wanted: bigEndian(this.#window, start + 3),
    }
  }

  /**
   * A fragment that cannot come here. One that begins a record within another is read next when it
   * is whole; but one that fills its page may be a middle fragment whose type was damaged.
   */
  #misplaced(kind: number, begun: boolean): WalCorruption {
    const place = this.#at
    if (begun && this.isWholeFragment(place)) {
      const { length } = this.#header(place)
      const fillsPage = (place % pageBytes) + fragmentHeaderBytes + length === pageBytes
      if (!fillsPage) this.#resumeAt = place
    }
    return this.#corruption(`fragment of kind ${kind} ${begun ? 'within' : 'outside of'} a record`)
  }

  #appendToRecord(start: number, end: number): void {
    const needed = this.#recordLength + end - start
    this.#record = grownBytes(this.#record, this.#recordLength, needed)
    this.#record.set(this.#window.subarray(start, end), this.#recordLength)
    this.#recordLength = needed
  }

  #uncompressed(): Uint8Array {
    const type = this.#flags
    const record = this.#record.subarray(0, this.#recordLength)
    try {
      if ((type & compressedBySnappy) !== 0) return this.#codec().uncompress(record, recordBytesMax)
      if ((type & compressedByZstd) !== 0) return uncompressZstd(record, recordBytesMax)
    } catch (thrown) {
      throw this.#corruption(messageOf(thrown))
    }
    return record
  }

  #codec(): SnappyCodec {
    this.#snappy ??= idleCodecs.pop() ?? createSnappyCodec()
    return this.#snappy
  }

  #peekType(): number | undefined {
    if (this.#at >= this.sizeBytes) return undefined
    this.#load(this.#at)
    return this.#byte(this.#at)
  }

  #skipFragment(before: number): void {
    const start = before - this.#windowStart
    const length = ((this.#window[start + 1] ?? 0) << 8) | (this.#window[start + 2] ?? 0)
    const inPage = (before % pageBytes) + fragmentHeaderBytes + length
    const pageStart = Math.floor(before / pageBytes) * pageBytes
    this.#at = inPage >= pageBytes ? pageStart + pageBytes : pageStart + inPage
  }

  /** Makes the whole page of the place part of the window. */
  #load(place: number): void {
    const page = Math.floor(place / pageBytes) * pageBytes
    const end = this.#windowStart + this.#windowLength
    if (page >= this.#windowStart && Math.min(page + pageBytes, this.sizeBytes) <= end) return
    this.#windowStart = page
    this.#windowLength = this.#file.read(this.#window, page)
  }

  #byte(place: number): number {
    return this.#window[place - this.#windowStart] ?? 0
  }

  #corruption(reason: string): WalCorruption {
    return new WalCorruption(this.#path, this.goodBytes, this.#at, reason)
  }
}
