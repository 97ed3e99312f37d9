import { expect } from 'vitest'
import { customBucketsSchema, type NativeHistogram } from '../../src/model/histogram.ts'
import { SpanCursor } from '../../src/model/span-cursor.ts'

/** A series of a range vector as Prometheus' API gives it. */
export interface Series {
  readonly metric: { readonly n: string }
  readonly values?: readonly (readonly [time: number, value: string])[]
  readonly histograms?: readonly (readonly [
    time: number,
    histogram: {
      readonly count: string
      readonly sum: string
      readonly buckets?: readonly (readonly [edges: number, low: string, high: string, n: string])[]
    },
  ])[]
}

/** A sample as one line: time, count, sum, and upper end and count of each bucket that counts. */
function lineOfSample(
  timeMs: number,
  count: number,
  sum: number,
  buckets: readonly (readonly [high: number, count: number])[],
): string {
  const texts = buckets.map(([high, each]) => `${Number(high.toPrecision(9))}:${each}`)
  return `${timeMs} ${count} ${sum} ${texts.join(' ')}`
}

/** The line of a histogram that was appended. */
export function appendedLine(timeMs: number, histogram: NativeHistogram): string {
  const { schema, zeroThreshold, zeroCount, customBounds } = histogram
  const isCustom = schema === customBucketsSchema
  const end = (place: number) =>
    isCustom ? (customBounds[place] ?? Number.POSITIVE_INFINITY) : 2 ** (place / 2 ** schema)
  const buckets: [number, number][] = []
  const cursor = new SpanCursor()
  cursor.begin(histogram.negativeSpans, histogram.negativeSpanCount)
  for (; cursor.valid; cursor.next()) {
    // Prometheus lets them end where the zero bucket begins.
    const high = Math.min(-end(cursor.place - 1), -zeroThreshold)
    buckets.unshift([high, histogram.negativeBuckets[cursor.index] ?? 0])
  }
  if (!isCustom) buckets.push([zeroThreshold, zeroCount])
  cursor.begin(histogram.positiveSpans, histogram.positiveSpanCount)
  for (; cursor.valid; cursor.next()) {
    buckets.push([end(cursor.place), histogram.positiveBuckets[cursor.index] ?? 0])
  }
  const counting = buckets.filter(([, count]) => count !== 0)
  return lineOfSample(timeMs, histogram.count, histogram.sum[0] ?? 0, counting)
}

/** The lines of a series in order of time; floats are time and value. */
export function answeredLines({ values = [], histograms = [] }: Series): string[] {
  const rows: { readonly timeMs: number; readonly line: string }[] = []
  for (const [time, value] of values) {
    const timeMs = Math.round(time * 1000)
    rows.push({ timeMs, line: `${timeMs} ${Number(value)}` })
  }
  for (const [time, { count, sum, buckets = [] }] of histograms) {
    const timeMs = Math.round(time * 1000)
    const pairs = buckets.map(([, , high, n]) => [Number(high), Number(n)] as const)
    rows.push({ timeMs, line: lineOfSample(timeMs, Number(count), Number(sum), pairs) })
  }
  return rows.sort((a, b) => a.timeMs - b.timeMs).map(({ line }) => line)
}

/** The series that a query of a range vector answers. */
export async function query(url: string, text: string, timeMs: number): Promise<readonly Series[]> {
  const parameters = new URLSearchParams({ query: text, time: String(timeMs / 1000) })
  const response = await fetch(`${url}/api/v1/query?${parameters}`)
  const answer = JSON.parse(await response.text())
  expect(answer.status, text).toBe('success')
  return answer.data.result
}
