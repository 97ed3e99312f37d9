import { describe, expect, it, onTestFinished } from 'vitest'
import { silentLogger } from '../../src/base/logger.ts'
import { MetricsRegistry } from '../../src/base/self-metrics.ts'
import { snappyTwin } from '../../src/kernels/snappy-twin.ts'
import { Labels } from '../../src/model/labels.ts'
import { halvesOf, writeStaleAt } from '../../src/model/stale-nan.ts'
import { WriteReceiver } from '../../src/remote/write-receiver.ts'
import type { Appendable } from '../../src/storage/appender.ts'
import { openDatabase } from '../support/open-database.ts'
import { RecordingAppendable } from '../support/recording-appendable.ts'
import { remoteWriteBody, type WrittenSeries } from '../support/remote-write-body.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { exemplarWriteBody } from '../support/write-exemplars.ts'

const headers = { contentType: 'application/x-protobuf', contentEncoding: 'snappy' }
const nowMs = Math.floor(Date.now() / 1000) * 1000

function receiverFor(appendable: Appendable) {
  const metrics = new MetricsRegistry()
  const receiver = new WriteReceiver({ appendable, logger: silentLogger, metrics })
  const send = async (...series: readonly WrittenSeries[]) => {
    const { status, text } = await receiver.receive(remoteWriteBody(series), headers)
    return text === '' ? `${status}` : `${status} ${text}`
  }
  return { receiver, send, metrics }
}

async function realDatabase() {
  const database = await openDatabase(temporaryDirectory())
  onTestFinished(() => database.close())
  return { database, ...receiverFor(database) }
}

function series(
  labels: Readonly<Record<string, string>> | readonly (readonly [string, string])[],
  ...samples: readonly (readonly [timestampMs: number, value: number])[]
): WrittenSeries {
  return {
    labels: Array.isArray(labels) ? labels : Object.entries(labels),
    timestampsMs: samples.map(([timestampMs]) => timestampMs),
    values: Float64Array.from(samples, ([, value]) => value),
  }
}

const m = { __name__: 'm' }

describe('a series without samples', () => {
  it('is not made, and the exemplars that come with it are kept only where it is there', async () => {
    const { database, receiver, send } = await realDatabase()
    database.resizeExemplars(10)
    const sendExemplar = async (name: string, value: number) => {
      const exemplar = { labels: { trace_id: `${value}` }, value, timestampMs: nowMs + value }
      const all = [{ labels: { __name__: name, a: 'b' }, exemplars: [exemplar] }]
      return (await receiver.receive(exemplarWriteBody(all), headers)).status
    }
    expect(await send(series(m), series({ __name__: 'other', a: 'c' }))).toBe('204')
    expect(await sendExemplar('m', 1)).toBe(204)
    expect([database.stats().series, database.stats().exemplars.stored]).toEqual([0, 0])
    expect(await send(series({ __name__: 'm', a: 'b' }, [nowMs, 1]), series(m))).toBe('204')
    // Also for a receiver that has not seen the series.
    const fresh = receiverFor(database).receiver
    const labels = { __name__: 'm', a: 'b' }
    const exemplars = [{ labels: { trace_id: '2' }, value: 2, timestampMs: nowMs + 2 }]
    const body = exemplarWriteBody([
      { labels: { __name__: 'gone' }, exemplars },
      { labels, exemplars },
    ])
    expect((await fresh.receive(body, headers)).status).toBe(204)
    expect(await sendExemplar('m', 3)).toBe(204)
    expect([database.stats().series, database.stats().exemplars.stored]).toEqual([1, 2])
  })
})

describe('an exemplar from the future', () => {
  it('is left out, so that those of now still are in order', async () => {
    const { database, receiver } = await realDatabase()
    database.resizeExemplars(10)
    for (const timestampMs of [nowMs + 3_600_000, nowMs]) {
      const exemplars = [{ labels: { trace_id: '1' }, value: 1, timestampMs }]
      const body = exemplarWriteBody([{ labels: m, timestampMs: nowMs, exemplars }])
      expect((await receiver.receive(body, headers)).status).toBe(204)
    }
    const { stored, oldestMs } = database.stats().exemplars
    expect([stored, oldestMs]).toEqual([1, nowMs])
  })
})

