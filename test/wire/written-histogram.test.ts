import protobuf from 'protobufjs/minimal.js'
import { describe, expect, it } from 'vitest'
import { NativeHistogram } from '../../src/model/histogram.ts'
import { equalHistograms } from '../../src/model/histogram-equality.ts'
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
      'write request: field 1 has wire type 1',
    ],
    [
      'packed numbers that go on behind their end',
      (w) => w.uint32(98).uint32(1).uint32(0x80).uint32(0),
      'write request: packed numbers are longer than they say',
    ],
    [
      'a bucket beyond 2^53',
      (w) =>
        w
          .uint32(96)
          .sint64(2 ** 53 - 1)
          .uint32(96)
          .sint64(2),
      'write request: a bucket counts beyond 2^53',
    ],
    ['a double cut short', (w) => w.uint32(25).fixed32(1), 'histogram: '],
  ])('is refused where it has %s', (_what, build, message) => {
    expect(() => decode(bytesOf(build))).toThrow(message)
  })

  it('is refused where its count is beyond 2^53', () => {
    const bytes = Uint8Array.of(8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f)
    expect(() => decode(bytes)).toThrow('write request: a count beyond 2^53')
  })
})
