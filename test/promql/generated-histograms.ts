import { NativeHistogram, resetHint } from '../../src/model/histogram.ts'
import { writeStaleAt } from '../../src/model/stale-nan.ts'
import type { WrittenHistograms } from '../support/written-histogram.ts'
import { randoms } from './generated-storage.ts'

/** Samples of a generated series, 15 s apart. */
const samples = 160
const intervalMs = 15_000

/**
 * Native histograms over 40 minutes from `startMs` on: counters with resets, gaps and stale markers,
 * of which some change their resolution on the way; gauges of floats with negative buckets; custom
 * buckets that differ between jobs. In order of time within each series.
 */
export function generatedHistograms(seed: number, startMs: number): readonly WrittenHistograms[] {
  const random = randoms(seed)
  const next = (): number => random.next().value
  return ['api', 'db'].flatMap((job) =>
    ['a', 'b', 'c'].flatMap((instance) => [
      series('duration_seconds', { job, instance }, startMs, counter(next, instance === 'c')),
      series('load', { job, instance }, startMs, gauge(next)),
      series('size_bytes', { job, instance }, startMs, custom(next, job === 'api')),
    ]),
  )
}

type Step = (index: number) => NativeHistogram | undefined

function series(
  name: string,
  labels: Readonly<Record<string, string>>,
  startMs: number,
  step: Step,
): WrittenHistograms {
  const histograms: [number, NativeHistogram][] = []
  for (let index = 0; index < samples; index++) {
    const made = step(index)
    if (made !== undefined) histograms.push([startMs + index * intervalMs, made])
  }
  const all = Object.entries({ __name__: name, ...labels })
  return { labels: all.sort(([one], [other]) => (one < other ? -1 : 1)), histograms }
}

/**
 * What counters begin with. So much that a rate is never cut where the counter was zero: 3.14 does
 * so for histograms and 3.5 does not.
 */
const firstCount = 40

/** Integer counters whose buckets only grow, but for the restarts. */
function counter(next: () => number, changesSchema: boolean): Step {
  let counts = new Float64Array(8).fill(firstCount)
  let zeroCount = 0
  let sum = 0
  return (index) => {
    if (next() < 0.015) {
      counts = new Float64Array(8).fill(firstCount)
      zeroCount = 0
      sum = 0
    }
    zeroCount += next() < 0.3 ? 1 : 0
    for (let bucket = 0; bucket < counts.length; bucket++) {
      const more = next() < 0.5 ? Math.floor(next() * 6) : 0
      counts[bucket] = (counts[bucket] ?? 0) + more
      sum += more * (bucket + 0.25)
    }
    const place = next()
    if (place < 0.06) return undefined
    const histogram = new NativeHistogram()
    if (place < 0.08) return stale(histogram)
    histogram.schema = changesSchema && index > 90 ? 1 : 2
    histogram.zeroThreshold = 0.001
    histogram.zeroCount = zeroCount
    histogram.sum[0] = sum
    setBuckets(histogram, -3, counts)
    return histogram
  }
}

function gauge(next: () => number): Step {
  return () => {
    const place = next()
    if (place < 0.05) return undefined
    const histogram = new NativeHistogram()
    histogram.isFloat = true
    histogram.hint = resetHint.gauge
    histogram.schema = 0
    histogram.zeroThreshold = 0.5
    histogram.zeroCount = Math.round(next() * 40) / 8
    setBuckets(
      histogram,
      0,
      Float64Array.from({ length: 4 }, () => Math.round(next() * 80) / 8),
    )
    const negative = Float64Array.from({ length: 2 }, () => Math.round(next() * 40) / 8)
    histogram.setNegativeSpans(Int32Array.of(1, 2), 1)
    histogram.reserveBuckets(4, 2)
    histogram.negativeBuckets.set(negative)
    histogram.negativeBucketCount = 2
    histogram.count += (negative[0] ?? 0) + (negative[1] ?? 0)
    histogram.sum[0] = Math.round((next() - 0.3) * 1000) / 8
    return histogram
  }
}

function custom(next: () => number, isWide: boolean): Step {
  const bounds = isWide ? Float64Array.of(64, 256, 1024, 4096) : Float64Array.of(64, 256, 1024)
  let counts = new Float64Array(bounds.length + 1).fill(firstCount)
  let sum = 0
  return () => {
    if (next() < 0.015) {
      counts = new Float64Array(bounds.length + 1).fill(firstCount)
      sum = 0
    }
    for (let bucket = 0; bucket < counts.length; bucket++) {
      const more = Math.floor(next() * 4)
      counts[bucket] = (counts[bucket] ?? 0) + more
      sum += more * (32 << (bucket * 2))
    }
    if (next() < 0.05) return undefined
    const histogram = new NativeHistogram()
    histogram.schema = -53
    histogram.customBounds = bounds
    histogram.customBoundCount = bounds.length
    histogram.sum[0] = sum
    setBuckets(histogram, 0, counts)
    return histogram
  }
}

function setBuckets(histogram: NativeHistogram, offset: number, counts: Float64Array): void {
  histogram.setPositiveSpans(Int32Array.of(offset, counts.length), 1)
  histogram.reserveBuckets(counts.length, 0)
  histogram.positiveBuckets.set(counts)
  histogram.positiveBucketCount = counts.length
  histogram.count = counts.reduce((total, count) => total + count, histogram.zeroCount)
}

function stale(histogram: NativeHistogram): NativeHistogram {
  writeStaleAt(histogram.sumHalves, 0)
  return histogram
}
