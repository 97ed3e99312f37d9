import type { NativeHistogram } from '../model/histogram.ts'
import type { ProtoWriter } from './proto-writer.ts'

/** Label pairs as prompb.Label messages in field 1, which series of every kind have. */
export function writeLabels(
  out: ProtoWriter,
  labels: Iterable<readonly [name: string, value: string]>,
): void {
  for (const [name, value] of labels) {
    const start = out.begin(1)
    if (name !== '') out.text(1, name)
    if (value !== '') out.text(2, value)
    out.end(start)
  }
}

/** A prompb.Sample in a field; the value is element `index` of the halves. As Go, without zeros. */
export function writeSample(
  out: ProtoWriter,
  field: number,
  timestampMs: number,
  halves: Uint32Array,
  index: number,
): void {
  const start = out.begin(field)
  // Minus zero is 0 to Go, too.
  const isZero = halves[index * 2] === 0 && ((halves[index * 2 + 1] ?? 0) & 0x7fffffff) === 0
  if (!isZero) {
    out.varint(1 * 8 + 1)
    out.doubleBits(halves, index)
  }
  if (timestampMs !== 0) out.number(2, timestampMs)
  out.end(start)
}

/** A prompb.Histogram in a field. */
export function writeHistogramMessage(
  out: ProtoWriter,
  field: number,
  timestampMs: number,
  histogram: NativeHistogram,
): void {
  const { isFloat } = histogram
  const start = out.begin(field)
  if (isFloat) out.double(2, histogram.count)
  else out.number(1, histogram.count)
  out.varint(3 * 8 + 1)
  out.doubleBits(histogram.sumHalves, 0)
  out.signed(4, histogram.schema)
  out.double(5, histogram.zeroThreshold)
  if (isFloat) out.double(7, histogram.zeroCount)
  else out.number(6, histogram.zeroCount)
  const { positiveBuckets, positiveBucketCount, negativeBuckets, negativeBucketCount } = histogram
  writeSpans(out, 8, histogram.negativeSpans, histogram.negativeSpanCount)
  if (isFloat) writeDoubles(out, 10, negativeBuckets, negativeBucketCount)
  else writeDeltas(out, 9, negativeBuckets, negativeBucketCount)
  writeSpans(out, 11, histogram.positiveSpans, histogram.positiveSpanCount)
  if (isFloat) writeDoubles(out, 13, positiveBuckets, positiveBucketCount)
  else writeDeltas(out, 12, positiveBuckets, positiveBucketCount)
  out.number(14, histogram.hint)
  out.number(15, timestampMs)
  writeDoubles(out, 16, histogram.customBounds, histogram.customBoundCount)
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

function writeDoubles(out: ProtoWriter, field: number, column: Float64Array, count: number): void {
  if (count === 0) return
  const start = out.begin(field)
  for (let index = 0; index < count; index++) out.float64(column[index] ?? 0)
  out.end(start)
}

/** The distance of each count from the one before. */
function writeDeltas(out: ProtoWriter, field: number, counts: Float64Array, count: number): void {
  if (count === 0) return
  const start = out.begin(field)
  let before = 0
  for (let index = 0; index < count; index++) {
    const here = counts[index] ?? 0
    out.zigzag(here - before)
    before = here
  }
  out.end(start)
}
