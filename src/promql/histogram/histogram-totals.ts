import { NativeHistogram } from '../../model/histogram.ts'
import { allBeyondZero, combined, usesCustomBuckets } from './arithmetic.ts'
import { HistogramBlock } from './histogram-block.ts'
import type { HistogramTotal } from './histogram-sum.ts'

const none = -1

/**
 * Sums or means of histograms for many cells at a time, such as groups x steps, added to in any
 * order. What is not being added to stands in blocks.
 */
export class HistogramTotals {
  readonly #totals = new HistogramBlock()
  readonly #errors = new HistogramBlock()
  readonly #places: Float64Array
  readonly #errorPlaces: Float64Array
  readonly #progress: Float64Array
  readonly #scratch = new NativeHistogram()
  readonly #added = new NativeHistogram()
  /** The layouts that were compared last, and what came of it. */
  #layout = none
  #theirs = none
  #isAlike = false

  constructor(
    readonly total: HistogramTotal,
    cells: number,
  ) {
    this.#places = new Float64Array(cells).fill(none)
    this.#errorPlaces = new Float64Array(cells)
    this.#progress = new Float64Array(cells)
  }

  has(cell: number): boolean {
    return this.#places[cell] !== none
  }

  /** Answers bits of `combined`; a cell with incompatible histograms stays as it was. */
  add(cell: number, histogram: NativeHistogram): number {
    const { total } = this
    if (!this.has(cell)) {
      total.begin(histogram)
      this.#places[cell] = this.#totals.store(total.total)
      this.#errorPlaces[cell] = this.#errors.store(this.#errorsAsHistogram())
      this.#progress[cell] = total.progress
      return 0
    }
    this.#resume(cell)
    const bits = total.add(histogram)
    if ((bits & combined.incompatible) !== 0) return bits
    this.#places[cell] = this.#totals.replace(this.#places[cell] ?? 0, total.total)
    const errors = this.#errorsAsHistogram()
    this.#errorPlaces[cell] = this.#errors.replace(this.#errorPlaces[cell] ?? 0, errors)
    this.#progress[cell] = total.progress
    return bits
  }

  /**
   * As add(), of a histogram that stands in a block: without making it an object where it has the
   * sum's own layout.
   */
  addFrom(cell: number, from: HistogramBlock, place: number): number {
    const own = this.#places[cell] ?? none
    if (own !== none && this.#addsUp(own, from, place)) {
      const errorPlace = this.#errorPlaces[cell] ?? 0
      this.#totals.addCompensated(own, this.#errors, errorPlace, from, place)
      return 0
    }
    from.load(place, this.#added)
    return this.add(cell, this.#added)
  }

  /** Whether adding is adding number by number, and nothing is to be told. */
  #addsUp(own: number, from: HistogramBlock, place: number): boolean {
    if (!this.total.isPlainSum || this.#totals.hintAt(own) !== from.hintAt(place)) return false
    const [layout, theirs] = [this.#totals.layoutAt(own), from.layoutAt(place)]
    if (layout === this.#layout && theirs === this.#theirs) return this.#isAlike
    from.load(place, this.#added)
    this.#isAlike =
      this.#totals.hasLayoutOf(own, from, place) &&
      !usesCustomBuckets(this.#added) &&
      allBeyondZero(this.#added)
    this.#layout = layout
    this.#theirs = theirs
    return this.#isAlike
  }

  /** Another block, or the same one after it was cleared, comes next. */
  beginBlock(): void {
    this.#theirs = none
  }

  /** The result of a cell that has one; valid until the next call. */
  finish(cell: number): NativeHistogram {
    this.#resume(cell)
    this.total.finish()
    return this.total.total
  }

  /** The samples that all cells count for (row Q12.1). */
  get samples(): number {
    return Math.ceil((this.#totals.size + this.#errors.size) / 2)
  }

  #resume(cell: number): void {
    const { total } = this
    const { errors } = total
    const scratch = this.#scratch
    this.#totals.load(this.#places[cell] ?? 0, total.total)
    this.#errors.load(this.#errorPlaces[cell] ?? 0, scratch)
    errors.clear(scratch)
    errors.count = scratch.count
    errors.sum = scratch.sum[0] ?? 0
    errors.zeroCount = scratch.zeroCount
    errors.positive.set(scratch.positiveBuckets.subarray(0, scratch.positiveBucketCount))
    errors.negative.set(scratch.negativeBuckets.subarray(0, scratch.negativeBucketCount))
    total.progress = this.#progress[cell] ?? 0
  }

  #errorsAsHistogram(): NativeHistogram {
    const { total, errors } = this.total
    const scratch = this.#scratch
    scratch.copyLayout(total)
    scratch.count = errors.count
    scratch.sum[0] = errors.sum
    scratch.zeroCount = errors.zeroCount
    scratch.reserveBuckets(total.positiveBucketCount, total.negativeBucketCount)
    scratch.positiveBuckets.set(errors.positive.subarray(0, total.positiveBucketCount))
    scratch.negativeBuckets.set(errors.negative.subarray(0, total.negativeBucketCount))
    return scratch
  }
}
