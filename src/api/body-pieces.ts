import { limits } from '../base/limits.ts'

/**
 * The body of a request, in the pieces that it came in: who copies it anyhow needs no copy of the
 * whole before. Each piece takes some hundred bytes of its own, however short it is, so that short
 * ones are put together: a sender decides how long they are.
 */
export class BodyPieces {
  #pieces: Uint8Array[] = []
  /** How many of them, and of how many bytes, came since pieces were put together. */
  #count = 0
  #bytes = 0
  #length = 0

  /** Keeps the piece. */
  add(piece: Uint8Array): void {
    this.#pieces.push(piece)
    this.#length += piece.length
    this.#count++
    this.#bytes += piece.length
    if (this.#count < limits.httpBodyPiecesMax) return
    if (this.#bytes < this.#count * limits.httpBodyPieceBytesMin) {
      const short = this.#pieces.splice(-this.#count)
      this.#pieces.push(Buffer.concat(short, this.#bytes))
    }
    this.#count = 0
    this.#bytes = 0
  }

  /** Of all pieces together. */
  get length(): number {
    return this.#length
  }

  /** In their order. */
  get pieces(): readonly Uint8Array[] {
    return this.#pieces
  }

  /** In one piece. */
  whole(): Buffer {
    return Buffer.concat(this.#pieces, this.#length)
  }
}
