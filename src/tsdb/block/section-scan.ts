import { crc32c } from '../../base/crc32c.ts'
import { limits } from '../../base/limits.ts'
import { type BlockBytes, indexFile } from './block-bytes.ts'
import { sumBytes } from './block-files.ts'
import type { CorruptionError } from './corruption.ts'

/**
 * Reads through one section of the index: a length, so many bytes, their sum. Everything that is
 * read is to be thrown away unless finish() finds the sum right.
 */
export class SectionScan {
  readonly #source: BlockBytes
  /** Where the section's content ends in the file. */
  readonly #contentEnd: number
  /** Content that is in memory; exchanged when it grows. */
  bytes: Uint8Array
  /** The next byte in `bytes`. */
  #at = 0
  #fill = 0
  /** Where bytes[0] stands in the file. */
  #base: number
  #sum = 0

  constructor(source: BlockBytes, offset: number) {
    this.#source = source
    const place = source.readWhole(indexFile, offset, 4)
    const length = place.view.getUint32(place.start)
    this.#base = offset + 4
    this.#contentEnd = this.#base + length
    // Checks that the whole section is there.
    if (this.#contentEnd + sumBytes > source.sizeOf(indexFile)) {
      throw source.fault(indexFile, offset, `a section of ${length} bytes goes on behind the end`)
    }
    this.bytes = new Uint8Array(Math.min(length, limits.blockScanBytes))
  }

  /** Of the next byte, in the file. */
  get offset(): number {
    return this.#base + this.#at
  }

  get left(): number {
    return this.#contentEnd - this.offset
  }

  uint8(): number {
    this.#demand(1)
    return this.bytes[this.#at++] ?? 0
  }

  uint32(): number {
    this.#demand(4)
    const { bytes } = this
    const at = this.#at
    this.#at += 4
    const high = (bytes[at] ?? 0) * 2 ** 24
    return (
      high + (((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0))
    )
  }

  uvarint(): number {
    let value = 0
    for (let scale = 1; scale < 2 ** 64; scale *= 128) {
      const byte = this.uint8()
      value += (byte & 0x7f) * scale
      if (byte < 0x80 && value <= Number.MAX_SAFE_INTEGER) return value
      if (byte < 0x80) break
    }
    throw this.fault('no varint within 2^53')
  }

  /** Makes the next bytes stand in `bytes` and steps behind them; answers where they begin. */
  take(length: number): number {
    this.#demand(length)
    this.#at += length
    return this.#at - length
  }

  skip(length: number): void {
    if (length > this.left) throw this.fault(`${length} bytes, the section has ${this.left}`)
    let rest = length
    while (rest > 0) {
      const step = Math.min(rest, limits.blockScanBytes)
      this.take(step)
      rest -= step
    }
  }

  /** Reads the rest and compares the sum; the section was what was written, or this throws. */
  finish(): void {
    this.skip(this.left)
    const end = this.#contentEnd
    const place = this.#source.readWhole(indexFile, end, sumBytes)
    if (place.view.getUint32(place.start) !== this.#sum) {
      throw this.#source.fault(indexFile, end, 'the checksum of the section is another one')
    }
  }

  fault(reason: string): CorruptionError {
    return this.#source.fault(indexFile, this.offset, reason)
  }

  #demand(length: number): void {
    if (this.#at + length <= this.#fill) return
    if (length > this.left) throw this.fault(`${length} bytes, the section has ${this.left}`)
    this.#base += this.#at
    const kept = this.#fill - this.#at
    const { bytes } = this
    if (length > bytes.length) this.bytes = new Uint8Array(length + limits.blockScanBytes)
    this.bytes.set(bytes.subarray(this.#at, this.#fill))
    this.#at = 0
    const wanted = Math.min(this.bytes.length, this.#contentEnd - this.#base)
    const more = this.bytes.subarray(kept, wanted)
    const got = this.#source.readInto(indexFile, more, this.#base + kept)
    if (got < more.length) throw this.fault('the file has become shorter')
    this.#sum = crc32c(this.bytes, kept, wanted, this.#sum)
    this.#fill = wanted
  }
}
