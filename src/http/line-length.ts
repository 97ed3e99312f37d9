import { NarthexError } from '../base/errors.ts'

/** Refuses a text that comes in pieces as soon as one of its lines is too long. */
export class LineLength {
  readonly #bytesMax: number
  #lineBytes = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** What is wrong once this piece has come, or undefined; BODY_INVALID. */
  add(piece: Uint8Array): NarthexError | undefined {
    const end = piece.lastIndexOf(0x0a)
    const first = end < 0 ? piece.length : piece.indexOf(0x0a)
    const longest = Math.max(this.#lineBytes + first, piece.length - 1 - end)
    this.#lineBytes = end < 0 ? this.#lineBytes + piece.length : piece.length - 1 - end
    if (longest <= this.#bytesMax) return undefined
    return new NarthexError('BODY_INVALID', `a line has more than ${this.#bytesMax} bytes`)
  }
}
