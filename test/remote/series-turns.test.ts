import { describe, expect, it, onTestFinished } from 'vitest'
import { silentLogger } from '../../src/base/logger.ts'
import { nodeFileSystem } from '../../src/base/node-file-system.ts'
import { MetricsRegistry } from '../../src/base/self-metrics.ts'
import { snappyTwin } from '../../src/kernels/snappy-twin.ts'
import { NativeHistogram } from '../../src/model/histogram.ts'
import { WriteReceiver } from '../../src/remote/write-receiver.ts'
import { openDatabase } from '../support/open-database.ts'
import { remoteWriteBody } from '../support/remote-write-body.ts'
import { bodyV2 } from '../support/remote-write-body-v2.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { histogramBody } from '../support/written-histogram.ts'
import { lineOf, storedIn } from '../tsdb/head/histogram-world.ts'

const nowMs = Math.floor(Date.now() / 1000) * 1000

/** As storedIn tells it. */
const sevenNow = `${nowMs} ${0x401c0000}:0`

/** A sample of a series h{n="..."}. */
interface Sent {
  readonly n: number
  readonly timestampMs: number
  readonly kind: 'float' | 'histogram'
}

function histogramOf(count: number): NativeHistogram {
  const histogram = new NativeHistogram()
  histogram.count = count
  histogram.zeroCount = count
  return histogram
}

/** Series of a body stand in it one behind the other. */
function bodyV1(series: readonly Sent[]): Uint8Array {
  const parts = series.map(({ n, timestampMs, kind }) => {
    const labels = [
      ['__name__', 'h'],
      ['n', String(n)],
    ] as const
    const part =
      kind === 'float'
        ? remoteWriteBody([{ labels, timestampsMs: [timestampMs], values: Float64Array.of(7) }])
        : histogramBody([{ labels, histograms: [[timestampMs, histogramOf(3)]] }])
    return Buffer.from(snappyTwin.uncompress([part], 1 << 20))
  })
  return snappyTwin.compress(Buffer.concat(parts))
}

const versions = {
  1: {
    contentType: 'application/x-protobuf',
    body: bodyV1,
  },
  2: {
    contentType: 'application/x-protobuf;proto=io.prometheus.write.v2.Request',
    body: (series: readonly Sent[]) =>
      bodyV2(
        ...series.map(({ n, timestampMs, kind }) => ({
          labels: ['__name__', 'h', 'n', String(n)],
          ...(kind === 'float'
            ? { samples: [[timestampMs, 7]] as const }
            : { histograms: [[timestampMs, 3]] as const }),
        })),
      ),
  },
} as const

async function receiving(version: 1 | 2) {
  const database = await openDatabase(temporaryDirectory())
  onTestFinished(() => database.close())
  const metrics = new MetricsRegistry()
  const receiver = new WriteReceiver({ appendable: database, logger: silentLogger, metrics })
  const { contentType, body } = versions[version]
  const send = (...series: readonly Sent[]) =>
    receiver.receive(body(series), { contentType, contentEncoding: 'snappy' })
  return { database, send }
}

const float = (n: number, timestampMs: number): Sent => ({ n, timestampMs, kind: 'float' })
const histogram = (n: number, timestampMs: number): Sent => ({ n, timestampMs, kind: 'histogram' })

describe.each([1, 2] as const)('what a request of version %i brings', (version) => {
  it.each([
    ['a histogram before a float of its time', histogram, float, lineOf(nowMs, histogramOf(3))],
    ['a float before a histogram of its time', float, histogram, sevenNow],
  ] as const)('is kept in the order of its series: %s', async (_what, first, second, kept) => {
    const { database, send } = await receiving(version)
    const { status } = await send(first(0, nowMs), float(1, nowMs), second(0, nowMs))
    expect(status).toBe(204)
    expect(await storedIn(database, nodeFileSystem)).toEqual([[kept], [sevenNow]])
  })
})

describe('what a request of version 1 is refused for', () => {
  it.each([
    ['a histogram before a float', histogram, float, 'out of bounds', 'out of order sample'],
    ['a float before a histogram', float, histogram, 'out of bounds', 'out of order sample'],
  ] as const)('is the first in the order of its series: %s', async (_what, a, b, first, second) => {
    const { send } = await receiving(1)
    await send(a(0, nowMs), b(1, nowMs))
    const [tooOld, late] = [nowMs - 7_200_000, nowMs - 1]
    expect(await send(a(0, tooOld), b(1, late))).toEqual({ status: 400, text: first })
    expect(await send(a(0, late), b(1, tooOld))).toEqual({ status: 400, text: second })
  })

  it('lets no series behind a histogram of a known one be made', async () => {
    const { database, send } = await receiving(1)
    await send(histogram(0, nowMs))
    expect((await send(histogram(0, nowMs - 1), float(1, nowMs))).status).toBe(400)
    expect((await send(float(1, nowMs), histogram(0, nowMs - 1))).status).toBe(400)
    expect(database.stats()).toMatchObject({ series: 2, samplesAppended: 1 })
  })
})
