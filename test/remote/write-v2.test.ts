import { describe, expect, it, onTestFinished } from 'vitest'
import { silentLogger } from '../../src/base/logger.ts'
import { MetricsRegistry } from '../../src/base/self-metrics.ts'
import { snappyTwin } from '../../src/kernels/snappy-twin.ts'
import { GrowingColumns } from '../../src/model/growing-columns.ts'
import { Matcher } from '../../src/model/matcher.ts'
import { WriteReceiver } from '../../src/remote/write-receiver.ts'
import { ProtoWriter } from '../../src/wire/proto-writer.ts'
import { allTime, localQuerier } from '../support/local-querier.ts'
import { openDatabase } from '../support/open-database.ts'
import { RecordingAppendable } from '../support/recording-appendable.ts'
import { bodyV2, type SeriesV2 } from '../support/remote-write-body-v2.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const headers = {
  contentType: 'application/x-protobuf;proto=io.prometheus.write.v2.Request',
  contentEncoding: 'snappy',
}
const nowMs = Math.floor(Date.now() / 1000) * 1000

async function receiving() {
  const database = await openDatabase(temporaryDirectory())
  onTestFinished(() => database.close())
  const metrics = new MetricsRegistry()
  const receiver = new WriteReceiver({ appendable: database, logger: silentLogger, metrics })
  const send = async (...series: readonly SeriesV2[]) => {
    const { status, text, written } = await receiver.receive(bodyV2(...series), headers)
    const counts = [written?.samples, written?.histograms, written?.exemplars].join(' ')
    return [`${status}`, counts, ...text.split('\n').filter((line) => line !== '')]
  }
  return { database, receiver, send, metrics }
}

const m = ['__name__', 'm', 'a', 'b']

