import { grownBytes } from '../../base/grown-bytes.ts'

/** The bytes of a chunk that is being written; behind those written are zeros, as putBits wants. */
export class ChunkBuffer {
  bytes = new Uint8Array(256)
  view = new DataView(this.bytes.buffer)
  /** Behind this many bytes nothing was written since clear(). */
  #reserved = 0

  /** Room for so many bytes in all, and the eight behind that putBits touches. */
  reserve(byteCount: number): void {
    const needed = byteCount + 8
    if (needed > this.#reserved) this.#reserved = needed
    if (this.bytes.length >= needed) return
    this.bytes = grownBytes(this.bytes, this.bytes.length, needed)
    this.view = new DataView(this.bytes.buffer)
  }

  clear(): void {
    this.bytes.fill(0, 0, this.#reserved)
    this.#reserved = 0
  }
}
