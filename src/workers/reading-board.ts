import type { Slot } from './slot-columns.ts'

/** How the reading of a select is cut into pieces. */
export interface BoardShape {
  /** The first of the series that are read in pieces, and where they end. */
  readonly firstSeries: number
  readonly seriesEnd: number
  readonly seriesPerPiece: number
  /** Pieces that may be read before their turn, and the samples that each has room for. */
  readonly slots: number
  readonly samplesMax: number
  readonly minTimeMs: number
  readonly maxTimeMs: number
}

/** What claim() answers instead of a piece. */
export const claimed = { none: -1, tooFarAhead: -2 } as const

/** In counts: the owner reads this series itself. */
export const declined = -1
/** In counts: the same of the first series that the slot had no room for, and of all behind it. */
export const noRoom = -2

/**
 * Words before the states of the pieces. `awaited` is the turn that a helper sleeps for, or `nobody`;
 * `owner` tells whether the owner sleeps.
 */
const word = { next: 0, turn: 1, closed: 2, awaited: 3, owner: 4, states: 5 } as const
const nobody = 2 ** 31 - 1

/**
 * Shared memory of those who read one select's series together: the owner, who needs them in order,
 * and helpers. A piece belongs to who claims it; pieces are claimed in order, and read into a slot
 * that is free when the owner is done with the piece that had it.
 */
export class ReadingBoard {
  readonly pieces: number
  readonly #words: Int32Array
  readonly #counts: Int32Array
  readonly #times: Float64Array
  readonly #values: Float64Array

  constructor(
    readonly shape: BoardShape,
    readonly memory = new SharedArrayBuffer(bytesOf(shape)),
  ) {
    const { slots, samplesMax, seriesPerPiece } = shape
    this.pieces = piecesOf(shape)
    const columns = slots * samplesMax
    this.#times = new Float64Array(memory, 0, columns)
    this.#values = new Float64Array(memory, columns * 8, columns)
    this.#counts = new Int32Array(memory, columns * 16, slots * seriesPerPiece)
    this.#words = new Int32Array(memory, columns * 16 + slots * seriesPerPiece * 4)
  }

  pieceOf(series: number): number {
    return Math.floor((series - this.shape.firstSeries) / this.shape.seriesPerPiece)
  }

  /** The next piece that nobody has, now the caller's; or one of `claimed`. */
  claim(): number {
    for (;;) {
      const next = Atomics.load(this.#words, word.next)
      if (next >= this.pieces || this.isClosed) return claimed.none
      const turn = Atomics.load(this.#words, word.turn)
      if (next >= turn + this.shape.slots) return claimed.tooFarAhead
      if (Atomics.compareExchange(this.#words, word.next, next, next + 1) === next) return next
    }
  }

  /** The owner is at this piece: the slots of those before are free. */
  take(piece: number): void {
    Atomics.store(this.#words, word.turn, piece)
    // Zero, too: nobody has slept yet.
    const awaited = Atomics.load(this.#words, word.awaited)
    if (awaited === 0 || awaited > piece) return
    Atomics.store(this.#words, word.awaited, nobody)
    Atomics.notify(this.#words, word.turn)
  }

  /**
   * Waits until half of the slots are free, at most so long: to be woken for each costs both sides
   * as much as to read a piece.
   */
  waitForTurn(timeoutMs: number): void {
    const turn = Atomics.load(this.#words, word.turn)
    const awaited = turn + Math.max(1, this.shape.slots >>> 1)
    Atomics.store(this.#words, word.awaited, awaited)
    Atomics.wait(this.#words, word.turn, turn, timeoutMs)
  }

  finish(piece: number): void {
    Atomics.store(this.#words, word.states + piece, 1)
    if (Atomics.load(this.#words, word.owner) === 1)
      Atomics.notify(this.#words, word.states + piece)
  }

  isFinished(piece: number): boolean {
    return Atomics.load(this.#words, word.states + piece) === 1
  }

  /** False when the time is over. */
  waitFor(piece: number, timeoutMs: number): boolean {
    Atomics.store(this.#words, word.owner, 1)
    Atomics.wait(this.#words, word.states + piece, 0, timeoutMs)
    Atomics.store(this.#words, word.owner, 0)
    return this.isFinished(piece)
  }

  /** Nothing more is claimed from now on. */
  close(): void {
    Atomics.store(this.#words, word.closed, 1)
    Atomics.notify(this.#words, word.turn)
  }

  get isClosed(): boolean {
    return Atomics.load(this.#words, word.closed) === 1
  }

  slot(piece: number): Slot {
    const { slots, seriesPerPiece, samplesMax } = this.shape
    const slot = piece % slots
    const [series, sample] = [slot * seriesPerPiece, slot * samplesMax]
    return {
      counts: this.#counts.subarray(series, series + seriesPerPiece),
      times: this.#times.subarray(sample, sample + samplesMax),
      values: this.#values.subarray(sample, sample + samplesMax),
    }
  }
}

function piecesOf({ firstSeries, seriesEnd, seriesPerPiece }: BoardShape): number {
  return Math.ceil((seriesEnd - firstSeries) / seriesPerPiece)
}

function bytesOf(shape: BoardShape): number {
  const { slots, samplesMax, seriesPerPiece } = shape
  return slots * (samplesMax * 16 + seriesPerPiece * 4) + (word.states + piecesOf(shape)) * 4
}