describe('a request of version 2', () => {
  it('is answered 204 with what was written', async () => {
    const { database, send } = await receiving()
    database.resizeExemplars(10)
    const exemplars = [[nowMs, 1]] as const
    const samples = [
      [nowMs - 1, 1],
      [nowMs, 2],
    ] as const
    expect(
      await send(
        { labels: m, samples, exemplars },
        { labels: ['__name__', 'h'], histograms: [[nowMs, 3]] },
      ),
    ).toEqual(['204', '2 1 1'])
    const querier = localQuerier(database)
    const matchers = [new Matcher('=', '__name__', 'm')]
    const set = await querier.select({ matchers, ...allTime, sorted: true })
    const columns = new GrowingColumns(8)
    expect(set.readFloats(0, allTime.minTimeMs, allTime.maxTimeMs, columns)).toBe(2)
    expect([...columns.values.subarray(0, 2)]).toEqual([1, 2])
    expect(database.stats().exemplars.stored).toBe(1)
    querier.close()
  })

  it('of more new series than there was room for is written, and so are those behind it', async () => {
    const { database, send } = await receiving()
    // The kernel's memory grows at the second of them, and what was shown of it before is gone.
    const labels = (n: number) => ['__name__', 'grown', 'n', `${100_000 + n}`]
    for (const [at, count] of [10, 3_000, 3_000, 9_000].entries()) {
      const samples = [[nowMs + at, at]] as const
      const all = Array.from({ length: count }, (_, n) => ({ labels: labels(n), samples }))
      expect(await send(...all)).toEqual(['204', `${count} 0 0`])
    }
    const querier = localQuerier(database)
    const matchers = [new Matcher('=', '__name__', 'grown')]
    const set = await querier.select({ matchers, ...allTime, sorted: true })
    const columns = new GrowingColumns(8)
    const valuesOf = (series: number) => {
      const count = set.readFloats(series, allTime.minTimeMs, allTime.maxTimeMs, columns)
      return [...columns.values.subarray(0, count)]
    }
    expect(set.seriesCount).toBe(9_000)
    expect([0, 10, 2_999, 3_000, 8_999].map(valuesOf)).toEqual([
      [0, 1, 2, 3],
      [1, 2, 3],
      [1, 2, 3],
      [3],
      [3],
    ])
    querier.close()
  })

  it('keeps what is good where something is refused, and names that by series', async () => {
    const { send } = await receiving()
    const at = (timestampMs: number) => [[timestampMs, 1]] as const
    expect(await send({ labels: m, samples: at(nowMs) })).toEqual(['204', '1 0 0'])
    const answer = await send(
      {
        labels: m,
        samples: [
          [nowMs - 1, 1],
          [nowMs, 2],
          [nowMs + 1, 3],
        ],
      },
      { labels: ['a', 'b'], samples: at(nowMs) },
      { labels: ['__name__', 'd', 'x', '1', 'x', '2'], samples: at(nowMs) },
      { labels: ['z', '', '__name__', ''], samples: at(nowMs) },
      { labels: ['__name__', 'empty'] },
      { labels: ['__name__', 'refs'], refs: [1, 99], samples: at(nowMs) },
      { labels: ['__name__', 'odd'], refs: [1], samples: at(nowMs) },
      { labels: ['__name__', 'future'], samples: at(nowMs + 3_600_000) },
      { labels: ['__name__', 'good'], samples: at(nowMs), histograms: at(nowMs + 1) },
    )
    expect(answer).toEqual([
      '400',
      '2 1 0',
      'out of order sample for series {__name__="m", a="b"}',
      `duplicate sample for timestamp ${nowMs}; overrides not allowed: existing 1, new value 2 for series {__name__="m", a="b"}`,
      'invalid metric name or labels, got {a="b"}',
      'invalid labels for series, labels {__name__="d", x="1", x="2"}, duplicated label x',
      'invalid metric name or labels, got {__name__="", z=""}',
      'TimeSeries must contain at least one sample or histogram for series {__name__="empty"}',
      expect.stringMatching(
        /^parsing labels for series \[1 99\]: labelRefs 1 \(name\) = 99 \(value\) outside of symbols table \(size \d+\)$/,
      ),
      'parsing labels for series [1]: invalid labelRefs length 1',
      'out of bounds: timestamp is too far in the future for series {__name__="future"}',
    ])
  })

  it('has exemplars from the future left out, so that those of now still are in order', async () => {
    const { database, send } = await receiving()
    database.resizeExemplars(10)
    const sendExemplar = (timestampMs: number, sampleMs: number) =>
      send({ labels: m, samples: [[sampleMs, 1]], exemplars: [[timestampMs, 1]] })
    expect(await sendExemplar(nowMs + 3_600_000, nowMs)).toEqual(['204', '1 0 0'])
    expect(await sendExemplar(nowMs, nowMs + 1)).toEqual(['204', '1 0 1'])
    expect(database.stats().exemplars.stored).toBe(1)
  })

  it('is the same series as one of version 1 that has its labels', async () => {
    const { database, receiver, send } = await receiving()
    await send({ labels: m, samples: [[nowMs, 1]] })
    const out = new ProtoWriter()
    const series = out.begin(1)
    for (const [name, value] of [
      ['__name__', 'm'],
      ['a', 'b'],
    ] as const) {
      const label = out.begin(1)
      out.text(1, name)
      out.text(2, value)
      out.end(label)
    }
    const sample = out.begin(2)
    out.double(1, 2)
    out.number(2, nowMs + 1)
    out.end(sample)
    out.end(series)
    const v1 = { contentType: 'application/x-protobuf', contentEncoding: 'snappy' }
    expect((await receiver.receive(snappyTwin.compress(out.view()), v1)).status).toBe(204)
    expect(database.stats().series).toBe(1)
  })

  it('has what its metadata tells among its labels where that is wanted, in place of its own', async () => {
    for (const isWanted of [false, true]) {
      const appendable = new RecordingAppendable()
      const metrics = new MetricsRegistry()
      const receiver = new WriteReceiver({
        ...{ appendable, logger: silentLogger, metrics, typeAndUnitLabels: isWanted },
      })
      const sent = (name: string, metadata: readonly [number, string], ...more: string[]) => ({
        labels: ['__name__', name, 'z', '1', ...more],
        samples: [[nowMs, 1]] as const,
        metadata,
      })
      const own = ['__type__', 'info', '__unit__', 'feet']
      const all = [
        sent('both', [1, 'seconds']),
        sent('unit', [0, 'bytes'], ...own),
        sent('type', [2, ''], ...own),
        sent('none', [0, ''], ...own),
      ]
      // The second time the series are known.
      for (let turn = 0; turn < 2; turn++) {
        expect(await receiver.receive(bodyV2(...all), headers)).toMatchObject({ status: 204 })
      }
      const found = appendable
        .seriesLabels()
        .map((labels) =>
          ['__name__', '__type__', '__unit__'].map((name) => labels.get(name)).join(' '),
        )
      expect(found.sort()).toEqual(
        isWanted
          ? ['both counter seconds', 'none info feet', 'type gauge ', 'unit  bytes']
          : ['both  ', 'none info feet', 'type info feet', 'unit info feet'],
      )
    }
  })

  it('that is cut anywhere is refused whole, and never more than that', async () => {
    const { database, receiver } = await receiving()
    const whole = snappyTwin.uncompress(
      bodyV2({ labels: m, samples: [[nowMs, 1]], histograms: [[nowMs + 1, 2]] }),
      10_000,
    )
    for (let length = 1; length < whole.length; length++) {
      const body = snappyTwin.compress(whole.subarray(0, length))
      const { status, written } = await receiver.receive(body, headers)
      const isBetweenFields = status === 204 || written?.samples === 0
      expect(isBetweenFields || status === 400, `cut at ${length}: ${status}`).toBe(true)
    }
    expect(database.stats().series).toBe(0)
  })
})

