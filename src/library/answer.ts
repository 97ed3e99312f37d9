import { type QueryHistogram, queryValue } from '../tool/query-value.ts'
import type { Histogram, QueryResult, Sample, Series } from './contract.ts'

interface Envelope {
  readonly data: unknown
  readonly warnings?: readonly string[]
  readonly infos?: readonly string[]
}

/** The engine's JSON answer as values: floats are written so that they read back the same. */
export function answerOf(body: readonly Uint8Array[]): QueryResult {
  const { data, warnings = [], infos = [] }: Envelope = JSON.parse(Buffer.concat(body).toString())
  const value = queryValue(data)
  const notes = { warnings, infos }
  switch (value.type) {
    case 'scalar': {
      const point = pointOf(value.point)
      return { ...point, type: value.type, series: [{ labels: {}, samples: [point] }], ...notes }
    }
    case 'string':
      return { ...pointOf(value.point), type: value.type, series: [], ...notes }
    case 'vector':
    case 'matrix':
      return { type: value.type, series: value.series.map(seriesOf), ...notes }
  }
}

function pointOf<Value>(point: { readonly seconds: number; readonly value: Value }) {
  return { timeMs: Math.round(point.seconds * 1_000), value: point.value }
}

function seriesOf(series: {
  readonly labels: readonly (readonly [string, string])[]
  readonly floats: readonly { readonly seconds: number; readonly value: number }[]
  readonly histograms: readonly { readonly seconds: number; readonly value: QueryHistogram }[]
}): Series {
  const histograms = series.histograms.map(({ seconds, value }) =>
    pointOf({ seconds, value: histogramOf(value) }),
  )
  const samples: Sample[] = [...series.floats.map(pointOf), ...histograms]
  samples.sort((a, b) => a.timeMs - b.timeMs)
  return { labels: Object.fromEntries(series.labels), samples }
}

function histogramOf({ count, sum, buckets = [] }: QueryHistogram): Histogram {
  return {
    count,
    sum,
    buckets: buckets.map(({ boundaries, lower, upper, count: inside }) => ({
      lower,
      upper,
      lowerIncluded: boundaries === 1 || boundaries === 3,
      upperIncluded: boundaries === 0 || boundaries === 3,
      count: inside,
    })),
  }
}
