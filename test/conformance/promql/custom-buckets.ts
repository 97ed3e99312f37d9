import { customBucketsSchema, NativeHistogram } from '../../../src/model/histogram.ts'
import { compactHistogram } from '../../../src/model/histogram-compaction.ts'
import { Labels } from '../../../src/model/labels.ts'
import { parseGoFloat } from '../../../src/promql/functions/go-float.ts'
import type { LoadedSeries } from './script.ts'

interface ConvertedSample {
  readonly labels: Labels
  readonly timeMs: number
  readonly histogram: NativeHistogram
}

/** What classic series say about one histogram at one time. */
interface Gathered {
  readonly labels: Labels
  readonly timeMs: number
  /** Cumulative counts by upper bound. */
  readonly counts: Map<number, number>
  count: number | undefined
  sum: number
}

/**
 * The native histograms with custom buckets that load_with_nhcb adds, made of the series _bucket,
 * _count and _sum; in order of time within a series.
 */
export function customBucketSeries(
  series: readonly LoadedSeries[],
  stepMs: number,
): readonly ConvertedSample[] {
  const gathered = new Map<string, Gathered>()
  for (const { labels, values } of series) {
    const [, name = '', suffix = ''] =
      /^(.*)_(bucket|count|sum)$/.exec(labels.get('__name__')) ?? []
    const bound = suffix === 'bucket' ? parseGoFloat(labels.get('le')) : 0
    if (suffix === '' || bound === undefined || Number.isNaN(bound)) continue
    const others = [...labels.entries()].filter(([label]) => label !== 'le')
    const base = Labels.of([...others, ['__name__', name]])
    for (const [index, value] of values.entries()) {
      if (value.kind !== 'float') continue
      const timeMs = index * stepMs
      const key = `${base.key()} ${timeMs}`
      const one = gathered.get(key) ?? {
        labels: base,
        timeMs,
        counts: new Map(),
        count: undefined,
        sum: 0,
      }
      gathered.set(key, one)
      if (suffix === 'bucket') one.counts.set(bound, value.value)
      else if (suffix === 'count') one.count = value.value
      else one.sum = value.value
    }
  }
  return [...gathered.values()].sort((one, other) => one.timeMs - other.timeMs).map(converted)
}

function converted({ labels, timeMs, counts, count, sum }: Gathered): ConvertedSample {
  const buckets = [...counts].sort(([one], [other]) => one - other)
  const total = count ?? buckets.at(-1)?.[1] ?? 0
  if (buckets.at(-1)?.[0] !== Number.POSITIVE_INFINITY) {
    buckets.push([Number.POSITIVE_INFINITY, total])
  }
  if (buckets.at(-1)?.[1] !== total) throw new Error(`count of ${labels.key()} at ${timeMs}`)
  const histogram = new NativeHistogram()
  histogram.isFloat = true
  histogram.schema = customBucketsSchema
  histogram.count = total
  histogram.sum[0] = sum
  histogram.customBounds = Float64Array.from(buckets.slice(0, -1), ([bound]) => bound)
  histogram.customBoundCount = buckets.length - 1
  histogram.setPositiveSpans(Int32Array.of(0, buckets.length), 1)
  histogram.reserveBuckets(buckets.length, 0)
  histogram.positiveBucketCount = buckets.length
  for (const [index, [, cumulative]] of buckets.entries()) {
    const before = buckets[index - 1]?.[1] ?? 0
    if (cumulative < before) throw new Error(`${labels.key()} is not cumulative at ${timeMs}`)
    histogram.positiveBuckets[index] = cumulative - before
  }
  compactHistogram(histogram)
  return { labels, timeMs, histogram }
}
