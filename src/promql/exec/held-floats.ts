/** Samples of one piece: its columns are large enough that their memory goes back when they do. */
const pieceSamples = 1 << 17
const firstSamples = 256

interface Piece {
  readonly timestampsMs: Float64Array
  readonly values: Float64Array
}

/**
 * Times and values that are only ever added to and read in order, in pieces: what doubled whenever
 * it was full would take twice its size, and leave as much to be collected behind it.
 */
export class HeldFloats {
  readonly #pieces: Piece[] = []
  #count = 0

  get count(): number {
    return this.#count
  }

  /** Adds those from number `from` until before `to` of columns. */
  add(timestampsMs: Float64Array, values: Float64Array, from: number, to: number): void {
    for (let at = from; at < to; ) {
      const place = this.#count % pieceSamples
      const piece = this.#pieceFor(place, to - at)
      const end = Math.min(to, at + piece.values.length - place)
      piece.timestampsMs.set(timestampsMs.subarray(at, end), place)
      piece.values.set(values.subarray(at, end), place)
      this.#count += end - at
      at = end
    }
  }

  each(from: number, count: number, visit: (timeMs: number, value: number) => void): void {
    for (let at = from; at < from + count; at++) {
      const piece = this.#pieces[Math.floor(at / pieceSamples)]
      const place = at % pieceSamples
      visit(piece?.timestampsMs[place] ?? 0, piece?.values[place] ?? 0)
    }
  }

  /** Where the next ones go: the last piece, larger where it is full and only the first of them. */
  #pieceFor(place: number, wanted: number): Piece {
    const number = Math.floor(this.#count / pieceSamples)
    const known = this.#pieces[number]
    if (known !== undefined && place < known.values.length) return known
    const least = number > 0 ? pieceSamples : Math.max(place * 2, place + wanted, firstSamples)
    const length = Math.min(pieceSamples, least)
    const piece = { timestampsMs: new Float64Array(length), values: new Float64Array(length) }
    if (known !== undefined) {
      piece.timestampsMs.set(known.timestampsMs)
      piece.values.set(known.values)
    }
    this.#pieces[number] = piece
    return piece
  }
}
