import protobuf from 'protobufjs/minimal.js'
import snappy from 'snappyjs'
import type { NativeHistogram } from '../../src/model/histogram.ts'

type Writer = protobuf.Writer

/** A series of a request: its labels in order, its histograms with their times. */
export interface WrittenHistograms {
  readonly labels: readonly (readonly [string, string])[]
  readonly histograms: readonly (readonly [timestampMs: number, histogram: NativeHistogram])[]
}

/** A remote-write version 1 body with native histograms as Prometheus makes it. */
export function histogramBody(series: Iterable<WrittenHistograms>): Uint8Array {
  const writer = protobuf.Writer.create()
  for (const { labels, histograms } of series) {
    writer.uint32(10).fork()
    for (const [name, value] of labels) {
      writer.uint32(10).fork().uint32(10).string(name).uint32(18).string(value).ldelim()
    }
    for (const [timestampMs, histogram] of histograms) {
      writer.uint32(34).fork()
      writeHistogram(writer, timestampMs, histogram)
      writer.ldelim()
    }
    writer.ldelim()
  }
  return new Uint8Array(snappy.compress(writer.finish()))
}

/** The message of one histogram. */
export function writeHistogram(writer: Writer, timestampMs: number, h: NativeHistogram): void {
  if (h.isFloat) writer.uint32(17).double(h.count)
  else writer.uint32(8).uint64(h.count)
  // The bits of the sum, which may be a stale marker's.
  writer
    .uint32(25)
    .fixed32(h.sumHalves[0] ?? 0)
    .fixed32(h.sumHalves[1] ?? 0)
  writer.uint32(32).sint32(h.schema).uint32(41).double(h.zeroThreshold)
  if (h.isFloat) writer.uint32(57).double(h.zeroCount)
  else writer.uint32(48).uint64(h.zeroCount)
  writeSpans(writer, 66, h.negativeSpans, h.negativeSpanCount)
  const negative = h.negativeBuckets.subarray(0, h.negativeBucketCount)
  writeBuckets(writer, h.isFloat, 74, negative)
  writeSpans(writer, 90, h.positiveSpans, h.positiveSpanCount)
  const positive = h.positiveBuckets.subarray(0, h.positiveBucketCount)
  writeBuckets(writer, h.isFloat, 98, positive)
  writer.uint32(112).int32(h.hint).uint32(120).int64(timestampMs)
  if (h.customBoundCount === 0) return
  writer.uint32(130).fork()
  for (const bound of h.customBounds.subarray(0, h.customBoundCount)) writer.double(bound)
  writer.ldelim()
}

function writeSpans(writer: Writer, tag: number, spans: Int32Array, count: number): void {
  for (let span = 0; span < count; span++) {
    writer.uint32(tag).fork()
    writer.uint32(8).sint32(spans[span * 2] ?? 0)
    writer.uint32(16).uint32(spans[span * 2 + 1] ?? 0)
    writer.ldelim()
  }
}

/** Distances of integers under `tag`, floats under the next field. */
function writeBuckets(writer: Writer, isFloat: boolean, tag: number, counts: Float64Array): void {
  if (counts.length === 0) return
  writer.uint32(isFloat ? tag + 8 : tag).fork()
  let before = 0
  for (const count of counts) {
    if (isFloat) writer.double(count)
    else writer.sint64(count - before)
    before = count
  }
  writer.ldelim()
}
