import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { silentLogger } from '../../../src/base/logger.ts'
import { MetricsRegistry } from '../../../src/base/self-metrics.ts'
import { GrowingColumns } from '../../../src/model/growing-columns.ts'
import { NativeHistogram } from '../../../src/model/histogram.ts'
import { Matcher } from '../../../src/model/matcher.ts'
import { SpanCursor } from '../../../src/model/span-cursor.ts'
import { halvesOf, isStaleAt } from '../../../src/model/stale-nan.ts'
import { WriteReceiver } from '../../../src/remote/write-receiver.ts'
import type { Querier } from '../../../src/storage/querier.ts'
import { Database } from '../../../src/tsdb/db.ts'
import { SimClock } from '../../sim/sim-clock.ts'
import { SimFileSystem } from '../../sim/sim-file-system.ts'
import { allTime, localQuerier, readerOf } from '../../support/local-querier.ts'
import type { CaseResult } from '../area.ts'
import { caseFile, caseName, difference } from '../case-file.ts'

interface WriteCase {
  readonly name: string
  readonly body_file: string
  readonly headers: Readonly<Record<string, string>>
  readonly decoded: {
    readonly timeseries: readonly SeriesData[]
    readonly metadata?: readonly MetadataData[]
  }
}

interface SeriesData {
  readonly labels: readonly (readonly [string, string])[]
  readonly samples?: readonly SampleData[]
  readonly histograms?: readonly HistogramData[]
  readonly exemplars?: readonly unknown[]
}

interface SampleData {
  readonly value: number | string
  readonly timestamp_ms: number
}

interface HistogramData {
  readonly count_int: number
  readonly sum: number
  readonly schema: number
  readonly zero_threshold: number
  readonly zero_count_int: number
  readonly negative_spans?: readonly SpanData[]
  readonly negative_deltas?: readonly number[]
  readonly positive_spans?: readonly SpanData[]
  readonly positive_deltas?: readonly number[]
  readonly timestamp_ms: number
}

interface SpanData {
  readonly offset?: number
  readonly length?: number
}

interface MetadataData {
  readonly family: string
  readonly help?: string
}

/** Bodies of a real server, written to a database of ours and read from there. */
export async function remoteWrites(directory: string): Promise<readonly CaseResult[]> {
  const file = 'write-v1.json'
  const { cases } = caseFile<WriteCase>(directory, file)
  const results: CaseResult[] = []
  for (const [index, one] of cases.entries()) {
    const detail = await faultOf(directory, one)
    const name = caseName(file, index, one.name)
    results.push({ name, passed: detail === undefined, detail: detail ?? '' })
  }
  return results
}

async function faultOf(directory: string, one: WriteCase): Promise<string | undefined> {
  const { timeseries, metadata = [] } = one.decoded
  const times = timeseries.flatMap(({ samples = [], histograms = [] }) =>
    [...samples, ...histograms].map(({ timestamp_ms: timestampMs }) => timestampMs),
  )
  const fileSystem = new SimFileSystem()
  fileSystem.makeDirectory('/data')
  const database = await Database.open({
    directory: '/data',
    fileSystem,
    clock: new SimClock(Math.max(0, ...times)),
    logger: silentLogger,
    lock: async () => ({ release: () => undefined }),
    exemplarsMax: 1_000,
  })
  const receiver = new WriteReceiver({
    appendable: database,
    logger: silentLogger,
    metrics: new MetricsRegistry(),
  })
  try {
    const { status, text } = await receiver.receive(readFileSync(join(directory, one.body_file)), {
      contentType: one.headers['content-type'] ?? '',
      contentEncoding: one.headers['content-encoding'] ?? '',
    })
    if (status !== 204) return `answered ${status}: ${text}`
    const kept = new Map<string, string>()
    receiver.eachMetadata((family, { help }) => {
      kept.set(family, help)
      return true
    })
    const lacking = metadata.find(({ family, help = '' }) => kept.get(family) !== help)
    if (lacking !== undefined) return `metadata of ${lacking.family} is ${kept.get(lacking.family)}`
    const exemplars = timeseries.flatMap((series) => series.exemplars ?? []).length
    const stored = difference(database.stats().exemplars.stored, exemplars)
    if (stored !== undefined) return `exemplars: ${stored}`
    const querier = localQuerier(database, readerOf(database, fileSystem))
    for (const series of byLabels(timeseries)) {
      const detail = await faultOfSeries(querier, series)
      if (detail !== undefined) return `${JSON.stringify(series.labels)}: ${detail}`
    }
    querier.close()
    return undefined
  } finally {
    await database.close()
  }
}

