import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import protobuf from 'protobufjs/minimal.js'
import { describe, expect, it } from 'vitest'
import { NarthexError } from '../../src/base/errors.ts'
import { limits } from '../../src/base/limits.ts'
import { snappyTwin } from '../../src/kernels/snappy-twin.ts'
import { halvesOf, isStaleAt, writeStaleAt } from '../../src/model/stale-nan.ts'
import {
  decodeLabels,
  type WriteRequestColumns,
  WriteRequestDecoder,
} from '../../src/wire/write-request.ts'
import { remoteWriteBody, type WrittenSeries } from '../support/remote-write-body.ts'

function plainBody(series: readonly WrittenSeries[]): Uint8Array {
  return snappyTwin.uncompress(remoteWriteBody(series), limits.httpRemoteWriteBytesMax)
}

const one: WrittenSeries = {
  labels: [
    ['__name__', 'm'],
    ['a', 'b'],
  ],
  timestampsMs: [1_700_000_000_000],
  values: Float64Array.of(1.5),
}

/** Used again by most tests, as the receiver does. */
const decoder = new WriteRequestDecoder()

/** The request as objects, stale markers by name. */
function decoded(body: Uint8Array): readonly object[] {
  const columns = decoder.decode(body)
  return Array.from({ length: columns.seriesCount }, (_, series) => ({
    labels: decodeLabels(body, columns.labelStart[series] ?? 0, columns.labelEnd[series] ?? 0),
    samples: samplesOf(columns, series),
  }))
}

function samplesOf(columns: WriteRequestColumns, series: number): readonly object[] {
  const halves = halvesOf(columns.values)
  return Array.from({ length: columns.sampleCount }, (_, sample) => sample)
    .filter((sample) => columns.series[sample] === series)
    .map((sample) => ({
      value: isStaleAt(halves, sample) ? 'stale' : recorded(columns.values[sample] ?? 0),
      timestamp_ms: columns.timestampsMs[sample],
    }))
}

/** As the recorded requests spell it. */
function recorded(value: number): number | string {
  if (Number.isFinite(value)) return value
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'
}

/** The message of the one kind of error that a body may cause. */
function refusal(body: Uint8Array): string {
  try {
    decoder.decode(body)
  } catch (thrown) {
    if (thrown instanceof NarthexError) return `${thrown.code}: ${thrown.message}`
    throw thrown
  }
  return 'taken'
}

/** Six bytes, the usual length, and those beside it come as often as all others. */
const anyTimestampMs = fc.oneof(
  fc.maxSafeInteger(),
  fc.integer({ min: 0, max: 48 }).map((power) => 2 ** power - 1),
  fc
    .integer({ min: 33, max: 43 })
    .chain((power) => fc.integer({ min: 0, max: 1 }).map((more) => 2 ** power - more)),
  fc.maxSafeNat().map((any) => 2 ** 35 + (any % (2 ** 42 - 2 ** 35))),
)

