import { grownBytes } from '../base/grown-bytes.ts'
import { putUvarint } from '../base/put-varint.ts'
import { halvesOf } from '../model/stale-nan.ts'

const encoder = new TextEncoder()
const double = new Float64Array(1)
const doubleHalves = halvesOf(double)

/**
 * Growing bytes of a protobuf message, without BigInt: whole numbers up to 2^53 in either
 * direction, negative ones in the ten bytes of their 64-bit complement. Lengths are as short as
 * they can be, as Go writes them. Reset and use it again: it keeps its memory.
 */
export class ProtoWriter {
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

  /** Valid until the next write or reset. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  copy(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length)
  }

  /** A number as it stands behind a tag, or before a message. */
  varint(value: number): void {
    this.#reserve(10)
    if (value < 0) this.#negative(value)
    else this.#length = putUvarint(this.#bytes, this.#length, value)
  }

  /** Of int32, int64, uint32, uint64, bool or an enumeration. */
  number(field: number, value: number): void {
    this.varint(field * 8)
    this.varint(value)
  }

  /** Of sint32 or sint64. */
  signed(field: number, value: number): void {
    this.varint(field * 8)
    this.zigzag(value)
  }

  /** Within 2^52 in either direction. */
  zigzag(value: number): void {
    this.varint(value < 0 ? -value * 2 - 1 : value * 2)
  }

  double(field: number, value: number): void {
    this.varint(field * 8 + 1)
    this.float64(value)
  }

  float64(value: number): void {
    double[0] = value
    this.doubleBits(doubleHalves, 0)
  }

  /** One double of a column by its bits, as it stands behind a tag: stale markers survive. */
  doubleBits(halves: Uint32Array, index: number): void {
    this.#reserve(8)
    this.#view.setUint32(this.#length, halves[index * 2] ?? 0, true)
    this.#view.setUint32(this.#length + 4, halves[index * 2 + 1] ?? 0, true)
    this.#length += 8
  }

  text(field: number, text: string): void {
    this.bytes(field, encoder.encode(text))
  }

  bytes(field: number, bytes: Uint8Array): void {
    this.varint(field * 8 + 2)
    this.varint(bytes.length)
    this.raw(bytes)
  }

  /** Bytes as they are, without a tag. */
  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
  }

  /** Begins a message within the message, or packed numbers; hand the answer to end(). */
  begin(field: number): number {
    this.varint(field * 8 + 2)
    return this.beginLength()
  }

  /** Begins what has only its length before it. */
  beginLength(): number {
    this.#reserve(1)
    this.#length++
    return this.#length
  }

  /** Puts the length before what was written since begin(). */
  end(start: number): void {
    const length = this.#length - start
    let more = 0
    for (let rest = length; rest >= 0x80; rest = Math.floor(rest / 128)) more++
    if (more > 0) {
      this.#reserve(more)
      this.#bytes.copyWithin(start + more, start, this.#length)
    }
    this.#length = start - 1
    this.varint(length)
    this.#length += length
  }

  /** The two's complement of 64 bits: the bits of -value - 1, each the other way round. */
  #negative(value: number): void {
    let rest = -value - 1
    for (let byte = 0; byte < 9; byte++) {
      this.#bytes[this.#length++] = (~(rest % 128) & 0x7f) | 0x80
      rest = Math.floor(rest / 128)
    }
    this.#bytes[this.#length++] = 1
  }

  #reserve(more: number): void {
    const needed = this.#length + more
    if (needed <= this.#bytes.length) return
    this.#bytes = grownBytes(this.#bytes, this.#length, needed)
    this.#view = new DataView(this.#bytes.buffer)
  }
}
