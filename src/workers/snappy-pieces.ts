import { limits } from '../base/limits.ts'
import { putUvarint } from '../base/put-varint.ts'
import { createSnappyCodec } from '../kernels/snappy.ts'
import { readHeader } from '../kernels/snappy-twin.ts'

/**
 * One snappy block that is compressed as its bytes come, in parts for a socket: only what is compressed is held. Its elements
 * refer to nothing before their part, so parts may be put one behind the other, and blocks, too.
 */
export class SnappyPieces {
  /** Of what the elements make. */
  lengthBytes = 0
  readonly #codec = createSnappyCodec()
  #pieces: Uint8Array[] = []

  add(bytes: Uint8Array): void {
    const partBytes = limits.httpWritePieceBytesMax
    for (let from = 0; from < bytes.length; from += partBytes) {
      const block = this.#codec.compress(bytes.subarray(from, from + partBytes))
      this.#pieces.push(block.slice(readHeader(block, partBytes).start))
    }
    this.lengthBytes += bytes.length
  }

  /** Takes the pieces of another one, which is used up. */
  append(other: SnappyPieces): void {
    for (const piece of other.#pieces) this.#pieces.push(piece)
    this.lengthBytes += other.lengthBytes
    other.#pieces = []
  }

  /** The block; call once. */
  finish(): readonly Uint8Array[] {
    const header = new Uint8Array(10)
    const length = putUvarint(header, 0, this.lengthBytes)
    return [header.subarray(0, length), ...this.#pieces]
  }
}