describe('decoding a write request', () => {
  it('gives columns, with the labels left in the body', () => {
    expect(decoded(plainBody([one, { ...one, labels: [] }]))).toEqual([
      {
        labels: [
          ['__name__', 'm'],
          ['a', 'b'],
        ],
        samples: [{ value: 1.5, timestamp_ms: 1_700_000_000_000 }],
      },
      { labels: [], samples: [{ value: 1.5, timestamp_ms: 1_700_000_000_000 }] },
    ])
  })

  it('keeps every timestamp within 2^53 and every bit of every value', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(anyTimestampMs, fc.double()), { minLength: 1, maxLength: 50 }),
        (samples) => {
          const timestampsMs = samples.map(([timestampMs]) => timestampMs)
          const values = Float64Array.from(samples, ([, value]) => value)
          const columns = decoder.decode(plainBody([{ ...one, timestampsMs, values }]))
          expect([...columns.timestampsMs.subarray(0, samples.length)]).toEqual(timestampsMs)
          expect(halvesOf(columns.values).subarray(0, samples.length * 2)).toEqual(halvesOf(values))
        },
      ),
    )
  })

  it('keeps stale markers, 100,000 of them', () => {
    const count = 100_000
    const values = new Float64Array(count)
    const halves = halvesOf(values)
    for (let index = 0; index < count; index++) writeStaleAt(halves, index)
    const writer = protobuf.Writer.create().uint32(10).fork()
    for (let index = 0; index < count; index++) {
      writer.uint32(18).fork().uint32(9)
      writer.fixed32(halves[index * 2] ?? 0).fixed32(halves[index * 2 + 1] ?? 0)
      writer.uint32(16).int64(index).ldelim()
    }
    const columns = new WriteRequestDecoder().decode(writer.ldelim().finish())
    expect(columns.sampleCount).toBe(count)
    expect(halvesOf(columns.values).subarray(0, count * 2)).toEqual(halves)
  })

  it.each([
    [[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], -1],
    [[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01], -(2 ** 63)],
    [[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], 2 ** 63],
    [[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f], 2 ** 53 - 1],
    [[0x01], 1],
  ])('the timestamp %j is %d', (bytes, timestampMs) => {
    const sample = [0x12, bytes.length + 1, 0x10, ...bytes]
    const columns = new WriteRequestDecoder().decode(
      Uint8Array.from([0x0a, sample.length, ...sample]),
    )
    expect(columns.timestampsMs[0]).toBe(timestampMs)
  })

  it('a field that is absent is zero', () => {
    expect(decoded(Uint8Array.from([0x0a, 2, 0x12, 0]))).toEqual([
      { labels: [], samples: [{ value: 0, timestamp_ms: 0 }] },
    ])
  })

  it('unknown fields are passed over, wherever they stand', () => {
    const body = plainBody([one])
    const unknown = [0xfa, 0x01, 2, 1, 2, 0x7d, 1, 2, 3, 4]
    expect(decoded(Uint8Array.from([...unknown, ...body, ...unknown]))).toEqual(decoded(body))
  })

  it('counts histograms and does not mistake exemplars for anything', () => {
    const series = [0x22, 0, 0x22, 2, 8, 1, 0x1a, 2, 8, 1]
    const columns = new WriteRequestDecoder().decode(
      Uint8Array.from([0x0a, series.length, ...series]),
    )
    expect([columns.seriesCount, columns.sampleCount, columns.histograms.count]).toEqual([1, 0, 2])
  })

  it('a decoder that is used again forgets the request before', () => {
    decoder.decode(plainBody([one, one, one]))
    const { seriesCount, sampleCount, histograms, metadata } = decoder.decode(new Uint8Array(0))
    expect([seriesCount, sampleCount, histograms.count, metadata]).toEqual([0, 0, 0, []])
  })

  it('a byte order mark is a character of a label', () => {
    const body = plainBody([{ ...one, labels: [['__name__', '\ufeffm']] }])
    expect(decoded(body)).toMatchObject([{ labels: [['__name__', '\ufeffm']] }])
  })

  it('labels that are not UTF-8 are none', () => {
    const label = [0x0a, 1, 0x61, 0x12, 1, 0xff]
    const body = Uint8Array.from([0x0a, label.length, ...label])
    expect(decodeLabels(body, 0, body.length)).toBeUndefined()
  })
})

