import { limits } from '../base/limits.ts'
import type {
  ChunkColumns,
  ChunkSeriesSet,
  HistogramCursor,
  LabelColumns,
  SampleColumns,
  TimeRange,
} from '../storage/querier.ts'
import { type BoardShape, declined, noRoom, ReadingBoard } from './reading-board.ts'
import { readPiece, type SharedReadingJob } from './reading-helper.ts'
import { noSlot } from './slot-columns.ts'

/** Offers a job to other workers; none may come. */
export type OfferJob = (job: SharedReadingJob) => void

/** What decides about sharing; tests have smaller numbers. */
export interface SharingBounds {
  readonly samplesMin: number
  readonly pieceSamples: number
  readonly piecesAhead: number
}

export const sharingBounds: SharingBounds = {
  samplesMin: limits.sharedSamplesMin,
  pieceSamples: limits.sharedPieceSamples,
  piecesAhead: limits.sharedPiecesAhead,
}

/** Series that are read alone, to know how many samples they have. */
const probeSeries = 4
/** Pieces are cut anew where series turn out to be so many times as long as they were taken for. */
const longerMin = 1.5
/** A helper that is silent for so long is not waited for. */
const patienceMs = 1_000

/**
 * A set whose series idle workers help to read where there are many samples: while the owner works
 * on one piece of its series, they read the next ones. What is read is the same whoever reads it, so
 * no answer depends on who helped. Only a reading of all series in order is shared, any other is as
 * it was.
 */
export class SharedReadingSet implements ChunkSeriesSet {
  readonly #set: ChunkSeriesSet
  readonly #offer: OfferJob
  readonly #bounds: SharingBounds
  /** Of the reading under way. */
  #minTimeMs = Number.NaN
  #maxTimeMs = Number.NaN
  #next = 0
  #probed = 0
  #board: ReadingBoard | undefined
  /** Samples that a series was taken to have when the pieces were cut. */
  #perSeries = 0
  /** The piece at hand, whether it was read before its turn, and how far it was handed out. */
  #piece = -1
  #isInSlot = false
  #offset = 0
  #slot = noSlot
  histogramChunksPassed = 0

  constructor(set: ChunkSeriesSet, offer: OfferJob, bounds = sharingBounds) {
    this.#set = set
    this.#offer = offer
    this.#bounds = bounds
  }

  get seriesCount(): number {
    return this.#set.seriesCount
  }

  get labels(): LabelColumns {
    return this.#set.labels
  }

  get chunks(): ChunkColumns {
    return this.#set.chunks
  }

  hidesSamples(series: number): boolean {
    return this.#set.hidesSamples?.(series) ?? false
  }

  get warnings(): readonly string[] {
    return this.#set.warnings
  }

  readHistograms(series: number, minTimeMs: number, maxTimeMs: number): HistogramCursor {
    return this.#set.readHistograms(series, minTimeMs, maxTimeMs)
  }

  /** Nothing that helpers could do. */
  takeNewest(series: number, minTimeMs: number, maxTimeMs: number, into: SampleColumns): boolean {
    return this.#set.takeNewest?.(series, minTimeMs, maxTimeMs, into) ?? false
  }

  readFloats(
    series: number,
    minTimeMs: number,
    maxTimeMs: number,
    into: SampleColumns,
    from = 0,
  ): number {
    const range = { minTimeMs, maxTimeMs }
    // Pieces have no room for start timestamps, which few ask for.
    if (into.startsMs !== undefined) return this.#readHere(series, range, into, from)
    const goesOn = minTimeMs === this.#minTimeMs && maxTimeMs === this.#maxTimeMs
    if (series !== this.#next || (series > 0 && !goesOn)) this.close()
    else if (series === 0) this.#begin(minTimeMs, maxTimeMs)
    this.#next = series + 1
    if (series === probeSeries) this.#share(series, this.#probed / probeSeries)
    const board = this.#board
    if (board === undefined) {
      const end = this.#readHere(series, range, into, from)
      if (series < probeSeries) this.#probed += end - from
      return end
    }
    const end = this.#readShared(board, series, range, into, from)
    if (series === this.seriesCount - 1) this.close()
    return end
  }

  /** Ends the reading under way; helpers stop after the piece at hand. */
  close(): void {
    this.#board?.close()
    this.#board = undefined
    this.#slot = noSlot
    this.#minTimeMs = Number.NaN
  }

  #begin(minTimeMs: number, maxTimeMs: number): void {
    this.close()
    this.#minTimeMs = minTimeMs
    this.#maxTimeMs = maxTimeMs
    this.#probed = 0
  }

