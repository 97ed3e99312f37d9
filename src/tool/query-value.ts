import { compareBytes } from '../model/byte-order.ts'
import { floatText, goG } from '../model/float-text.ts'
import { formatFloat } from '../model/go-float-format.ts'
import { goJson } from '../model/go-json.ts'
import { goQuote } from '../model/go-quote.ts'

import { listOf, recordOf } from './query-api.ts'

/** [lower, upper] of a bucket, which bounds belong to it as the API numbers them, and its count. */
export interface QueryBucket {
  readonly boundaries: number
  readonly lower: number
  readonly upper: number
  readonly count: number
}

export interface QueryHistogram {
  readonly count: number
  readonly sum: number
  /** Undefined where the answer has none. */
  readonly buckets: readonly QueryBucket[] | undefined
}

interface Point<Value> {
  readonly seconds: number
  readonly value: Value
}

type QueryLabels = readonly (readonly [name: string, value: string])[]

export interface QuerySeries {
  /** By name, in byte order. */
  readonly labels: QueryLabels
  readonly floats: readonly Point<number>[]
  readonly histograms: readonly Point<QueryHistogram>[]
}

/** What a query answered. */
export type QueryValue =
  | { readonly type: 'scalar'; readonly point: Point<number> }
  | { readonly type: 'string'; readonly point: Point<string> }
  | { readonly type: 'vector' | 'matrix'; readonly series: readonly QuerySeries[] }

/** Reads `data` of an answer of /api/v1/query or query_range. Throws QueryApiError. */
export function queryValue(data: unknown): QueryValue {
  const { resultType, result } = recordOf(data)
  switch (resultType) {
    case 'scalar':
      return { type: resultType, point: pointOf(result, goNumber) }
    case 'string':
      return { type: resultType, point: pointOf(result, String) }
    default: {
      const type = resultType === 'vector' ? 'vector' : 'matrix'
      return { type, series: listOf(result).map(seriesOf) }
    }
  }
}

/** Labels of an answer, by name. */
export function labelsOf(metric: unknown): QueryLabels {
  return Object.entries(recordOf(metric))
    .map(([name, value]) => [name, String(value)] as const)
    .sort(([a], [b]) => compareBytes(a, b))
}

function seriesOf(item: unknown): QuerySeries {
  const { metric, value, values, histogram, histograms } = recordOf(item)
  const either = (one: unknown, many: unknown) => (one === undefined ? listOf(many ?? null) : [one])
  return {
    labels: labelsOf(metric),
    floats: either(value, values).map((point) => pointOf(point, goNumber)),
    histograms: either(histogram, histograms).map((point) => pointOf(point, histogramOf)),
  }
}

function pointOf<Value>(item: unknown, read: (value: unknown) => Value): Point<Value> {
  const [seconds, value] = listOf(item)
  return { seconds: Number(seconds), value: read(value) }
}

function histogramOf(item: unknown): QueryHistogram {
  const { count, sum, buckets } = recordOf(item)
  return {
    count: goNumber(count),
    sum: goNumber(sum),
    buckets:
      buckets === undefined
        ? undefined
        : listOf(buckets).map((bucket) => {
            const [boundaries, lower, upper, inside] = listOf(bucket)
            return {
              boundaries: Number(boundaries),
              lower: goNumber(lower),
              upper: goNumber(upper),
              count: goNumber(inside),
            }
          }),
  }
}

export function goNumber(value: unknown): number {
  if (value === '+Inf') return Number.POSITIVE_INFINITY
  return value === '-Inf' ? Number.NEGATIVE_INFINITY : Number(value)
}