describe('a body that is no write request', () => {
  it('cut off at any byte is refused, or is a shorter request', () => {
    const body = plainBody([one, { ...one, labels: [['__name__', 'x'.repeat(200)]] }])
    const whole = decoded(body)
    for (let length = 0; length < body.length; length++) {
      const answer = refusal(body.subarray(0, length))
      expect(answer).toMatch(/^(taken|BODY_INVALID: )/)
      if (answer === 'taken') {
        const found = decoded(body.subarray(0, length))
        expect(found).toEqual(whole.slice(0, found.length))
      }
    }
  })

  it('with any byte changed is refused with that one kind of error, or taken', () => {
    const body = plainBody(Array.from({ length: 10 }, () => one))
    fc.assert(
      fc.property(fc.nat(body.length - 1), fc.nat(255), (place, byte) => {
        const changed = body.slice()
        changed[place] = byte
        expect(refusal(changed)).toMatch(/^(taken|BODY_INVALID: |BODY_TOO_LARGE: )/)
      }),
      { numRuns: 2_000 },
    )
  })

  it('of random bytes is refused with that one kind of error, or taken', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (body) => {
        expect(refusal(body)).toMatch(/^(taken|BODY_INVALID: )/)
      }),
      { numRuns: 2_000 },
    )
  })

  it.each([
    ['a known field of another type', [0x08, 1], 'field 1 has wire type 0'],
    ['a field of number 0', [0x00, 1], 'field 0 has wire type 0'],
    ['a length of 4 GiB', [0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f], 'unexpected EOF'],
    ['a sample past its series', [0x0a, 4, 0x12, 20, 0, 0], 'unexpected EOF'],
    ['labels apart', [0x0a, 6, 0x0a, 0, 0x12, 0, 0x0a, 0], 'do not stand together'],
    [
      'eleven bytes of a timestamp',
      [0x0a, 14, 0x12, 12, 0x10, ...Array(11).fill(0xff)],
      'ten bytes',
    ],
  ])('%s is refused', (_what, bytes, words) => {
    expect(refusal(Uint8Array.from(bytes))).toContain(words)
  })

  it('of groups in groups without end is refused', () => {
    expect(refusal(new Uint8Array(4 << 20).fill(0x53))).toMatch(/^BODY_INVALID: /)
  })

  it('of two million empty series is refused at the limit, in little time and memory', () => {
    const body = new Uint8Array(4_000_000)
    for (let index = 0; index < body.length; index += 2) body[index] = 0x0a
    const before = process.memoryUsage().rss
    const startedMs = performance.now()
    expect(refusal(body)).toBe(
      `BODY_TOO_LARGE: write request of more than ${limits.remoteWriteSeriesMax} series`,
    )
    expect(performance.now() - startedMs).toBeLessThan(1_000)
    expect(process.memoryUsage().rss - before).toBeLessThan(128 << 20)
  })

  it('of too many samples is refused at the limit', () => {
    const samples = 2 * (limits.remoteWriteSamplesMax + 1)
    const writer = protobuf.Writer.create().uint32(10)
    const body = new Uint8Array(samples + 10)
    const head = writer.uint32(samples).finish()
    body.set(head)
    for (let index = head.length; index < head.length + samples; index += 2) body[index] = 0x12
    expect(refusal(body.subarray(0, head.length + samples))).toBe(
      `BODY_TOO_LARGE: write request of more than ${limits.remoteWriteSamplesMax} samples`,
    )
  })
})

interface RecordedCase {
  readonly name: string
  readonly body_file: string
  readonly decoded: {
    readonly timeseries: readonly {
      readonly labels: readonly (readonly [string, string])[]
      readonly samples?: readonly object[]
      readonly histograms?: readonly object[]
    }[]
    readonly metadata: readonly {
      readonly type: number
      readonly family: string
      readonly help?: string
      readonly unit?: string
    }[]
  }
}

const folder = join(process.env.NARTHEX_CONFORMANCE ?? '', 'remote')
const isPresent = process.env.NARTHEX_CONFORMANCE !== undefined && existsSync(folder)
if (!isPresent) console.warn('SKIPPED: no NARTHEX_CONFORMANCE, so without recorded write requests')
const cases: readonly RecordedCase[] = isPresent
  ? JSON.parse(readFileSync(join(folder, 'write-v1.json'), 'utf8')).cases
  : []

describe.skipIf(!isPresent)('requests that the real server sent', () => {
  it.each(cases)('$name', ({ body_file, decoded: expected }) => {
    const file = readFileSync(join(folder, body_file))
    const body = snappyTwin.uncompress(file, limits.httpRemoteWriteBytesMax)
    expect(decoded(body)).toEqual(
      expected.timeseries.map(({ labels, samples = [] }) => ({ labels, samples })),
    )
    const { metadata, histograms } = new WriteRequestDecoder().decode(body)
    expect(metadata).toEqual(expected.metadata.map((one) => ({ help: '', unit: '', ...one })))
    expect(histograms.count).toBe(
      expected.timeseries.reduce((sum, { histograms = [] }) => sum + histograms.length, 0),
    )
  })
})
