import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import protobuf from 'protobufjs/minimal.js'
import { describe, expect, it } from 'vitest'
import { limits } from '../../src/base/limits.ts'
import { snappyTwin } from '../../src/kernels/snappy-twin.ts'
import { NativeHistogram } from '../../src/model/histogram.ts'
import { equalHistograms } from '../../src/model/histogram-equality.ts'
import { WriteRequestDecoder } from '../../src/wire/write-request.ts'
import { WrittenHistogramDecoder } from '../../src/wire/written-histogram.ts'
import { writeHistogram } from '../support/written-histogram.ts'
import { Random } from '../tsdb/chunk/chunk-series.ts'
import { RandomHistograms } from '../tsdb/head/random-histograms.ts'

const decoder = new WrittenHistogramDecoder()
const into = new NativeHistogram()

function decode(bytes: Uint8Array): number {
  return decoder.decode(bytes, 0, bytes.length, into)
}

function bytesOf(build: (writer: protobuf.Writer) => void): Uint8Array {
  const writer = protobuf.Writer.create()
  build(writer)
  return writer.finish()
}

describe('a written histogram', () => {
  it('is decoded as it was, in place of the one before', () => {
    const random = new Random(5)
    for (let series = 0; series < 40; series++) {
      const source = new RandomHistograms(random)
      for (let index = 0; index < 40; index++) {
        const histogram = source.next()
        const timestampMs = 1_700_000_000_000 + index
        expect(decode(bytesOf((writer) => writeHistogram(writer, timestampMs, histogram)))).toBe(
          timestampMs,
        )
        expect(equalHistograms(into, histogram)).toBe(true)
        expect(into.hint).toBe(histogram.hint)
      }
    }
  })

  it.each([false, true])('may have many buckets and spans, of floats: %s', (isFloat) => {
    // A decoder of its own: its columns are small at first.
    const fresh = new WrittenHistogramDecoder()
    const histogram = new NativeHistogram()
    histogram.isFloat = isFloat
    const spans = Int32Array.from({ length: 600 }, (_, index) => (index % 2) + 1)
    histogram.setPositiveSpans(spans, 300)
    histogram.positiveBucketCount = 600
    histogram.reserveBuckets(600, 0)
    for (let bucket = 0; bucket < 600; bucket++) {
      histogram.positiveBuckets[bucket] = (bucket * 7) % 11
      histogram.count += (bucket * 7) % 11
    }
    const bytes = bytesOf((writer) => writeHistogram(writer, 1, histogram))
    fresh.decode(bytes, 0, bytes.length, into)
    expect(equalHistograms(into, histogram)).toBe(true)
  })

  it('may have its numbers one by one, and counts up to 2^53', () => {
    const most = 2 ** 53 - 1
    const bytes = bytesOf((writer) => {
      writer.uint32(8).uint64(most).uint32(32).sint32(3)
      writer.uint32(90).fork().uint32(8).sint32(-4).uint32(16).uint32(2).ldelim()
      writer.uint32(96).sint64(most).uint32(96).sint64(-most)
    })
    decode(bytes)
    expect([into.count, into.schema, into.positiveBucketCount]).toEqual([most, 3, 2])
    expect([...into.positiveBuckets.subarray(0, 2)]).toEqual([most, 0])
    expect([...into.positiveSpans.subarray(0, 2)]).toEqual([-4, 2])
  })

  it.each<readonly [string, (writer: protobuf.Writer) => void, string]>([
    [
      'a field of another wire type',
      (w) => w.uint32(9).double(1),
      'protobuf: field 1 has wire type 1',
    ],
    [
      'packed numbers that go on behind their end',
      (w) => w.uint32(98).uint32(1).uint32(0x80).uint32(0),
      'protobuf: packed numbers are longer than they say',
    ],
    [
      'a bucket beyond 2^53',
      (w) =>
        w
          .uint32(96)
          .sint64(2 ** 53 - 1)
          .uint32(96)
          .sint64(2),
      'protobuf: a bucket counts beyond 2^53',
    ],
    ['a double cut short', (w) => w.uint32(25).fixed32(1), 'unexpected EOF'],
  ])('is refused where it has %s', (_what, build, message) => {
    expect(() => decode(bytesOf(build))).toThrow(message)
  })

  it('is refused where its count is beyond 2^53', () => {
    const bytes = Uint8Array.of(8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f)
    expect(() => decode(bytes)).toThrow('protobuf: a count beyond 2^53')
  })
})

interface RecordedHistogram {
  readonly count_int: number
  readonly sum: number | string
  readonly schema: number
  readonly zero_threshold: number
  readonly zero_count_int: number
  readonly negative_spans?: readonly { readonly offset: number; readonly length: number }[]
  readonly negative_deltas?: readonly number[]
  readonly positive_spans?: readonly { readonly offset: number; readonly length: number }[]
  readonly positive_deltas?: readonly number[]
  readonly timestamp_ms: number
}

interface RecordedCase {
  readonly name: string
  readonly body_file: string
  readonly decoded: {
    readonly timeseries: readonly { readonly histograms?: readonly RecordedHistogram[] }[]
  }
}

const folder = join(process.env.NARTHEX_CONFORMANCE ?? '', 'remote')
const isPresent = process.env.NARTHEX_CONFORMANCE !== undefined && existsSync(folder)
if (!isPresent) console.warn('SKIPPED: no NARTHEX_CONFORMANCE, so without recorded histograms')
const cases: readonly RecordedCase[] = isPresent
  ? JSON.parse(readFileSync(join(folder, 'write-v1.json'), 'utf8')).cases
  : []

function deltasOf(counts: Float64Array, count: number): readonly number[] {
  return Array.from(counts.subarray(0, count), (each, index) => each - (counts[index - 1] ?? 0))
}

function spansOf(spans: Int32Array, count: number): readonly object[] {
  return Array.from({ length: count }, (_, span) => ({
    offset: spans[span * 2],
    length: spans[span * 2 + 1],
  }))
}

describe.skipIf(!isPresent)('histograms that the real server sent', () => {
  it.each(cases)('$name', ({ body_file, decoded }) => {
    const file = readFileSync(join(folder, body_file))
    const body = snappyTwin.uncompress(file, limits.httpRemoteWriteBytesMax)
    const columns = new WriteRequestDecoder().decode(body)
    const found = Array.from({ length: columns.histograms.count }, (_, index) => {
      const [start, end] = [
        columns.histograms.start[index] ?? 0,
        columns.histograms.end[index] ?? 0,
      ]
      const timestamp_ms = decoder.decode(body, start, end, into)
      return {
        count_int: into.count,
        sum: String(into.sum[0]),
        schema: into.schema,
        zero_threshold: into.zeroThreshold,
        zero_count_int: into.zeroCount,
        negative_spans: spansOf(into.negativeSpans, into.negativeSpanCount),
        negative_deltas: deltasOf(into.negativeBuckets, into.negativeBucketCount),
        positive_spans: spansOf(into.positiveSpans, into.positiveSpanCount),
        positive_deltas: deltasOf(into.positiveBuckets, into.positiveBucketCount),
        timestamp_ms,
      }
    })
    const none = {
      negative_spans: [],
      negative_deltas: [],
      positive_spans: [],
      positive_deltas: [],
    }
    expect(found).toEqual(
      decoded.timeseries.flatMap(({ histograms = [] }) =>
        histograms.map((one) => ({ ...none, ...one, sum: String(one.sum) })),
      ),
    )
  })
})
