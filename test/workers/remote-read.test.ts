import protobuf from 'protobufjs/minimal.js'
import { describe, expect, it, onTestFinished } from 'vitest'
import { crc32c } from '../../src/base/crc32c.ts'
import { createSnappyCodec } from '../../src/kernels/snappy.ts'
import { NativeHistogram } from '../../src/model/histogram.ts'
import { Labels } from '../../src/model/labels.ts'
import { Matcher } from '../../src/model/matcher.ts'
import { seriesId } from '../../src/model/samples.ts'
import { defaultEngineFlags } from '../../src/promql/engine-flags.ts'
import type { RemoteReadRequest } from '../../src/storage/query-runner.ts'
import { unstoppable } from '../../src/storage/unstoppable.ts'
import { FloatColumns } from '../../src/tsdb/chunk/float-columns.ts'
import { FloatChunkDecoder } from '../../src/tsdb/chunk/float-decode.ts'
import type { Database } from '../../src/tsdb/db.ts'
import { ProtoWriter } from '../../src/wire/proto-writer.ts'
import { answerRequest } from '../../src/workers/answer-request.ts'
import { allTime, localQuerier, readerOf } from '../support/local-querier.ts'
import { openDatabase } from '../support/open-database.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const startMs = Math.floor(Date.now() / 1000) * 1000 - 3_600_000

async function filled(samples: number): Promise<Database> {
  const database = await openDatabase(temporaryDirectory())
  onTestFinished(() => database.close())
  for (let at = 0; at < samples; at++) {
    const appender = database.appender()
    const id = appender.series(Labels.of({ __name__: 'm', a: 'b' }))
    const [ids, times] = [Uint32Array.of(id), Float64Array.of(startMs + at * 1_000)]
    appender.append(ids, times, Float64Array.of(at / 3), 1)
    appender.commit()
  }
  return database
}

function body(
  matchers: readonly (readonly [op: number, name: string, value: string])[],
  [fromMs, toMs]: readonly [number, number],
  types: readonly number[] = [],
  hints?: readonly [fromMs: number, toMs: number],
): Uint8Array {
  const out = new ProtoWriter()
  const query = out.begin(1)
  out.number(1, fromMs)
  out.number(2, toMs)
  for (const [op, name, value] of matchers) {
    const matcher = out.begin(3)
    out.number(1, op)
    out.text(2, name)
    out.text(3, value)
    out.end(matcher)
  }
  if (hints !== undefined) {
    const hinted = out.begin(4)
    out.number(1, 15_000)
    out.text(2, 'rate')
    for (const [index, ms] of hints.entries()) if (ms !== 0) out.number(3 + index, ms)
    out.end(hinted)
  }
  out.end(query)
  for (const type of types) out.number(2, type)
  return createSnappyCodec().compress(out.view()).slice()
}

async function read(database: Database, change: Partial<RemoteReadRequest>) {
  const reader = readerOf(database)
  const request: RemoteReadRequest = {
    kind: 'remote-read',
    body: new Uint8Array(0),
    bounds: { timeoutMs: 1_000, lookbackMs: 300_000, samplesMax: 1_000, limit: 0 },
    frameBytesMax: 1 << 20,
    sampledBytesMax: 1 << 30,
    externalLabels: [],
    ...change,
  }
  const reply = await answerRequest(request, {
    queryable: { querier: async (range) => localQuerier(database, reader, range ?? allTime) },
    control: unstoppable,
    engine: defaultEngineFlags,
    queuedMs: 0,
  })
  return reply.ok ? { ...reply, bytes: new Uint8Array(Buffer.concat(reply.body)) } : reply
}

interface Frame {
  readonly labels: readonly string[]
  readonly chunks: readonly { type: number; minMs: number; maxMs: number; data: Uint8Array }[]
}

/** Decoded by protobufjs, which our writer does not use. */
function framesOf(bytes: Uint8Array): readonly Frame[] {
  const reader = protobuf.Reader.create(bytes)
  const frames: Frame[] = []
  while (reader.pos < reader.len) {
    const length = reader.uint32()
    const sum = Buffer.from(bytes).readUInt32BE(reader.pos)
    reader.pos += 4
    const end = reader.pos + length
    expect(crc32c(bytes, reader.pos, end)).toBe(sum)
    expect(reader.uint32()).toBe(10)
    reader.uint32()
    const labels: string[] = []
    const chunks: { type: number; minMs: number; maxMs: number; data: Uint8Array }[] = []
    while (reader.pos < end) {
      const tag = reader.uint32()
      const part = reader.uint32() + reader.pos
      if (tag === 10) {
        const [, name] = [reader.uint32(), reader.string()]
        const [, value] = [reader.uint32(), reader.string()]
        labels.push(`${name}=${value}`)
      } else {
        const chunk = { type: 0, minMs: 0, maxMs: 0, data: new Uint8Array(0) }
        while (reader.pos < part) {
          const field = reader.uint32()
          if (field === 8) chunk.minMs = Number(reader.int64())
          else if (field === 16) chunk.maxMs = Number(reader.int64())
          else if (field === 24) chunk.type = reader.uint32()
          else chunk.data = new Uint8Array(reader.bytes())
        }
        chunks.push(chunk)
      }
    }
    frames.push({ labels, chunks })
  }
  return frames
}

