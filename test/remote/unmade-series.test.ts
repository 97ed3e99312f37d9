import { describe, expect, it, onTestFinished } from 'vitest'
import { silentLogger } from '../../src/base/logger.ts'
import { MetricsRegistry } from '../../src/base/self-metrics.ts'
import { WriteReceiver } from '../../src/remote/write-receiver.ts'
import { openDatabase } from '../support/open-database.ts'
import { remoteWriteBody } from '../support/remote-write-body.ts'
import { bodyV2, type SeriesV2 } from '../support/remote-write-body-v2.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const nowMs = Math.floor(Date.now() / 1000) * 1000
const ofVersion1 = { contentType: 'application/x-protobuf', contentEncoding: 'snappy' }
const ofVersion2 = {
  contentType: 'application/x-protobuf;proto=io.prometheus.write.v2.Request',
  contentEncoding: 'snappy',
}

/** Minutes from now. */
const at = (minutes: number) => nowMs + minutes * 60_000

async function receiving(outOfOrderWindowMs: number) {
  const database = await openDatabase(temporaryDirectory(), outOfOrderWindowMs)
  onTestFinished(() => database.close())
  const metrics = new MetricsRegistry()
  const receiver = new WriteReceiver({ appendable: database, logger: silentLogger, metrics })
  const send1 = async (...series: readonly (readonly [string, ...number[]])[]) => {
    const body = remoteWriteBody(
      series.map(([name, ...timestampsMs]) => ({
        labels: name === '' ? [['a', 'b']] : [['__name__', name]],
        timestampsMs,
        values: new Float64Array(timestampsMs.length),
      })),
    )
    return (await receiver.receive(body, ofVersion1)).status
  }
  const send2 = async (...series: readonly SeriesV2[]) =>
    (await receiver.receive(bodyV2(...series), ofVersion2)).status
  await send1(['known', at(0)])
  await send1(['known', at(0)])
  return { database, metrics, send1, send2 }
}

describe('a series whose samples are refused whatever it has is not made', () => {
  it.each([
    ['of version 1, too old', [['x', at(-90)]], 0],
    ['of version 1, from the future', [['x', at(60)]], 0],
    [
      'of version 1, nor those behind it',
      [
        ['x', at(-90)],
        ['y', at(0)],
      ],
      0,
    ],
    [
      'of version 1, for its first sample',
      [
        ['x', at(-90), at(0)],
        ['y', at(0)],
      ],
      0,
    ],
    [
      'of version 1, but where only its second is',
      [
        ['x', at(0), at(-90)],
        ['y', at(0)],
      ],
      1,
    ],
    [
      'of version 1, but those before it',
      [
        ['y', at(0)],
        ['x', at(-90)],
      ],
      1,
    ],
    [
      'of version 1, nor those behind a known one whose sample is',
      [
        ['known', at(-1)],
        ['x', at(0)],
      ],
      0,
    ],
    [
      'of version 1, but those before a known one whose sample is',
      [
        ['y', at(0)],
        ['known', at(-1)],
        ['x', at(0)],
      ],
      1,
    ],
  ] as const)('%s', async (_what, series, made) => {
    const { database, send1 } = await receiving(0)
    expect(await send1(...series)).toBe(400)
    expect(database.stats()).toMatchObject({ series: 1 + made, samplesAppended: 1 })
    expect(await send1(['x', at(1)], ['y', at(1)])).toBe(204)
    expect(database.stats()).toMatchObject({ series: 3, samplesAppended: 3 })
  })

  const m = ['__name__', 'm']
  it.each<[string, readonly SeriesV2[], number]>([
    ['of version 2, too old', [{ labels: m, samples: [[at(-90), 1]] }], 0],
    ['of version 2, from the future', [{ labels: m, samples: [[at(60), 1]] }], 0],
    ['of version 2, a histogram that is too old', [{ labels: m, histograms: [[at(-90), 1]] }], 0],
    ['of version 2, an invalid histogram', [{ labels: m, histograms: [[at(0), 1, 2]] }], 0],
    [
      'of version 2, but where any is taken',
      [{ labels: m, samples: [[at(-90), 1]], histograms: [[at(0), 1]] }],
      1,
    ],
    [
      'of version 2, but those behind it',
      [
        { labels: m, samples: [[at(-90), 1]] },
        { labels: ['__name__', 'n'], samples: [[at(0), 1]] },
      ],
      1,
    ],
  ])('%s', async (_what, series, made) => {
    const { database, send2 } = await receiving(0)
    expect(await send2(...series)).toBe(400)
    expect(database.stats()).toMatchObject({ series: 1 + made, samplesAppended: 1 + made })
    expect(await send2({ labels: m, samples: [[at(1), 1]] })).toBe(204)
    expect(database.stats().samplesAppended).toBe(2 + made)
  })

  it('and is with a window for late samples, also for one that is too old for it', async () => {
    const { database, send1, send2 } = await receiving(30 * 60_000)
    expect(await send1(['x', at(-90)], ['y', at(0)])).toBe(400)
    expect(database.stats().series).toBe(2)
    expect(await send2({ labels: ['__name__', 'z'], samples: [[at(-90), 1]] })).toBe(400)
    expect(database.stats()).toMatchObject({ series: 3, refused: { tooOld: { float: 2 } } })
  })
})

describe('series that are skipped for their labels', () => {
  it('count where the rest of the request is taken', async () => {
    const { metrics, send1 } = await receiving(0)
    const count = () =>
      /^prometheus_api_remote_write_invalid_labels_samples_total (.*)$/m.exec(metrics.render())?.[1]
    expect(await send1(['', at(0)], ['x', at(-90)])).toBe(400)
    expect(count()).toBe('0')
    expect(await send1(['', at(-90)], ['x', at(0)])).toBe(204)
    expect(count()).toBe('1')
  })
})

describe('a histogram that one request has twice', () => {
  it('counts as out of order once, and one of another value does not, as upstream', async () => {
    const { database, send2 } = await receiving(0)
    const labels = ['__name__', 'h']
    const send = (...counts: readonly number[]) =>
      send2({ labels, histograms: counts.map((count) => [at(0), count] as const) })
    expect(await send(3, 3)).toBe(204)
    expect(database.stats().refused.outOfOrder).toEqual({ float: 0, histogram: 1 })
    expect(await send(3, 3)).toBe(204)
    expect(database.stats().refused.outOfOrder).toEqual({ float: 0, histogram: 3 })
    const others = {
      labels: ['__name__', 'g'],
      histograms: [[at(0), 3] as const, [at(0), 4] as const],
    }
    expect(await send2(others)).toBe(204)
    expect(database.stats().refused.outOfOrder).toEqual({ float: 0, histogram: 3 })
  })
})
