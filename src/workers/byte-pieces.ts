import { limits } from '../base/limits.ts'
import type { ProtoWriter } from '../wire/proto-writer.ts'

/** Cuts what a writer holds into pieces of a socket write or somewhat more. */
export class BytePieces {
  readonly #pieces: Uint8Array[] = []

  constructor(readonly out: ProtoWriter) {}

  /** Call between messages: takes what is written where it is enough. */
  settle(): void {
    if (this.out.length < limits.httpWritePieceBytesMax / 2) return
    this.#take()
  }

  finish(): readonly Uint8Array[] {
    this.#take()
    return this.#pieces
  }

  #take(): void {
    const bytes = this.out.copy()
    this.out.reset()
    for (let from = 0; from < bytes.length; from += limits.httpWritePieceBytesMax) {
      this.#pieces.push(bytes.subarray(from, from + limits.httpWritePieceBytesMax))
    }
  }
}