  /** Offers the series from one on where those before were long enough. */
  #share(firstSeries: number, samplesPerSeries: number): void {
    const { samplesMin, pieceSamples, piecesAhead } = this.#bounds
    const { seriesCount } = this
    const perSeries = Math.max(1, Math.ceil(samplesPerSeries))
    const samples = perSeries * (seriesCount - firstSeries)
    if (Number.isNaN(this.#minTimeMs) || samples < samplesMin || samples === 0) return
    if (seriesCount > limits.sharedSeriesMax) return
    const series = this.#set.share?.()
    if (series === undefined) return
    const shape: BoardShape = {
      firstSeries,
      seriesEnd: seriesCount,
      // Series differ in length: some room is left.
      seriesPerPiece: Math.max(1, Math.floor((pieceSamples * 0.9) / perSeries)),
      slots: piecesAhead,
      samplesMax: Math.max(pieceSamples, perSeries),
      minTimeMs: this.#minTimeMs,
      maxTimeMs: this.#maxTimeMs,
    }
    this.#board = new ReadingBoard(shape)
    this.#perSeries = perSeries
    this.#piece = -1
    this.#offer({ shape, memory: this.#board.memory, series })
  }

  #readHere(series: number, range: TimeRange, into: SampleColumns, from: number): number {
    const { minTimeMs, maxTimeMs } = range
    const passed = this.#set.histogramChunksPassed
    const end = this.#set.readFloats(series, minTimeMs, maxTimeMs, into, from)
    this.histogramChunksPassed += this.#set.histogramChunksPassed - passed
    return end
  }

  #readShared(
    board: ReadingBoard,
    series: number,
    range: TimeRange,
    into: SampleColumns,
    from: number,
  ): number {
    const piece = board.pieceOf(series)
    if (piece !== this.#piece) this.#take(board, piece)
    if (!this.#isInSlot) return this.#readHere(series, range, into, from)
    const { firstSeries, seriesPerPiece } = board.shape
    const { counts, times, values } = this.#slot
    const row = series - firstSeries - piece * seriesPerPiece
    const count = counts[row] ?? declined
    if (count === declined) return this.#readHere(series, range, into, from)
    if (count === noRoom) {
      const end = this.#readHere(series, range, into, from)
      if (row === 0 || counts[row - 1] !== noRoom)
        this.#cutAnew(series + 1, (this.#offset + end - from) / (row + 1))
      return end
    }
    const offset = this.#offset
    this.#offset += count
    // The slot is the owner's until it takes the next piece.
    if (from === 0 && into.borrow !== undefined) {
      into.borrow(times.subarray(offset), values.subarray(offset), count)
      return count
    }
    into.grow(from + count)
    into.timestampsMs.set(times.subarray(offset, offset + count), from)
    into.values.set(values.subarray(offset, offset + count), from)
    return from + count
  }

  /**
   * The first series may be much shorter than the others, as where what was replaced comes first: most
   * of each piece would then be left to the owner.
   */
  #cutAnew(firstSeries: number, samplesPerSeries: number): void {
    if (samplesPerSeries < this.#perSeries * longerMin) return
    this.#board?.close()
    this.#board = undefined
    this.#share(firstSeries, samplesPerSeries)
  }

  /** Waits until the piece is read, and reads others meanwhile; or claims it, to read it directly. */
  #take(board: ReadingBoard, piece: number): void {
    board.take(piece)
    this.#piece = piece
    this.#offset = 0
    this.#slot = board.slot(piece)
    for (;;) {
      this.#isInSlot = board.isFinished(piece)
      if (this.#isInSlot) return
      const next = board.claim()
      if (next === piece) return
      if (next >= 0) readPiece(board, next, this.#set)
      else {
        this.#isInSlot = board.waitFor(piece, patienceMs)
        return
      }
    }
  }
}