describe('what the headers say', () => {
  it.each([
    ['application/x-protobuf', 'snappy'],
    ['application/x-protobuf;proto=prometheus.WriteRequest', 'snappy'],
    ['application/x-protobuf; proto=prometheus.WriteRequest; charset=x', 'snappy'],
    ['application/x-protobuf;proto=prometheus.WriteRequest;x', 'snappy'],
    ['', 'snappy'],
    ['application/x-protobuf', ''],
    ['', ''],
  ])('content type %j with encoding %j is taken', async (contentType, contentEncoding) => {
    const { receiver } = receiverFor(new RecordingAppendable())
    const body = remoteWriteBody([series(m, [nowMs, 1])])
    expect(await receiver.receive(body, { contentType, contentEncoding })).toEqual({
      status: 204,
      text: '',
    })
  })

  it.each([
    [
      'text/plain',
      'snappy',
      'expected application/x-protobuf as the first (media) part, got text/plain content-type',
    ],
    [
      'application/x-protobuf',
      'gzip',
      'gzip encoding (compression) is not accepted by this server; only snappy is acceptable',
    ],
    [
      'application/x-protobuf;x;proto=prometheus.WriteRequest',
      'snappy',
      'as per https://www.rfc-editor.org/rfc/rfc9110#parameter expected parameters to be key-values, got x in application/x-protobuf;x;proto=prometheus.WriteRequest content-type',
    ],
    [
      'application/x-protobuf;proto=x',
      'snappy',
      'got application/x-protobuf;proto=x content type; unknown type for remote write protobuf message x, supported: prometheus.WriteRequest, io.prometheus.write.v2.Request',
    ],
  ])(
    'content type %j with encoding %j is answered 415',
    async (contentType, contentEncoding, text) => {
      const { receiver } = receiverFor(new RecordingAppendable())
      expect(await receiver.receive(Uint8Array.of(0), { contentType, contentEncoding })).toEqual({
        status: 415,
        text,
      })
    },
  )
})

describe('a request that is taken', () => {
  it('stores every sample, stale markers among them', async () => {
    const database = new RecordingAppendable()
    const { send } = receiverFor(database)
    const written = series({ ...m, b: '1' }, [nowMs, 1], [nowMs + 1, 2], [nowMs + 2, 0])
    writeStaleAt(halvesOf(written.values), 2)
    expect(await send(written, series(m, [nowMs, -0]))).toBe('204')
    expect(database.samples(Labels.of({ ...m, b: '1' }))).toEqual([
      { timestampMs: nowMs, value: 1 },
      { timestampMs: nowMs + 1, value: 2 },
      { timestampMs: nowMs + 2, value: 'stale' },
    ])
    expect(database.samples(Labels.of(m))).toEqual([{ timestampMs: nowMs, value: -0 }])
    expect(database.commits).toBe(1)
  })

  it('may come again, whole or in part', async () => {
    const { database, send } = await realDatabase()
    const first = series(m, [nowMs, 1])
    expect(await send(first)).toBe('204')
    expect(await send(first)).toBe('204')
    expect(await send(series(m, [nowMs, 1], [nowMs + 1, 2]))).toBe('204')
    expect(database.stats()).toMatchObject({ series: 1, samplesAppended: 2 })
  })

  it('means the same series however its labels are ordered, and empty ones are none', async () => {
    const database = new RecordingAppendable()
    const { send } = receiverFor(database)
    await send(series({ ...m, a: '1', b: '2' }, [nowMs, 1]))
    await send(series({ b: '2', empty: '', a: '1', ...m }, [nowMs + 1, 2]))
    expect(database.seriesLabels()).toEqual([Labels.of({ ...m, a: '1', b: '2' })])
    expect(database.samples(Labels.of({ ...m, a: '1', b: '2' }))).toHaveLength(2)
  })

  it.each([
    ['without a name', [['a', 'b']]],
    ['with an empty name', [['__name__', '']]],
    [
      'with a label twice',
      [
        ['__name__', 'm'],
        ['a', '1'],
        ['a', '2'],
      ],
    ],
    [
      'with a label twice, equal',
      [
        ['__name__', 'm'],
        ['a', '1'],
        ['a', '1'],
      ],
    ],
    [
      'with a label of no name',
      [
        ['__name__', 'm'],
        ['', '1'],
      ],
    ],
    ['without labels', []],
  ] as const)('goes on past a series %s', async (_what, labels) => {
    const database = new RecordingAppendable()
    const { send, metrics } = receiverFor(database)
    const answer = await send(
      series({ ...m, first: '1' }, [nowMs, 1]),
      series(labels, [nowMs, 2], [nowMs + 1, 3]),
      series({ ...m, last: '1' }, [nowMs, 4]),
    )
    expect(answer).toBe('204')
    expect(database.seriesLabels()).toEqual([
      Labels.of({ ...m, first: '1' }),
      Labels.of({ ...m, last: '1' }),
    ])
    expect(database.samples(Labels.of({ ...m, last: '1' }))).toEqual([
      { timestampMs: nowMs, value: 4 },
    ])
    expect(metrics.render()).toContain(
      '\nprometheus_api_remote_write_invalid_labels_samples_total 1\n',
    )
  })

  it('goes on past labels that are not UTF-8', async () => {
    const database = new RecordingAppendable()
    const { receiver } = receiverFor(database)
    const label = (value: number) => [0x0a, 13, 0x0a, 8, ...Buffer.from('__name__'), 0x12, 1, value]
    const one = (value: number) => {
      const labels = label(value)
      return [0x0a, labels.length + 4, ...labels, 0x12, 2, 0x10, 1]
    }
    const body = snappyTwin.compress(Uint8Array.from([...one(0xff), ...one(0x6d)]))
    expect(await receiver.receive(body, headers)).toEqual({ status: 204, text: '' })
    expect(database.seriesLabels()).toEqual([Labels.of(m)])
  })

  it.each(['__proto__', 'constructor', 'toString', 'a b', '\ufeff', 'é', '😀', 'x'.repeat(10_000)])(
    'keeps a label called %s as it is',
    async (name) => {
      const database = new RecordingAppendable()
      const { send } = receiverFor(database)
      const labels = [
        ['__name__', name],
        [name, name],
      ] as const
      expect(await send(series(labels, [nowMs, 1]))).toBe('204')
      expect(database.seriesLabels()).toEqual([Labels.of(labels)])
      expect(Object.keys(Object.prototype)).toEqual([])
    },
  )

  it('finds its series again when ids mean others than before', async () => {
    const database = new RecordingAppendable()
    const { send } = receiverFor(database)
    await send(series({ ...m, a: '1' }, [nowMs, 1]), series({ ...m, a: '2' }, [nowMs, 2]))
    database.nextEpoch()
    await send(series({ ...m, a: '1' }, [nowMs + 1, 3]), series({ ...m, a: '2' }, [nowMs + 1, 4]))
    expect(database.samples(Labels.of({ ...m, a: '1' })).map(({ value }) => value)).toEqual([1, 3])
    expect(database.samples(Labels.of({ ...m, a: '2' })).map(({ value }) => value)).toEqual([2, 4])
  })

  it('leaves out an older sample behind a newer one of the same series', async () => {
    const { database, send } = await realDatabase()
    expect(await send(series(m, [nowMs + 2, 2], [nowMs + 1, 1], [nowMs + 3, 3]))).toBe('204')
    expect(database.stats().samplesAppended).toBe(2)
  })
})