describe('what kind of message a request is', () => {
  it.each([
    'application/x-protobuf; proto=io.prometheus.write.v2.Request',
    'application/x-protobuf ;proto=io.prometheus.write.v2.Request',
    'application/x-protobuf ; proto=io.prometheus.write.v2.Request ; a=b',
  ])('%s names it, with the blanks that HTTP allows there', async (contentType) => {
    const { database, receiver } = await receiving()
    const body = bodyV2({ labels: m, samples: [[nowMs, 1]] })
    const reply = await receiver.receive(body, { contentType, contentEncoding: 'snappy' })
    expect(reply).toMatchObject({ status: 204, written: { samples: 1 } })
    expect(database.stats().series).toBe(1)
  })

  const only = (accepted: 'prometheus.WriteRequest' | 'io.prometheus.write.v2.Request') => {
    const appendable = { epoch: 0, appender: () => expect.fail('nothing is to be written') }
    return new WriteReceiver({
      appendable,
      logger: silentLogger,
      metrics: new MetricsRegistry(),
      acceptedMessages: [accepted],
    })
  }

  it.each([
    [
      headers.contentType,
      'io.prometheus.write.v2.Request protobuf message is not accepted by this server; only accepts prometheus.WriteRequest',
    ],
    [
      'application/json',
      'expected application/x-protobuf as the first (media) part, got application/json content-type',
    ],
    [
      'application/x-protobuf;proto=foo.Bar',
      'got application/x-protobuf;proto=foo.Bar content type; unknown type for remote write protobuf message foo.Bar, supported: prometheus.WriteRequest, io.prometheus.write.v2.Request',
    ],
  ])('%s is answered 415 where it is not taken', async (contentType, text) => {
    const receiver = only('prometheus.WriteRequest')
    const reply = await receiver.receive(bodyV2(), { contentType, contentEncoding: 'snappy' })
    expect(reply).toEqual({ status: 415, text })
  })

  it('is version 1 where nothing says it, and the encoding is looked at first', async () => {
    const receiver = only('io.prometheus.write.v2.Request')
    expect(await receiver.receive(bodyV2(), { contentType: '', contentEncoding: '' })).toEqual({
      status: 415,
      text: 'prometheus.WriteRequest protobuf message is not accepted by this server; only accepts io.prometheus.write.v2.Request',
    })
    expect(
      await receiver.receive(bodyV2(), { contentType: 'text/plain', contentEncoding: 'gzip' }),
    ).toEqual({
      status: 415,
      text: 'gzip encoding (compression) is not accepted by this server; only snappy is acceptable',
    })
  })
})
