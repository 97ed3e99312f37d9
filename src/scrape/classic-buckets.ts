import { writeNormalNan } from '../kernels/known-lines.ts'
import { BucketSpans } from '../model/bucket-spans.ts'
import { goG } from '../model/float-text.ts'
import { customBucketsSchema, type NativeHistogram } from '../model/histogram.ts'

/** Empty buckets in a row that histograms of integers keep, as upstream's conversion does. */
const emptyBucketsMax = 2

/**
 * Collects what the series of one classic histogram say and makes a native histogram with custom
 * buckets of it (row S4.10, upstream util/convertnhcb). Fill, convert() once, clear().
 */
export class ClassicBuckets {
  /** Upper bounds in ascending order and the cumulative counts beside them. */
  readonly #bounds: number[] = []
  readonly #counts: number[] = []
  #count = 0
  #hasCount = false
  #sum = 0
  #fault: string | undefined

  clear(): void {
    this.#bounds.length = 0
    this.#counts.length = 0
    this.#count = 0
    this.#hasCount = false
    this.#sum = 0
    this.#fault = undefined
  }

  /** Of a bound that came before, the first count stays. */
  setBucket(bound: number, count: number): void {
    if (this.#fault !== undefined) return
    if (Number.isNaN(bound)) this.#fault = 'bucket boundary must not be NaN'
    else if (count < 0) {
      this.#fault = `bucket count must be non-negative: le=${goG(bound)}, count=${goG(count)}`
    } else this.#insert(bound, count)
  }

  setCount(count: number): void {
    if (this.#fault !== undefined) return
    if (count < 0) this.#fault = `count must be non-negative: count=${goG(count)}`
    this.#count = count
    this.#hasCount = true
  }

  setSum(sum: number): void {
    this.#sum = sum
  }

  /** Fills `into`, or answers why that cannot be. */
  convert(into: NativeHistogram): string | undefined {
    const [bounds, counts] = [this.#bounds, this.#counts]
    if (this.#fault !== undefined) return this.#fault
    if (!this.#hasCount && counts.length > 0) this.#count = counts.at(-1) ?? 0
    if (bounds.at(-1) !== Infinity) {
      bounds.push(Infinity)
      counts.push(this.#count)
    }
    const last = counts.at(-1) ?? 0
    if (this.#count !== last) {
      const bound = goG(bounds.at(-1) ?? Infinity)
      return `count mismatch: count=${goG(this.#count)} != le=${bound} count=${goG(last)}`
    }
    const isInteger = Number.isSafeInteger(this.#count) && counts.every(Number.isSafeInteger)
    into.clear()
    into.isFloat = !isInteger
    into.schema = customBucketsSchema
    into.count = this.#count
    if (Number.isNaN(this.#sum)) writeNormalNan(into.sumHalves, 0)
    else into.sum[0] = this.#sum
    if (into.customBounds.length < bounds.length - 1) {
      into.customBounds = new Float64Array(bounds.length - 1)
    }
    for (let index = 0; index < bounds.length - 1; index++) {
      into.customBounds[index] = bounds[index] ?? 0
    }
    into.customBoundCount = bounds.length - 1
    fillBuckets(into, counts, isInteger ? emptyBucketsMax : 0)
    return undefined
  }

  #insert(bound: number, count: number): void {
    const [bounds, counts] = [this.#bounds, this.#counts]
    let at = bounds.length
    while (at > 0 && (bounds[at - 1] ?? 0) > bound) at--
    if (at > 0 && bounds[at - 1] === bound) return
    const below = at > 0 ? (counts[at - 1] ?? 0) : 0
    const above = counts[at] ?? Infinity
    if (count < below) this.#fault = `count is not cumulative: ${count} < ${below}`
    else if (count > above) this.#fault = `count is not cumulative: ${count} > ${above}`
    else {
      bounds.splice(at, 0, bound)
      counts.splice(at, 0, count)
    }
  }
}

/** Buckets of their own out of cumulative ones, without those that need not be there. */
function fillBuckets(into: NativeHistogram, cumulative: readonly number[], emptyMax: number): void {
  into.reserveBuckets(cumulative.length, 0)
  const spans = new BucketSpans()
  let previous = 0
  /** Empty ones since the last that was kept; Infinity before the first. */
  let empty = Infinity
  cumulative.forEach((count, place) => {
    const own = count - previous
    previous = count
    if (own === 0) {
      empty++
      return
    }
    if (empty <= emptyMax) {
      for (let gap = place - empty; gap < place; gap++) {
        into.positiveBuckets[spans.bucketCount] = 0
        spans.add(gap)
      }
    }
    into.positiveBuckets[spans.bucketCount] = own
    spans.add(place)
    empty = 0
  })
  into.setPositiveSpans(spans.spans, spans.spanCount)
  into.positiveBucketCount = spans.bucketCount
}