describe('a request that is refused', () => {
  it('keeps nothing of it, whichever of 1,000 samples is the bad one', async () => {
    const { database, send } = await realDatabase()
    const names = Array.from({ length: 10 }, (_, index) => ({ ...m, n: String(index) }))
    expect(await send(...names.map((labels) => series(labels, [nowMs, 0])))).toBe('204')
    for (let bad = 0; bad < 1_000; bad++) {
      const request = names.map((labels, place) =>
        series(
          labels,
          ...Array.from({ length: 100 }, (_, index) => {
            const isBad = place * 100 + index === bad
            return [isBad ? nowMs - 1 : nowMs + 1 + index, 1] as const
          }),
        ),
      )
      expect(await send(...request)).toBe('400 out of order sample')
    }
    expect(database.stats()).toMatchObject({ series: 10, samplesAppended: 10 })
    const good = names.map((labels) => series(labels, [nowMs + 1, 1]))
    expect(await send(...good)).toBe('204')
    expect(database.stats().samplesAppended).toBe(20)
  })

  it('ends at the first sample that is refused: those behind it are not counted', async () => {
    const { database, send } = await realDatabase()
    await send(series(m, [nowMs, 1]))
    const late = [nowMs - 1, nowMs - 2, nowMs - 3].map((timeMs) => [timeMs, 1] as const)
    expect(await send(series(m, [nowMs + 1, 1], ...late))).toBe('400 out of order sample')
    expect(database.stats().refused.outOfOrder).toEqual({ float: 1, histogram: 0 })
  })

  it.each([
    [
      'another value at the same time',
      [nowMs, 2.5e6],
      `duplicate sample for timestamp ${nowMs}; overrides not allowed: existing 1, new value 2.5e+06`,
    ],
    ['an older sample', [nowMs - 1, 2], 'out of order sample'],
    ['a much older sample', [nowMs - 7_200_000, 2], 'out of bounds'],
    [
      'a sample of the future',
      [nowMs + 660_000, 2],
      'out of bounds: timestamp is too far in the future',
    ],
    [
      'a timestamp beyond the range',
      [8.64e15 + 2, 2],
      'out of bounds: timestamp 8640000000000002 ms, limit 8640000000000000 ms',
    ],
    [
      'a timestamp before the range',
      [-(2 ** 62), 2],
      'out of bounds: timestamp -4611686018427388000 ms, limit 8640000000000000 ms',
    ],
  ] as const)('%s', async (_what, sample, text) => {
    const { database, send } = await realDatabase()
    await send(series(m, [nowMs, 1]))
    expect(await send(series({ ...m, other: '1' }, [nowMs, 1]), series(m, sample))).toBe(
      `400 ${text}`,
    )
    expect(database.stats().samplesAppended).toBe(1)
  })

  it('a database that cannot write answers 503, and the same request later 204', async () => {
    const database = new RecordingAppendable()
    const { send } = receiverFor(database)
    database.isReadOnly = true
    expect(await send(series(m, [nowMs, 1]))).toBe('503 no space left')
    expect(database.samples(Labels.of(m))).toEqual([])
    database.isReadOnly = false
    expect(await send(series(m, [nowMs, 1]))).toBe('204')
  })

  it('a series over the limit of the head is refused with the limit', async () => {
    const database = new RecordingAppendable()
    const { send } = receiverFor(database)
    database.seriesMax = 1
    expect(await send(series(m, [nowMs, 1]))).toBe('204')
    expect(await send(series({ ...m, a: '1' }, [nowMs, 1]))).toBe('400 series limit of 1 reached')
    expect(await send(series(m, [nowMs + 1, 1]))).toBe('204')
  })
})

