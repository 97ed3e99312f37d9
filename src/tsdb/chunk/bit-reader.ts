import { peekBits, varbitInt, varbitWidth } from './bit-reading.ts'
import { ChunkCorruption } from './chunk-corruption.ts'

/**
 * Reads what stands once in a chunk: its layout and its first sample. Every read stays in front of
 * `endBit` or throws ChunkCorruption. The view goes on for eight bytes behind it.
 */
export class BitReader {
  bit: number

  constructor(
    readonly view: DataView,
    startBit: number,
    readonly endBit: number,
  ) {
    this.bit = startBit
  }

  get bitsLeft(): number {
    return this.endBit - this.bit
  }

  /** An unsigned number of 1 to 32 bits. */
  bits(count: number): number {
    const at = this.#take(count)
    return peekBits(this.view, at) >>> (32 - count)
  }

  /** 64 bits into a column of halves. */
  float64Into(halves: Uint32Array, index: number): void {
    const at = this.#take(64)
    halves[index * 2 + 1] = peekBits(this.view, at)
    halves[index * 2] = peekBits(this.view, at + 32)
  }

  varbitInt(): number {
    this.#demand(1)
    const at = this.bit
    const peek = peekBits(this.view, at)
    this.#take(varbitWidth(peek))
    return varbitInt(this.view, at, peek)
  }

  /** The same widths without a sign. Beyond 2^53 the answer is a rounded one. */
  varbitUint(): number {
    this.#demand(1)
    const at = this.bit
    const peek = peekBits(this.view, at)
    const width = varbitWidth(peek)
    this.#take(width)
    if (width === 1) return 0
    if (width <= 32) {
      const ones = Math.clz32(~peek)
      return (peek << (ones + 1)) >>> (32 - (width - ones - 1))
    }
    const high = width === 64 ? peek & 0xffffff : peekBits(this.view, at + 8) >>> 0
    return high * 2 ** 32 + (peekBits(this.view, at + width - 32) >>> 0)
  }

  uvarint(): number {
    let value = 0
    let scale = 1
    for (let count = 0; count < 10; count++) {
      const byte = this.bits(8)
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
      scale *= 128
    }
    throw new ChunkCorruption(this.bit >>> 3, 'a varint of more than ten bytes')
  }

  /** Go's zigzag Varint, at any bit. */
  varint(): number {
    const first = this.bits(8)
    const low = (first & 0x7f) >>> 1
    const magnitude = first < 0x80 ? low : low + 64 * this.uvarint()
    return first % 2 === 0 ? magnitude : -magnitude - 1
  }

  #take(count: number): number {
    this.#demand(count)
    this.bit += count
    return this.bit - count
  }

  #demand(count: number): void {
    if (this.bit + count > this.endBit) {
      throw new ChunkCorruption(this.bit >>> 3, `the end came before ${count} bits`)
    }
  }
}
