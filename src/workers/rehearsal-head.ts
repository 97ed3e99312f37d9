import { NativeHistogram } from '../model/histogram.ts'
import { Labels } from '../model/labels.ts'
import { Head } from '../tsdb/head/head.ts'

/** Counters that queries read, native histograms, and series that are only looked up. */
export const rehearsalMetrics = {
  read: 'rehearsal',
  native: 'rehearsal_native',
  lookedUp: 'rehearsal_series',
} as const
/** Of the newest samples. */
export const rehearsalEndMs = 36_000_000

const intervalMs = 15_000
/** Some full chunks and an open one. */
const samples = 500
/** An answer of them is compressed, and their values are more than are sorted by comparing. */
const manySeries = 2_500
const seriesPerPod = 5

/**
 * What is rehearsed on: a head of a thread's own, which is read as the database's is. Whatever else
 * answered in its place, V8 would compile the rehearsal's code for that, and throw it away when it
 * meets the real one.
 */
export function rehearsalHead(): Head {
  const head = new Head()
  for (let series = 0; series < manySeries; series++) {
    const id = head.series(lookedUp(series))
    append(head, id, 0, series)
  }
  const instances = ['a:9100', 'b:9100', 'c:9100']
  for (const instance of instances) appendHistograms(head, instance)
  for (const le of ['0.1', '0.5', '1', '+Inf']) {
    for (const instance of instances) {
      const labels = { __name__: rehearsalMetrics.read, instance, job: 'app', le }
      const id = head.series(Labels.of(labels))
      for (let age = samples; age > 0; age--) append(head, id, age - 1, (samples - age) * 7)
    }
  }
  head.closed.flush()
  return head
}

function lookedUp(series: number): Labels {
  return Labels.of({
    __name__: rehearsalMetrics.lookedUp,
    cluster: 'one',
    container: `container-${series % 40}`,
    instance: `10.0.${series % 250}.7:9100`,
    job: `job-${series % 12}`,
    path: `/path/${series * 7_919}`,
    pod: `pod-${Math.floor(series / seriesPerPod)}`,
  })
}

/** As long as the range of a dashboard: chunks of histograms hold fewer samples. */
const histograms = 240
const buckets = 8

function appendHistograms(head: Head, instance: string): void {
  const labels = { __name__: rehearsalMetrics.native, instance, job: 'app' }
  const series = head.series(Labels.of(labels))
  const histogram = new NativeHistogram()
  histogram.schema = 3
  histogram.setPositiveSpans(Int32Array.of(-4, buckets), 1)
  histogram.positiveBucketCount = buckets
  for (let age = histograms; age > 0; age--) {
    for (let bucket = 0; bucket < buckets; bucket++) {
      const seen = (age * (bucket + 3)) % 5
      histogram.positiveBuckets[bucket] = (histogram.positiveBuckets[bucket] ?? 0) + seen
      histogram.count += seen
      histogram.sum[0] = (histogram.sum[0] ?? 0) + seen * 2 ** (bucket / 8)
    }
    head.appendHistogram(series, rehearsalEndMs - (age - 1) * intervalMs, histogram)
  }
}

function append(head: Head, series: number, age: number, value: number): void {
  const [low = 0, high = 0] = new Uint32Array(Float64Array.of(value).buffer)
  head.append(series, rehearsalEndMs - age * intervalMs, high, low)
}