describe('a body that lies', () => {
  const plain = snappyTwin.compress(new Uint8Array(100).fill(1))
  const declaring = (...length: readonly number[]) => Uint8Array.from([...length, 0, 1])

  const tooLong = 'decoded size exceeds the 33554432 bytes limit'

  it.each([
    ['of nothing', new Uint8Array(0), 's2: corrupt input'],
    ['declaring 1 GiB', declaring(0x80, 0x80, 0x80, 0x80, 0x04), tooLong],
    ['declaring 2 GiB', declaring(0x80, 0x80, 0x80, 0x80, 0x08), tooLong],
    ['declaring 4 GiB', declaring(0xff, 0xff, 0xff, 0xff, 0x0f), tooLong],
    ['declaring more than there is', declaring(2), 's2: corrupt input'],
    ['declaring less than there is', declaring(0), 's2: corrupt input'],
    ['without an end of its length', new Uint8Array(10).fill(0xff), 's2: corrupt input'],
    ['cut off', plain.subarray(0, plain.length - 1), 's2: corrupt input'],
    ['that is plain protobuf', Uint8Array.from([0x0a, 2, 0x12, 0]), 's2: corrupt input'],
  ])('%s is answered 400 in the words of Go', async (_what, body, words) => {
    const { receiver } = receiverFor(new RecordingAppendable())
    const { status, text } = await receiver.receive(body, headers)
    expect([status, text]).toEqual([400, words])
  })

  it('1 MB of copies of one byte costs little', async () => {
    const { receiver } = receiverFor(new RecordingAppendable())
    const body = new Uint8Array(1 << 20)
    body.set([1, 0, 1])
    // Copies of 64 bytes from one byte back.
    for (let index = 3; index + 3 <= body.length; index += 3) body.set([0xfe, 1, 0], index)
    const startedMs = performance.now()
    const { status } = await receiver.receive(body, headers)
    expect(status).toBe(400)
    expect(performance.now() - startedMs).toBeLessThan(200)
  })

  it('a body that is no write request is answered 400', async () => {
    const { receiver } = receiverFor(new RecordingAppendable())
    const body = snappyTwin.compress(Uint8Array.from([0x0a, 5, 1]))
    expect(await receiver.receive(body, headers)).toEqual({
      status: 400,
      text: 'unexpected EOF',
    })
  })
})

describe('metadata', () => {
  function metadataBody(
    entries: readonly (readonly [type: number, family: string, help: string])[],
  ) {
    const bytes = entries.flatMap(([type, family, help]) => {
      const text = [0x12, family.length, ...Buffer.from(family), 0x22, help.length]
      const entry = [0x08, type, ...text, ...Buffer.from(help)]
      return [0x1a, entry.length, ...entry]
    })
    return snappyTwin.compress(Uint8Array.from(bytes))
  }

  it('is kept, the newest of each family', async () => {
    const { receiver } = receiverFor(new RecordingAppendable())
    const first = metadataBody([
      [1, 'a', 'A.'],
      [7, 'b', 'B.'],
    ])
    expect(await receiver.receive(first, headers)).toEqual({ status: 204, text: '' })
    await receiver.receive(metadataBody([[2, 'a', 'Again.']]), headers)
    const found: unknown[] = []
    receiver.eachMetadata((family, metadata) => found.push([family, metadata]) > 0)
    expect(found).toEqual([
      ['a', { type: 'gauge', help: 'Again.', unit: '' }],
      ['b', { type: 'stateset', help: 'B.', unit: '' }],
    ])
  })

  it('of a type that is not known is unknown', async () => {
    const { receiver } = receiverFor(new RecordingAppendable())
    await receiver.receive(metadataBody([[99, 'a', '']]), headers)
    receiver.eachMetadata((_family, { type }) => {
      expect(type).toBe('unknown')
      return true
    })
    expect.assertions(1)
  })
})
