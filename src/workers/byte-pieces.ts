import { limits } from '../base/limits.ts'
import type { ProtoWriter } from '../wire/proto-writer.ts'

/** Cuts what a writer holds into pieces of a socket write or somewhat more. */
export class BytePieces {
  #pieces: Uint8Array<ArrayBuffer>[] = []

  constructor(readonly out: ProtoWriter) {}

  /** Call between messages: takes what is written where it is enough. */
  settle(): void {
    if (this.out.length < limits.httpWritePieceBytesMax / 2) return
    this.#take()
  }

  /** The pieces since the last time. */
  ready(): readonly Uint8Array<ArrayBuffer>[] {
    const pieces = this.#pieces
    if (pieces.length > 0) this.#pieces = []
    return pieces
  }

  /** The pieces that are left, with all that is written. */
  finish(): readonly Uint8Array<ArrayBuffer>[] {
    this.#take()
    return this.ready()
  }

  #take(): void {
    const bytes = this.out.copy()
    this.out.reset()
    for (let from = 0; from < bytes.length; from += limits.httpWritePieceBytesMax) {
      this.#pieces.push(bytes.slice(from, from + limits.httpWritePieceBytesMax))
    }
  }
}
