import type { TokenType } from 'chevrotain'
import { limits } from '../../base/limits.ts'
import { bytesOfText } from '../../model/byte-text.ts'
import { NativeHistogram } from '../../model/histogram.ts'
import type { Labels } from '../../model/labels.ts'
import { addHistogram, combined, subtractHistogram } from '../histogram/arithmetic.ts'
import { HistogramLiteralParser, type HistogramValue } from './series-histogram.ts'
import { parseSeriesLabels } from './series-labels.ts'
import { SeriesTokens } from './series-tokens.ts'
import { tokens as t } from './tokens.ts'

/** What stands at one step of a series. */
export type SequenceValue =
  | { readonly kind: 'omitted' }
  | { readonly kind: 'stale' }
  | { readonly kind: 'float'; readonly value: number }
  | HistogramValue

export interface SeriesDescription {
  readonly labels: Labels
  readonly values: readonly SequenceValue[]
}

const omitted: SequenceValue = { kind: 'omitted' }
const stale: SequenceValue = { kind: 'stale' }

/**
 * Reads a line of the series notation of PromQL's test language and of rule tests, such as
 * `name{a="b"} 1 2+3x4 _x2 stale {{schema:1 sum:2 buckets:[1 2]}}x3`. Throws QueryParseError with
 * upstream's words; a line of more values than limits.seriesNotationValuesMax is refused the same way.
 */
export function parseSeriesNotation(line: string): SeriesDescription {
  const tokens = new SeriesTokens(bytesOfText(line))
  const labels = parseSeriesLabels(tokens)
  return { labels, values: new ValuesParser(tokens).parse() }
}

/** A metric with its labels and nothing behind it. Throws QueryParseError with upstream's words. */
export function parseMetric(text: string): Labels {
  const tokens = new SeriesTokens(bytesOfText(text))
  const labels = parseSeriesLabels(tokens)
  if (!tokens.isAtEnd()) tokens.unexpected('')
  return labels
}

class ValuesParser {
  readonly #tokens: SeriesTokens
  readonly #histograms: HistogramLiteralParser
  readonly #values: SequenceValue[] = []

  constructor(tokens: SeriesTokens) {
    this.#tokens = tokens
    this.#histograms = new HistogramLiteralParser(tokens)
  }

  parse(): readonly SequenceValue[] {
    const tokens = this.#tokens
    if (!tokens.isAtEnd() && !tokens.is(t.Space)) tokens.unexpected('series values')
    while (tokens.take(t.Space)) {
      if (tokens.is(t.Blank)) this.#blank()
      else if (tokens.is(t.OpenHistogram)) this.#histogram()
      else if (startsFloat.some((type) => tokens.is(type))) this.#float()
      else break
    }
    if (!tokens.isAtEnd()) tokens.unexpected('')
    return this.#values
  }

  #blank(): void {
    this.#tokens.next()
    if (!this.#tokens.take(t.Times)) this.#push(omitted)
    else this.#repeat(this.#count(), () => omitted)
  }

  #float(): void {
    const tokens = this.#tokens
    if (tokens.is(t.Identifier) && tokens.peek()?.image !== 'stale') {
      tokens.unexpected('series values', 'number or "stale"')
    }
    const isStale = tokens.take(t.Identifier)
    const first = isStale ? Number.NaN : this.#signedNumber()
    const value: SequenceValue = isStale ? stale : { kind: 'float', value: first }
    if (tokens.take(t.Times)) this.#repeat(this.#count() + 1, () => value)
    else if (tokens.is(t.Add) || tokens.is(t.Sub)) {
      const step = this.#signedNumber()
      this.#demandTimes()
      let next = first
      this.#repeat(this.#count() + 1, (index) => {
        if (index > 0) next += step
        return index === 0 ? value : { kind: 'float', value: next }
      })
    } else this.#push(value)
  }

  #signedNumber(): number {
    const tokens = this.#tokens
    const isNegative = tokens.is(t.Sub)
    if (isNegative || tokens.is(t.Add)) tokens.next()
    if (!tokens.is(t.Number)) tokens.unexpected('series values')
    const value = tokens.number(tokens.next())
    return isNegative ? -value : value
  }

  #histogram(): void {
    const tokens = this.#tokens
    const first = this.#histograms.parse()
    if (tokens.take(t.Times)) this.#repeat(this.#count() + 1, () => first)
    else if (tokens.is(t.Add) || tokens.is(t.Sub)) {
      const isSum = tokens.next().tokenType === t.Add
      if (!tokens.is(t.OpenHistogram)) tokens.unexpected('series values')
      const step = this.#histograms.parse()
      this.#demandTimes()
      const count = tokens.peek()
      const times = this.#count()
      const { isHintWritten } = step
      let { histogram } = first
      this.#repeat(times + 1, (index) => {
        if (index > 0) {
          const combined = combination(histogram, step.histogram, isSum)
          if (typeof combined === 'string') throw tokens.failure(count, combined)
          histogram = combined
        }
        return { kind: 'histogram', histogram, isHintWritten }
      })
    } else this.#push(first)
  }

  #demandTimes(): void {
    if (!this.#tokens.take(t.Times)) this.#tokens.unexpected('series values')
  }

  /** How often a value is repeated. */
  #count(): number {
    const tokens = this.#tokens
    if (!tokens.is(t.Number)) tokens.unexpected('series values')
    return tokens.wholeNumber(tokens.next())
  }

  #repeat(times: number, value: (index: number) => SequenceValue): void {
    for (let index = 0; index < times; index++) this.#push(value(index))
  }

  #push(value: SequenceValue): void {
    if (this.#values.length === limits.seriesNotationValuesMax) {
      const words = `series of more values than the limit of ${limits.seriesNotationValuesMax}`
      throw this.#tokens.failure(this.#tokens.peek(), words)
    }
    this.#values.push(value)
  }
}

const startsFloat: readonly TokenType[] = [t.Identifier, t.Number, t.Add, t.Sub]

/** The sum or the difference of two histograms; what is wrong where there is none. */
function combination(
  first: NativeHistogram,
  second: NativeHistogram,
  isSum: boolean,
): NativeHistogram | string {
  if (first.schema > second.schema) {
    const words = `cannot merge from schema ${second.schema} to ${first.schema}`
    return `error combining histograms: ${words}`
  }
  const result = new NativeHistogram()
  result.copyFrom(first)
  const told = isSum ? addHistogram(result, second) : subtractHistogram(result, second)
  return (told & combined.incompatible) === 0
    ? result
    : 'cannot apply this operation on histograms with a mix of exponential and custom bucket schemas'
}