/** A body may have a series several times. */
function byLabels(all: readonly SeriesData[]): Iterable<SeriesData> {
  const found = new Map<string, SeriesData>()
  for (const { labels, samples = [], histograms = [] } of all) {
    const key = JSON.stringify(labels)
    const before = found.get(key)
    found.set(key, {
      labels,
      samples: [...(before?.samples ?? []), ...samples],
      histograms: [...(before?.histograms ?? []), ...histograms],
    })
  }
  return found.values()
}

async function faultOfSeries(
  querier: Querier,
  { labels, samples = [], histograms = [] }: SeriesData,
): Promise<string | undefined> {
  if (samples.length + histograms.length === 0) return undefined
  const matchers = labels.map(([name, value]) => new Matcher('=', name, value))
  const set = await querier.select({ matchers, ...allTime, sorted: true })
  // Others may have more labels.
  const series = [...Array(set.seriesCount).keys()].find(
    (one) =>
      (set.labels.offsets[one + 1] ?? 0) - (set.labels.offsets[one] ?? 0) === labels.length * 2,
  )
  if (series === undefined) return 'is not there'
  const columns = new GrowingColumns(16)
  const count = set.readFloats(series, allTime.minTimeMs, allTime.maxTimeMs, columns)
  const halves = halvesOf(columns.values)
  const found = [...columns.timestampsMs.subarray(0, count)].map((timestampMs, index) => ({
    value: isStaleAt(halves, index) ? 'stale' : valueText(columns.values[index] ?? 0),
    timestamp_ms: timestampMs,
  }))
  const floats = difference(
    found,
    samples.map(({ value, timestamp_ms }) => ({ value: String(value), timestamp_ms })),
  )
  if (floats !== undefined) return floats
  const cursor = set.readHistograms(series, allTime.minTimeMs, allTime.maxTimeMs)
  const histogram = new NativeHistogram()
  const read: unknown[] = []
  while (cursor.next()) {
    cursor.fill(histogram)
    read.push(plainOf(histogram, cursor.timestampMs))
  }
  return difference(read, histograms.map(expectedHistogram))
}

function valueText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf'
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value)
}

function plainOf(histogram: NativeHistogram, timestampMs: number): object {
  const spans = (all: Int32Array, count: number) => [...all.subarray(0, count * 2)]
  return {
    timestampMs,
    count: histogram.count,
    sum: histogram.sum[0],
    schema: histogram.schema,
    zero: [histogram.zeroThreshold, histogram.zeroCount],
    positive: filled(spans(histogram.positiveSpans, histogram.positiveSpanCount), [
      ...histogram.positiveBuckets.subarray(0, histogram.positiveBucketCount),
    ]),
    negative: filled(spans(histogram.negativeSpans, histogram.negativeSpanCount), [
      ...histogram.negativeBuckets.subarray(0, histogram.negativeBucketCount),
    ]),
  }
}

/** Place and count of each bucket that has one: a chunk has the buckets of all its histograms. */
function filled(spans: readonly number[], counts: readonly number[]): readonly string[] {
  const cursor = new SpanCursor()
  cursor.begin(Int32Array.from(spans), spans.length / 2)
  const found: string[] = []
  for (; cursor.valid; cursor.next()) {
    const count = counts[cursor.index] ?? 0
    if (count !== 0) found.push(`${cursor.place}: ${count}`)
  }
  return found
}

function expectedHistogram(data: HistogramData): object {
  const spans = (all: readonly SpanData[] = []) =>
    all.flatMap(({ offset = 0, length = 0 }) => [offset, length])
  const counts = (deltas: readonly number[] = []) => {
    let count = 0
    return deltas.map((delta) => {
      count += delta
      return count
    })
  }
  return {
    timestampMs: data.timestamp_ms,
    count: data.count_int,
    sum: data.sum,
    schema: data.schema,
    zero: [data.zero_threshold, data.zero_count_int],
    positive: filled(spans(data.positive_spans), counts(data.positive_deltas)),
    negative: filled(spans(data.negative_spans), counts(data.negative_deltas)),
  }
}
