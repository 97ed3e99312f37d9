import { limits } from '../../base/limits.ts'
import { writeAscii } from './float-bytes.ts'

/**
 * JSON bytes in pieces of at most limits.httpWritePieceBytesMax. Hot writers call room() and then
 * write into `buffer` from `end` on themselves.
 */
export class JsonPieces {
  buffer: Uint8Array<ArrayBuffer>
  end = 0
  #pieces: Uint8Array<ArrayBuffer>[] = []
  readonly #encoder = new TextEncoder()

  constructor(readonly pieceBytesMax: number = limits.httpWritePieceBytesMax) {
    this.buffer = new Uint8Array(Math.min(4096, pieceBytesMax))
  }

  /** Makes room for `bytes` (at most a piece); answers true when a new buffer was begun. */
  room(bytes: number): boolean {
    if (this.end + bytes <= this.buffer.length) return false
    if (this.end + bytes <= this.pieceBytesMax) {
      const wanted = Math.max(this.buffer.length * 4, this.end + bytes)
      const buffer = new Uint8Array(Math.min(wanted, this.pieceBytesMax))
      buffer.set(this.buffer.subarray(0, this.end))
      this.buffer = buffer
      return false
    }
    this.#pieces.push(this.buffer.subarray(0, this.end))
    this.buffer = new Uint8Array(this.pieceBytesMax)
    this.end = 0
    return true
  }

  /** Text of ASCII characters that needs no escaping. */
  ascii(text: string): void {
    this.room(text.length)
    this.end = writeAscii(text, this.buffer, this.end)
  }

  /** Any text, already JSON. */
  text(json: string): void {
    // A UTF-16 unit takes at most three bytes; what is longer than a piece is cut into slices.
    const slice = Math.floor(this.pieceBytesMax / 3) - 1
    for (let from = 0; from < json.length; ) {
      const part = json.slice(from, sliceEnd(json, from, slice))
      this.room(part.length * 3)
      this.end += this.#encoder.encodeInto(part, this.buffer.subarray(this.end)).written
      from += part.length
    }
  }

  /** Whether there are whole pieces, which `ready` takes. */
  get hasPieces(): boolean {
    return this.#pieces.length > 0
  }

  /** The pieces that became whole since the last time. */
  ready(): readonly Uint8Array<ArrayBuffer>[] {
    const pieces = this.#pieces
    this.#pieces = []
    return pieces
  }

  /** The pieces that are left, with all that is written. */
  finish(): readonly Uint8Array<ArrayBuffer>[] {
    if (this.end > 0) this.#pieces.push(this.buffer.subarray(0, this.end))
    this.end = 0
    return this.ready()
  }
}

/** Never between the halves of a surrogate pair. */
function sliceEnd(text: string, from: number, length: number): number {
  const end = from + length
  const unit = text.charCodeAt(end - 1)
  return unit >= 0xd800 && unit <= 0xdbff ? end - 1 : end
}
