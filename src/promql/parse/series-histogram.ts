import { NativeHistogram, type ResetHint, resetHint } from '../../model/histogram.ts'
import type { SeriesTokens } from './series-tokens.ts'
import { tokens as t } from './tokens.ts'

export interface HistogramValue {
  readonly kind: 'histogram'
  readonly histogram: NativeHistogram
  /** Whether the counter reset hint was written out, which makes it count in comparisons. */
  readonly isHintWritten: boolean
}

const hints: ReadonlyMap<string, ResetHint> = new Map([
  ['unknown', resetHint.unknown],
  ['reset', resetHint.reset],
  ['not_reset', resetHint.notReset],
  ['gauge', resetHint.gauge],
])

/** Reads `{{schema:1 sum:2 buckets:[1 2]}}` of a series line into float histograms. */
export class HistogramLiteralParser {
  readonly #tokens: SeriesTokens
  /** Keys read so far of the literal at hand; the first one has other words for what is wrong. */
  #keys = new Set<string>()
  #positiveOffset = 0
  #negativeOffset = 0
  #positiveBuckets: readonly number[] = []
  #negativeBuckets: readonly number[] = []

  constructor(tokens: SeriesTokens) {
    this.#tokens = tokens
  }

  parse(): HistogramValue {
    const tokens = this.#tokens
    tokens.next()
    this.#keys = new Set()
    this.#positiveOffset = 0
    this.#negativeOffset = 0
    this.#positiveBuckets = []
    this.#negativeBuckets = []
    const histogram = new NativeHistogram()
    histogram.isFloat = true
    const isEmpty = !tokens.is(t.HistogramKey)
    if (!isEmpty) this.#item(histogram)
    while (!isEmpty && tokens.take(t.Space)) {
      if (tokens.is(t.CloseHistogram)) break
      this.#item(histogram)
    }
    if (isEmpty) tokens.take(t.Space)
    if (!tokens.take(t.CloseHistogram)) this.#unexpected()
    this.#placeBuckets(histogram)
    return { kind: 'histogram', histogram, isHintWritten: this.#keys.has('counter_reset_hint') }
  }

  #item(histogram: NativeHistogram): void {
    const tokens = this.#tokens
    if (!tokens.is(t.HistogramKey)) this.#unexpected()
    const token = tokens.next()
    if (!tokens.take(t.Colon)) this.#unexpected()
    const key = token.image.toLowerCase()
    this.#value(key, histogram)
    if (this.#keys.has(key)) {
      const words = `duplicate key "${key}" in histogram`
      throw tokens.failure({ ...token, image: '', startOffset: 0 }, words)
    }
    this.#keys.add(key)
  }

  #value(key: string, histogram: NativeHistogram): void {
    switch (key) {
      case 'schema':
        histogram.schema = this.#integer(key)
        break
      case 'sum':
        histogram.sum[0] = this.#number(true)
        break
      case 'count':
        histogram.count = this.#number(true)
        break
      case 'z_bucket':
        histogram.zeroCount = this.#number(true)
        break
      case 'z_bucket_w':
        histogram.zeroThreshold = this.#number(false)
        break
      case 'custom_values':
        histogram.customBounds = Float64Array.from(this.#numbers())
        histogram.customBoundCount = histogram.customBounds.length
        break
      case 'buckets':
        this.#positiveBuckets = this.#numbers()
        break
      case 'offset':
        this.#positiveOffset = this.#integer(key)
        break
      case 'n_buckets':
        this.#negativeBuckets = this.#numbers()
        break
      case 'n_offset':
        this.#negativeOffset = this.#integer(key)
        break
      case 'counter_reset_hint':
        histogram.hint = this.#hint()
    }
  }

  #placeBuckets(histogram: NativeHistogram): void {
    const [positive, negative] = [this.#positiveBuckets, this.#negativeBuckets]
    histogram.reserveBuckets(positive.length, negative.length)
    histogram.positiveBuckets.set(positive)
    histogram.positiveBucketCount = positive.length
    histogram.negativeBuckets.set(negative)
    histogram.negativeBucketCount = negative.length
    const positiveSpan = Int32Array.of(this.#positiveOffset, positive.length)
    histogram.setPositiveSpans(positiveSpan, positive.length > 0 ? 1 : 0)
    const negativeSpan = Int32Array.of(this.#negativeOffset, negative.length)
    histogram.setNegativeSpans(negativeSpan, negative.length > 0 ? 1 : 0)
  }

  #number(isSigned: boolean): number {
    const tokens = this.#tokens
    const isNegative = isSigned && tokens.take(t.Sub)
    if (!tokens.is(t.Number)) this.#unexpected()
    const value = tokens.number(tokens.next())
    return isNegative ? -value : value
  }

  /** Schemas and offsets are whole numbers of 32 bits. */
  #integer(key: string): number {
    const tokens = this.#tokens
    const isNegative = tokens.take(t.Sub)
    if (!tokens.is(t.Number)) this.#unexpected()
    const token = tokens.next()
    const size = tokens.wholeNumber(token)
    if (size >= 2 ** 31) {
      throw tokens.failure(token, `${key} of ${token.image} in histogram, limit ${2 ** 31 - 1}`)
    }
    return isNegative ? -size : size
  }

  #numbers(): readonly number[] {
    const tokens = this.#tokens
    if (!tokens.take(t.LeftBracket)) this.#unexpected()
    const numbers = [this.#number(true)]
    while (!tokens.take(t.RightBracket)) {
      if (!tokens.take(t.Space)) tokens.unexpected('bucket list', '" " or "]"')
      if (!tokens.is(t.RightBracket)) numbers.push(this.#number(true))
    }
    return numbers
  }

  #hint(): ResetHint {
    const token = this.#tokens.peek()
    const hint = token?.tokenType === t.ResetHint ? hints.get(token.image.toLowerCase()) : undefined
    if (hint === undefined) return this.#unexpected()
    this.#tokens.next()
    return hint
  }

  #unexpected(): never {
    if (this.#keys.size === 0) return this.#tokens.unexpected('series values')
    const expected = 'histogram description key, e.g. buckets:[5 10 7]'
    return this.#tokens.unexpected('histogram description', expected)
  }
}
