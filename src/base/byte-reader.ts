/** A read past the end, or a number that cannot be: the caller wraps it with its file and offset. */
export class ByteReadError extends Error {
  override readonly name = 'ByteReadError'
  constructor(
    readonly offsetBytes: number,
    what: string,
  ) {
    super(`${what} at byte ${offsetBytes}`)
  }
}

/** Bounds-checked big-endian reader; every read either answers or throws ByteReadError. */
export class ByteReader {
  #bytes: Uint8Array
  #view: DataView
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  get offset(): number {
    return this.#at
  }

  get left(): number {
    return this.#bytes.length - this.#at
  }

  uint8(): number {
    this.#demand(1, 'one byte')
    return this.#view.getUint8(this.#at++)
  }

  uint32(): number {
    this.#demand(4, 'four bytes')
    const value = this.#view.getUint32(this.#at)
    this.#at += 4
    return value
  }

  /** A signed 64-bit number; throws where it is beyond the safe integers. */
  int64(): number {
    this.#demand(8, 'eight bytes')
    const value = this.#view.getInt32(this.#at) * 2 ** 32 + this.#view.getUint32(this.#at + 4)
    if (!Number.isSafeInteger(value)) throw new ByteReadError(this.#at, 'a number beyond 2^53')
    this.#at += 8
    return value
  }

  /** Eight bytes of a double into a column, as bits. */
  float64Into(halves: Uint32Array, index: number): void {
    this.#demand(8, 'a float')
    halves[index * 2 + 1] = this.#view.getUint32(this.#at)
    halves[index * 2] = this.#view.getUint32(this.#at + 4)
    this.#at += 8
  }

  uvarint(): number {
    const bytes = this.#bytes
    let value = 0
    let scale = 1
    for (let count = 0; count < 10; count++) {
      this.#demand(1, 'a varint')
      const byte = bytes[this.#at++] ?? 0
      value += (byte & 0x7f) * scale
      if (byte < 0x80) {
        if (value > Number.MAX_SAFE_INTEGER) {
          throw new ByteReadError(this.#at, 'a varint beyond 2^53')
        }
        return value
      }
      scale *= 128
    }
    throw new ByteReadError(this.#at, 'a varint of more than ten bytes')
  }

  /** Go's zigzag Varint. */
  varint(): number {
    const first = this.uint8()
    const low = (first & 0x7f) >>> 1
    const magnitude = first < 0x80 ? low : low + 64 * this.uvarint()
    return first % 2 === 0 ? magnitude : -magnitude - 1
  }

  /** A view of the next bytes, not a copy. */
  bytes(count: number): Uint8Array {
    this.#demand(count, `${count} bytes`)
    this.#at += count
    return this.#bytes.subarray(this.#at - count, this.#at)
  }

  /** Passes over the next bytes. */
  skip(count: number): void {
    this.#demand(count, 'the bytes that were announced')
    this.#at += count
  }

  uvarintBytes(): Uint8Array {
    return this.bytes(this.uvarint())
  }

  #demand(count: number, what: string): void {
    if (this.#at + count > this.#bytes.length) {
      throw new ByteReadError(this.#at, `the end came before ${what}`)
    }
  }
}