function timesOf({ type, data }: { type: number; data: Uint8Array }): readonly number[] {
  const columns = new FloatColumns()
  columns.reserve(1_000)
  const count = new FloatChunkDecoder().decode(type, data, -Infinity, Infinity, columns.target, 0)
  return [...columns.timestampsMs.subarray(0, count)].map((timeMs) => (timeMs - startMs) / 1_000)
}

const m = [[0, '__name__', 'm']] as const

describe('a query without matchers', () => {
  it.each([
    ['samples', 0, 2],
    ['chunks', 1, 0],
  ])('selects nothing: %s', async (_, type, length) => {
    const reply = await read(await filled(3), {
      body: body([], [startMs, startMs + 9_000], [type]),
    })
    if (!reply.ok) throw new Error(reply.message)
    const bytes = type === 0 ? createSnappyCodec().uncompress(reply.bytes, 100) : reply.bytes
    expect(bytes.length).toBe(length)
  })
})

describe('streamed chunks', () => {
  it('hold exactly the samples of the range, whole chunks as they are stored', async () => {
    const database = await filled(300)
    const range = [startMs + 100_000, startMs + 290_000] as const
    const reply = await read(database, { body: body(m, range, [1]) })
    if (!reply.ok) throw new Error(reply.message)
    const frames = framesOf(reply.bytes)
    expect(frames.map(({ labels }) => labels)).toEqual([['__name__=m', 'a=b']])
    const chunks = frames.flatMap((frame) => frame.chunks)
    expect(chunks.map(({ type }) => type)).toEqual(chunks.map(() => 1))
    expect(chunks.flatMap(timesOf)).toEqual(Array.from({ length: 191 }, (_, at) => 100 + at))
  })

  it.each([
    ['within its range', [2, 5], [2, 3, 4, 5]],
    ['from before it to within it', [-9, 4], [1, 2, 3, 4]],
    ['all around it', [-9, 99], [1, 2, 3, 4, 5, 6, 7, 8, 9]],
    ['behind it', [12, 14], []],
    ['the wrong way round', [5, 2], []],
    ['nowhere', undefined, []],
  ])('are of what the hints of a query leave of its range: %s', async (_, seconds, times) => {
    const hints = (seconds ?? [0, 0]).map((second) => (seconds ? startMs + second * 1_000 : 0))
    const [fromMs = 0, toMs = 0] = hints
    const range = [startMs + 1_000, startMs + 9_000] as const
    const reply = await read(await filled(20), { body: body(m, range, [1], [fromMs, toMs]) })
    if (!reply.ok) throw new Error(reply.message)
    expect(framesOf(reply.bytes).flatMap(({ chunks }) => chunks.flatMap(timesOf))).toEqual(times)
  })

  it('leave out what is deleted', async () => {
    const database = await filled(20)
    const matchers = [new Matcher('=', '__name__', 'm')]
    await database.admin.deleteSeries([matchers], {
      minTimeMs: startMs + 5_000,
      maxTimeMs: startMs + 9_000,
    })
    const reply = await read(database, { body: body(m, [startMs, startMs + 19_000], [1]) })
    if (!reply.ok) throw new Error(reply.message)
    const times = framesOf(reply.bytes).flatMap(({ chunks }) => chunks.flatMap(timesOf))
    expect(times).toEqual([0, 1, 2, 3, 4, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19])
  })

  it('of a series with floats and histograms change with the kind of sample', async () => {
    const database = await filled(3)
    const appender = database.appender()
    const id = appender.series(Labels.of({ __name__: 'm', a: 'b' }))
    const histogram = new NativeHistogram()
    histogram.count = 3
    histogram.zeroCount = 3
    expect(appender.appendHistogram(seriesId(id), startMs + 5_000, histogram)).toBe(0)
    appender.commit()
    const reply = await read(database, { body: body(m, [startMs + 1_000, startMs + 9_000], [1]) })
    if (!reply.ok) throw new Error(reply.message)
    const chunks = framesOf(reply.bytes).flatMap((frame) => frame.chunks)
    expect(
      chunks.map(({ type, minMs, maxMs }) => [type, minMs - startMs, maxMs - startMs]),
    ).toEqual([
      [1, 1_000, 2_000],
      [2, 5_000, 5_000],
    ])
  })

  it('come in frames of one series, begun anew where one is full', async () => {
    const database = await filled(500)
    const range = [startMs, startMs + 500_000] as const
    const reply = await read(database, { body: body(m, range, [1]), frameBytesMax: 100 })
    if (!reply.ok) throw new Error(reply.message)
    const frames = framesOf(reply.bytes)
    expect(frames.length).toBeGreaterThan(2)
    expect(frames.every(({ chunks }) => chunks.length === 1)).toBe(true)
    expect(frames.flatMap(({ chunks }) => chunks.flatMap(timesOf))).toHaveLength(500)
  })
})

