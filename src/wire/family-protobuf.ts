import type { NativeHistogram } from '../model/histogram.ts'
import type { EscapingScheme } from '../model/name-escaping.ts'
import { escapedFamilyName } from './family-text.ts'
import type {
  ExposedHistogram,
  ExposedMetric,
  ExposedSummary,
  FamilyType,
  MetricFamily,
} from './metric-family.ts'
import type { ProtoWriter } from './proto-writer.ts'

/** By the numbers of io.prometheus.client.MetricType. */
const typeNumbers: Readonly<Record<FamilyType, number>> = {
  counter: 0,
  gauge: 1,
  summary: 2,
  untyped: 3,
  histogram: 4,
  'gauge-histogram': 5,
}

/** Fields of io.prometheus.client.Metric that hold a plain value. */
const valueFields: Readonly<Partial<Record<FamilyType, number>>> = {
  gauge: 2,
  counter: 3,
  untyped: 5,
}

/** Begins a family, with its length before it; answers what endFamily() wants. */
export function beginFamily(
  out: ProtoWriter,
  { name, help, type }: Omit<MetricFamily, 'metrics'>,
  escaping: EscapingScheme,
): number {
  const start = out.beginLength()
  out.text(1, escapedFamilyName(name, escaping))
  if (help !== undefined) out.text(2, help)
  out.number(3, typeNumbers[type])
  return start
}

export function writeFamily(
  out: ProtoWriter,
  family: MetricFamily,
  escaping: EscapingScheme,
): void {
  const start = beginFamily(out, family, escaping)
  for (const metric of family.metrics) writeMetric(out, family.type, metric, escaping)
  out.end(start)
}

export function writeMetric(
  out: ProtoWriter,
  type: FamilyType,
  metric: ExposedMetric,
  escaping: EscapingScheme,
): void {
  const start = out.begin(4)
  for (const [name, value] of metric.labels) {
    const label = out.begin(1)
    out.text(1, escapedFamilyName(name, escaping))
    out.text(2, value)
    out.end(label)
  }
  const valueField = valueFields[type]
  if (valueField !== undefined) {
    const value = out.begin(valueField)
    out.double(1, metric.value ?? 0)
    out.end(value)
  }
  if (metric.summary !== undefined) writeSummary(out, metric.summary)
  if (metric.native !== undefined) writeNative(out, metric.native)
  else if (metric.histogram !== undefined) writeHistogram(out, metric.histogram)
  if (metric.timestampMs !== undefined) out.number(6, metric.timestampMs)
  out.end(start)
}

function writeSummary(out: ProtoWriter, { count, sum, quantiles }: ExposedSummary): void {
  const start = out.begin(4)
  out.number(1, count)
  out.double(2, sum)
  for (const [quantile, value] of quantiles) {
    const entry = out.begin(3)
    out.double(1, quantile)
    out.double(2, value)
    out.end(entry)
  }
  out.end(start)
}

function writeHistogram(out: ProtoWriter, histogram: ExposedHistogram): void {
  const { count, sum, isFloat, buckets } = histogram
  const start = out.begin(7)
  if (!isFloat) out.number(1, count)
  out.double(2, sum)
  for (const [upperBound, cumulativeCount] of buckets) {
    const bucket = out.begin(3)
    if (!isFloat) out.number(1, cumulativeCount)
    out.double(2, upperBound)
    if (isFloat) out.double(4, cumulativeCount)
    out.end(bucket)
  }
  if (isFloat) out.double(4, count)
  out.end(start)
}

/** As one of floats, whatever it was: that is how upstream federates them. */
function writeNative(out: ProtoWriter, histogram: NativeHistogram): void {
  const start = out.begin(7)
  out.varint(2 * 8 + 1)
  out.doubleBits(histogram.sumHalves, 0)
  out.double(4, histogram.count)
  out.signed(5, histogram.schema)
  out.double(6, histogram.zeroThreshold)
  out.double(8, histogram.zeroCount)
  writeSpans(out, 9, histogram.negativeSpans, histogram.negativeSpanCount)
  writeCounts(out, 11, histogram.negativeBuckets, histogram.negativeBucketCount)
  writeSpans(out, 12, histogram.positiveSpans, histogram.positiveSpanCount)
  writeCounts(out, 14, histogram.positiveBuckets, histogram.positiveBucketCount)
  out.end(start)
}

function writeSpans(out: ProtoWriter, field: number, spans: Int32Array, count: number): void {
  for (let span = 0; span < count; span++) {
    const start = out.begin(field)
    out.signed(1, spans[span * 2] ?? 0)
    out.number(2, spans[span * 2 + 1] ?? 0)
    out.end(start)
  }
}

/** One by one: upstream's message has them unpacked. */
function writeCounts(out: ProtoWriter, field: number, counts: Float64Array, count: number): void {
  for (let bucket = 0; bucket < count; bucket++) out.double(field, counts[bucket] ?? 0)
}
