import { ByteReadError } from '../../base/byte-reader.ts'

/** Reads varints from a piece of memory that is exchanged; keep it and use it again. */
export class ByteCursor {
  bytes: Uint8Array = new Uint8Array(0)
  at = 0
  end = 0

  /** From bytes[start] on, up to bytes[end - 1]. */
  reset(bytes: Uint8Array, start: number, end: number): void {
    this.bytes = bytes
    this.at = start
    this.end = end
  }

  get left(): number {
    return this.end - this.at
  }

  /** Go's Uvarint up to 2^53. Throws ByteReadError. */
  uvarint(): number {
    const bytes = this.bytes
    let value = 0
    for (let scale = 1; this.at < this.end; scale *= 128) {
      const byte = bytes[this.at++] ?? 0
      value += (byte & 0x7f) * scale
      if (byte >= 0x80) continue
      if (value <= Number.MAX_SAFE_INTEGER) return value
      break
    }
    throw new ByteReadError(this.at, 'no varint within 2^53')
  }

  /** Go's zigzag Varint within 2^53. Throws ByteReadError. */
  varint(): number {
    const first = this.bytes[this.at] ?? 0
    const low = (first & 0x7f) >>> 1
    let magnitude = low
    if (first < 0x80) this.#skipByte()
    else {
      this.#skipByte()
      magnitude += 64 * this.uvarint()
    }
    if (magnitude < Number.MAX_SAFE_INTEGER) return first % 2 === 0 ? magnitude : -magnitude - 1
    // The last safe integers, and nothing beyond.
    if (magnitude === Number.MAX_SAFE_INTEGER && first % 2 === 0) return magnitude
    throw new ByteReadError(this.at, 'a varint beyond 2^53')
  }

  #skipByte(): void {
    if (this.at >= this.end) throw new ByteReadError(this.at, 'the end came before a varint')
    this.at++
  }
}
