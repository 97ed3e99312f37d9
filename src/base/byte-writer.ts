import { assert } from './assert.ts'
import { grownBytes } from './grown-bytes.ts'
import { putUvarint, putVarint } from './put-varint.ts'

/**
 * Growing big-endian bytes with Go's varints. Reset and use it again: it keeps its memory. Whole
 * numbers up to 2^53 are written without BigInt, as a high and a low half.
 */
export class ByteWriter {
  #bytes: Uint8Array<ArrayBuffer>
  #view: DataView
  #length = 0

  constructor(capacity = 1024) {
    this.#bytes = new Uint8Array(capacity)
    this.#view = new DataView(this.#bytes.buffer)
  }

  get length(): number {
    return this.#length
  }

  reset(): void {
    this.#length = 0
  }

  /** What was written, in the writer's own memory: valid until the next write or reset. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  /** What was written, as bytes of its own. */
  copy(): Uint8Array {
    return this.#bytes.slice(0, this.#length)
  }

  uint8(value: number): void {
    this.#reserve(1)
    this.#bytes[this.#length++] = value
  }

  uint16(value: number): void {
    this.#reserve(2)
    this.#view.setUint16(this.#length, value)
    this.#length += 2
  }

  uint32(value: number): void {
    this.#reserve(4)
    this.#view.setUint32(this.#length, value)
    this.#length += 4
  }

  /** A whole number within the safe integers, negative ones in two's complement. */
  int64(value: number): void {
    // Words are made for what is wrong only.
    if (!Number.isSafeInteger(value)) assert(false, `not a safe integer: ${value}`)
    this.uint32(Math.floor(value / 2 ** 32) >>> 0)
    this.uint32(value >>> 0)
  }

  /** The bits of one double of a column: no number passes by, so that NaN payloads survive. */
  float64Halves(halves: Uint32Array, index: number): void {
    this.#reserve(8)
    this.#view.setUint32(this.#length, halves[index * 2 + 1] ?? 0)
    this.#view.setUint32(this.#length + 4, halves[index * 2] ?? 0)
    this.#length += 8
  }

  /** Go's Uvarint of a whole number from 0 to 2^53. */
  uvarint(value: number): void {
    const isUnsigned = value >= 0 && value <= Number.MAX_SAFE_INTEGER
    if (!isUnsigned) assert(false, `not an unsigned integer: ${value}`)
    this.#reserve(10)
    this.#length = putUvarint(this.#bytes, this.#length, value)
  }

  /**
   * Elements `start` to `end` of columns as rows of samples of the log, of which there are more than of
   * anything else: two Varints, each from the first element of its column on, and the bits of a double.
   */
  sampleRows(
    firsts: Float64Array,
    seconds: Float64Array,
    halves: Uint32Array,
    start: number,
    end: number,
  ): void {
    const first = firsts[start] ?? 0
    const second = seconds[start] ?? 0
    for (let index = start; index < end; ) {
      const pieceEnd = Math.min(end, index + rowsPerPiece)
      this.#reserve((pieceEnd - index) * rowBytesMax)
      const bytes = this.#bytes
      const view = this.#view
      let at = this.#length
      for (; index < pieceEnd; index++) {
        at = putVarint(bytes, at, (firsts[index] ?? 0) - first)
        at = putVarint(bytes, at, (seconds[index] ?? 0) - second)
        view.setUint32(at, halves[index * 2 + 1] ?? 0)
        view.setUint32(at + 4, halves[index * 2] ?? 0)
        at += 8
      }
      this.#length = at
    }
  }

  /** Go's Varint (zigzag) of a safe integer; the doubled number may pass 2^53, so its bits are split. */
  varint(value: number): void {
    this.#reserve(10)
    this.#length = putVarint(this.#bytes, this.#length, value)
  }

  bytes(source: Uint8Array, start = 0, end = source.length): void {
    this.#reserve(end - start)
    if (end - start <= shortBytes) {
      const bytes = this.#bytes
      for (let at = start, to = this.#length; at < end; at++) bytes[to++] = source[at] ?? 0
    } else if (start === 0 && end === source.length) this.#bytes.set(source, this.#length)
    else this.#bytes.set(source.subarray(start, end), this.#length)
    this.#length += end - start
  }

  /** Once more what was written from one place to another. */
  repeat(start: number, end: number): void {
    assert(start <= end && end <= this.#length, 'only what was written is written again')
    this.#reserve(end - start)
    this.#bytes.copyWithin(this.#length, start, end)
    this.#length += end - start
  }

  /** Text as its length in UTF-8 bytes (Uvarint) and the bytes. */
  uvarintText(text: string): void {
    const encoded = encoder.encode(text)
    this.uvarint(encoded.length)
    this.bytes(encoded)
  }

  #reserve(more: number): void {
    const needed = this.#length + more
    if (needed <= this.#bytes.length) return
    this.#bytes = grownBytes(this.#bytes, this.#length, needed)
    this.#view = new DataView(this.#bytes.buffer)
  }
}

/** Of samples of the log: room is looked for once for so many. */
const rowsPerPiece = 256
const rowBytesMax = 28

/** So few are copied one by one sooner than by a view of them; label texts mostly are. */
const shortBytes = 48

const encoder = new TextEncoder()
