import { crc32c } from '../../base/crc32c.ts'
import { messageOf } from '../../base/errors.ts'
import type { FileSystem, ReadFile } from '../../base/file-system.ts'
import { uncompressSnappy } from '../../base/snappy.ts'
import { uncompressZstd } from '../../base/zstd.ts'
import { WalCorruption } from './corruption.ts'
import {
  compressedBySnappy,
  compressedByZstd,
  fragment,
  fragmentHeaderBytes,
  pageBytes,
} from './segment-files.ts'

/** Read ahead in whole pages; small enough to stay in cache. */
const windowBytes = 16 * pageBytes
/** A record is at most a segment, and segments are at most 256 MiB. */
const recordBytesMax = 256 * 2 ** 20

/**
 * The records of one segment in order. next() answers a record, undefined at the end, or throws
 * WalCorruption; after that resumeAtNextPage() goes on behind the damage. The bytes of a record are
 * valid until the next call.
 */
export class SegmentReader {
  readonly #file: ReadFile
  readonly #path: string
  #window = new Uint8Array(windowBytes)
  #windowStart = 0
  #windowLength = 0
  #at = 0
  #record = new Uint8Array(pageBytes)
  #recordLength = 0
  /** Where the last record that was handed out ends. */
  goodBytes = 0
  /** Where the first fragment of that record begins. */
  recordStart = 0

  constructor(fileSystem: FileSystem, path: string) {
    this.#path = path
    this.#file = fileSystem.openRead(path)
  }

  get sizeBytes(): number {
    return this.#file.sizeBytes
  }

  close(): void {
    this.#file.close()
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
      if (opens === begun) {
        throw this.#corruption(
          `fragment of kind ${kind} ${begun ? 'within' : 'outside of'} a record`,
        )
      }
      if (opens) start = this.#at
      this.#takeFragment()
      begun = true
      if (kind === fragment.full || kind === fragment.last) {
        this.goodBytes = this.#at
        this.recordStart = start
        return this.#uncompressed(type)
      }
    }
  }

  /** Goes to the next page, and there to the first fragment that begins a record. */
  resumeAtNextPage(): void {
    this.#at = (Math.floor(this.#at / pageBytes) + 1) * pageBytes
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
    this.#at = end
  }

  #takeFragment(): void {
    const start = this.#at - this.#windowStart
    const window = this.#window
    const length = ((window[start + 1] ?? 0) << 8) | (window[start + 2] ?? 0)
    const room = pageBytes - (this.#at % pageBytes) - fragmentHeaderBytes
    if (length > room)
      throw this.#corruption(`a fragment of ${length} bytes, ${room} left in the page`)
    const data = start + fragmentHeaderBytes
    if (data + length > this.#windowLength) throw this.#corruption('the last fragment is torn')
    const wanted =
      (((window[start + 3] ?? 0) << 24) |
        ((window[start + 4] ?? 0) << 16) |
        ((window[start + 5] ?? 0) << 8) |
        (window[start + 6] ?? 0)) >>>
      0
    const found = crc32c(window, data, data + length)
    if (found !== wanted) {
      throw this.#corruption(`checksum ${found.toString(16)}, ${wanted.toString(16)} expected`)
    }
    this.#appendToRecord(data, data + length)
    this.#at += fragmentHeaderBytes + length
  }

  #appendToRecord(start: number, end: number): void {
    const needed = this.#recordLength + end - start
    if (needed > this.#record.length) {
      const grown = new Uint8Array(Math.max(needed, this.#record.length * 2))
      grown.set(this.#record.subarray(0, this.#recordLength))
      this.#record = grown
    }
    this.#record.set(this.#window.subarray(start, end), this.#recordLength)
    this.#recordLength = needed
  }

  #uncompressed(type: number): Uint8Array {
    const record = this.#record.subarray(0, this.#recordLength)
    try {
      if ((type & compressedBySnappy) !== 0) return uncompressSnappy(record, recordBytesMax)
      if ((type & compressedByZstd) !== 0) return uncompressZstd(record, recordBytesMax)
    } catch (thrown) {
      throw this.#corruption(messageOf(thrown))
    }
    return record
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