/** As promtool prints a value: `metric{a="b"} => 1 @[2]`, a line each. */
export function valueText(value: QueryValue): string {
  switch (value.type) {
    case 'scalar': {
      const { point } = value
      return `scalar: ${floatText(point.value)} @[${floatText(point.seconds)}]`
    }
    case 'string':
      return value.point.value
    case 'vector':
      return value.series
        .map((series) => `${metricText(series.labels)} => ${pointTexts(series).join('')}`)
        .join('\n')
    case 'matrix':
      return [...value.series]
        .sort((a, b) => compareLabels(a.labels, b.labels))
        .map((series) => `${metricText(series.labels)} =>\n${pointTexts(series).join('\n')}`)
        .join('\n')
  }
}

function pointTexts({ floats, histograms }: QuerySeries): readonly string[] {
  return [
    ...floats.map(({ seconds, value }) => `${floatText(value)} @[${floatText(seconds)}]`),
    ...histograms.map(({ seconds, value }) => `${histogramText(value)} @[${floatText(seconds)}]`),
  ]
}

function histogramText({ count, sum, buckets }: QueryHistogram): string {
  const texts = (buckets ?? []).map(({ boundaries, lower, upper, count: inside }) => {
    const open = boundaries === 1 || boundaries === 3 ? '[' : '('
    const close = boundaries === 0 || boundaries === 3 ? ']' : ')'
    return `${open}${goG(lower)},${goG(upper)}${close}:${floatText(inside)}`
  })
  const [total, all] = [formatFloat(count, 'f', 6), formatFloat(sum, 'f', 6)]
  return `Count: ${total}, Sum: ${all}, Buckets: [${texts.join(' ')}]`
}

/** `name{label="value", ...}`, with braces where there is no name. */
export function metricText(labels: QueryLabels): string {
  const name = labels.find(([label]) => label === '__name__')?.[1]
  const others = labels.filter(([label]) => label !== '__name__')
  if (others.length === 0) return name ?? '{}'
  return `${name ?? ''}${labelSetText(others)}`
}

/** `{label="value", ...}`, with the name among them. */
export function labelSetText(labels: QueryLabels): string {
  return `{${labels.map(([name, value]) => `${name}=${goQuote(value)}`).join(', ')}}`
}

/** Go's client sorts a matrix by number of labels; then who lacks the first name comes first. */
function compareLabels(a: QueryLabels, b: QueryLabels): number {
  if (a.length !== b.length) return a.length - b.length
  for (const [index, [name, value]] of a.entries()) {
    const [otherName = '', otherValue = ''] = b[index] ?? []
    const order = compareBytes(otherName, name) || compareBytes(value, otherValue)
    if (order !== 0) return order
  }
  return 0
}

/** As promtool's JSON has it: floats never with an exponent, <, > and & escaped. */
export function valueJson(value: QueryValue): string {
  switch (value.type) {
    case 'scalar':
    case 'string': {
      const { point } = value
      const text = typeof point.value === 'number' ? floatText(point.value) : point.value
      return goJson([point.seconds, text])
    }
    case 'vector':
      return goJson(
        value.series.map(({ labels, floats: [float], histograms: [histogram] }) => ({
          metric: Object.fromEntries(labels),
          value: float && [float.seconds, floatText(float.value)],
          histogram: histogram && [histogram.seconds, histogramFields(histogram.value)],
        })),
      )
    case 'matrix':
      return goJson(
        value.series.map(({ labels, floats, histograms }) => ({
          metric: Object.fromEntries(labels),
          values:
            histograms.length > 0 && floats.length === 0
              ? undefined
              : floats.map((point) => [point.seconds, floatText(point.value)]),
          histograms:
            histograms.length === 0
              ? undefined
              : histograms.map((point) => [point.seconds, histogramFields(point.value)]),
        })),
      )
  }
}

function histogramFields({ count, sum, buckets }: QueryHistogram): object {
  return {
    count: floatText(count),
    sum: floatText(sum),
    buckets:
      buckets?.map((bucket) => [
        bucket.boundaries,
        floatText(bucket.lower),
        floatText(bucket.upper),
        floatText(bucket.count),
      ]) ?? null,
  }
}
