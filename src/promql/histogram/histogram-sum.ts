import { NativeHistogram } from '../../model/histogram.ts'
import { addHistogram, divideHistogram, multiplyHistogram } from './arithmetic.ts'
import { HistogramErrors } from './histogram-errors.ts'

/**
 * What histograms come to: begin() with the first, add() the others, then finish(). `total` is valid
 * afterwards, not compacted. Between two add() it can be put aside: total, errors and `progress`
 * are all that it knows.
 */
export interface HistogramTotal {
  readonly total: NativeHistogram
  readonly errors: HistogramErrors
  /** Whether it is a sum and nothing else. */
  readonly isPlainSum: boolean
  progress: number
  begin(first: NativeHistogram): void
  /** Answers bits of `combined` (arithmetic.ts). */
  add(histogram: NativeHistogram): number
  finish(): void
}

/** A compensated sum, for sum and sum_over_time. */
export class HistogramSum implements HistogramTotal {
  readonly total = new NativeHistogram()
  readonly errors = new HistogramErrors()
  readonly isPlainSum = true
  progress = 0

  begin(first: NativeHistogram): void {
    this.total.copyFrom(first)
    this.errors.clear(first)
  }

  /** Answers bits of `combined` (arithmetic.ts); after `incompatible` the sum is as before. */
  add(histogram: NativeHistogram): number {
    return addHistogram(this.total, histogram, this.errors)
  }

  finish(): void {
    this.errors.addTo(this.total)
  }
}

/**
 * The mean of histograms, for avg and avg_over_time, used like HistogramSum: from the compensated
 * sum, and from the first overflow on as an incremental mean.
 */
export class HistogramMean implements HistogramTotal {
  readonly total = new NativeHistogram()
  readonly errors = new HistogramErrors()
  readonly isPlainSum = false
  readonly #tried = new NativeHistogram()
  readonly #triedErrors = new HistogramErrors()
  readonly #share = new NativeHistogram()
  #count = 0
  #incremental = false
  /** Whether sums may overflow: not while everything is this small. */
  #isWide = false

  /** The count, with two flags in its lowest bits. */
  get progress(): number {
    return this.#count * 4 + (this.#incremental ? 2 : 0) + (this.#isWide ? 1 : 0)
  }

  set progress(progress: number) {
    this.#count = Math.floor(progress / 4)
    this.#incremental = (progress & 2) !== 0
    this.#isWide = (progress & 1) !== 0
  }

  begin(first: NativeHistogram): void {
    this.total.copyFrom(first)
    this.errors.clear(first)
    this.#count = 1
    this.#incremental = false
    this.#isWide = !allWithin(first, overflowsNever)
  }

  /** As HistogramSum.add, but that after `incompatible` nothing more may be added. */
  add(histogram: NativeHistogram): number {
    this.#count++
    if (!this.#incremental) {
      this.#isWide ||= !allWithin(histogram, overflowsNever)
      if (!this.#isWide) return addHistogram(this.total, histogram, this.errors)
      const told = this.#try(histogram)
      if (!this.#incremental) return told
    }
    const share = (this.#count - 1) / this.#count
    this.#share.copyFrom(histogram)
    divideHistogram(this.#share, this.#count)
    multiplyHistogram(this.total, share)
    this.errors.scale(share, 1, this.total)
    return addHistogram(this.total, this.#share, this.errors)
  }

  finish(): void {
    if (!this.#incremental) {
      divideHistogram(this.total, this.#count)
      this.errors.scale(1, this.#count, this.total)
    }
    this.errors.addTo(this.total)
  }

  /** Adds unless the sum would overflow: then it becomes the mean of what was there before. */
  #try(histogram: NativeHistogram): number {
    this.#tried.copyFrom(this.total)
    this.#triedErrors.copyFrom(this.errors, this.total)
    const told = addHistogram(this.#tried, histogram, this.#triedErrors)
    if (allWithin(this.#tried, Number.MAX_VALUE)) {
      this.total.copyFrom(this.#tried)
      this.errors.copyFrom(this.#triedErrors, this.#tried)
      return told
    }
    this.#incremental = true
    divideHistogram(this.total, this.#count - 1)
    this.errors.scale(1, this.#count - 1, this.total)
    return told
  }
}

/** Far more of these than a query has samples make no infinity. */
const overflowsNever = 2 ** 900

/** Whether no number but NaNs is beyond `most`, on either side of zero. */
function allWithin(histogram: NativeHistogram, most: number): boolean {
  const { zeroCount, count, sum, positiveBuckets, negativeBuckets, customBounds } = histogram
  return (
    !(Math.abs(zeroCount) > most) &&
    !(Math.abs(count) > most) &&
    !(Math.abs(sum[0] ?? 0) > most) &&
    columnWithin(positiveBuckets, histogram.positiveBucketCount, most) &&
    columnWithin(negativeBuckets, histogram.negativeBucketCount, most) &&
    columnWithin(customBounds, histogram.customBoundCount, most)
  )
}

function columnWithin(column: Float64Array, size: number, most: number): boolean {
  for (let index = 0; index < size; index++) {
    if (Math.abs(column[index] ?? 0) > most) return false
  }
  return true
}