describe('samples', () => {
  /** Of series m, n and o, each with so many. */
  async function three(samples: number): Promise<Database> {
    const database = await openDatabase(temporaryDirectory())
    onTestFinished(() => database.close())
    const appender = database.appender()
    for (const [series, name] of ['m', 'n', 'o'].entries()) {
      const id = appender.series(Labels.of({ __name__: name }))
      const ids = new Uint32Array(samples).fill(id)
      const times = Float64Array.from(ids, (_, at) => startMs + at)
      const values = Float64Array.from(ids, (_, at) => Math.sin(at) * (series + 1))
      appender.append(ids, times, values, samples)
    }
    appender.commit()
    return database
  }

  const bounds = { timeoutMs: 1_000, lookbackMs: 300_000, samplesMax: 1_000_000, limit: 0 }
  const range = [startMs, startMs + 900_000] as const

  /** By series, decoded by protobufjs, which our writer does not use. */
  function valuesOf(bytes: Uint8Array): Readonly<Record<string, readonly number[]>> {
    const reader = protobuf.Reader.create(bytes)
    const found: Record<string, number[]> = {}
    while (reader.pos < reader.len) {
      expect(reader.uint32()).toBe(10)
      for (const end = reader.uint32() + reader.pos; reader.pos < end; ) {
        expect(reader.uint32()).toBe(10)
        let name = ''
        for (const last = reader.uint32() + reader.pos; reader.pos < last; ) {
          const tag = reader.uint32()
          const partEnd = reader.uint32() + reader.pos
          if (tag === 10) {
            reader.skipType(reader.uint32() & 7)
            reader.uint32()
            name = reader.string()
          } else if (reader.uint32() === 9) found[name] = [...(found[name] ?? []), reader.double()]
          reader.pos = partEnd
        }
      }
    }
    return found
  }

  it('are one snappy block of the results of all queries, however many parts it is made of', async () => {
    const database = await three(5_000)
    const two = Buffer.concat(
      [body([[2, '__name__', 'm|o']], range), body([[0, '__name__', 'n']], range)].map((one) =>
        createSnappyCodec().uncompress(one, 1_000).slice(),
      ),
    )
    const reply = await read(database, {
      body: createSnappyCodec().compress(two).slice(),
      bounds,
    })
    if (!reply.ok) throw new Error(reply.message)
    expect(reply.body.length).toBeGreaterThan(4)
    const plain = createSnappyCodec().uncompress(reply.bytes, 1 << 20)
    expect(plain.length).toBeGreaterThan(3 * 65_536)
    const expected = (factor: number) =>
      Array.from({ length: 5_000 }, (_, at) => Math.sin(at) * factor)
    // A sample of the value 0 has no field for it.
    const [m1, n1, o1] = [expected(1).slice(1), expected(2).slice(1), expected(3).slice(1)]
    expect(valuesOf(plain)).toEqual({ m: m1, o: o1, n: n1 })
  })

  it('are refused where they take more bytes than one answer may hold, whole results or one series', async () => {
    const database = await three(1_000)
    for (const [names, sampledBytesMax] of [
      ['m|n|o', 40_000],
      ['m', 10_000],
    ] as const) {
      const message = `answer of more than ${sampledBytesMax} bytes: ask for STREAMED_XOR_CHUNKS, or for less`
      const asked = body([[2, '__name__', names]], range)
      expect(await read(database, { body: asked, bounds, sampledBytesMax })).toMatchObject({
        ok: false,
        errorType: 'bad_data',
        message,
      })
      expect(await read(database, { body: asked, bounds })).toMatchObject({ ok: true })
    }
  })
})

describe('a remote read', () => {
  it('has an external label added, and asks no series for it', async () => {
    const database = await filled(2)
    const external = [...m, [0, 'zone', 'x']] as const
    const all = [startMs, startMs + 9_000] as const
    const externalLabels = [['zone', 'x']] as const
    const reply = await read(database, { body: body(external, all, [1]), externalLabels })
    if (!reply.ok) throw new Error(reply.message)
    expect(framesOf(reply.bytes).map(({ labels }) => labels)).toEqual([
      ['__name__=m', 'a=b', 'zone=x'],
    ])
  })

  it.each([
    ['of too many samples', body(m, [startMs, startMs + 60_000]), 'exceeded sample limit (10)'],
    [
      'for a type that there is not',
      body(m, [0, 1], [7]),
      'server does not support any of the requested response types: 7; supported: SAMPLES, STREAMED_XOR_CHUNKS',
    ],
    ['with a pattern that is none', body([[2, 'a', '(']], [0, 1]), undefined],
    ['that is no snappy', Uint8Array.of(255, 255, 255, 255, 255, 255), undefined],
    ['that is no message', createSnappyCodec().compress(Uint8Array.of(9, 9)).slice(), undefined],
  ])('%s is the request’s fault', async (_which, request, message) => {
    const bounds = { timeoutMs: 1_000, lookbackMs: 1, samplesMax: 10, limit: 0 }
    const reply = await read(await filled(20), { body: request, bounds })
    expect(reply).toMatchObject({ ok: false, errorType: 'bad_data' })
    if (message !== undefined) expect(reply).toMatchObject({ message })
  })
})
