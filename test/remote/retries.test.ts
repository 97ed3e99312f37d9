import { describe, expect, it, onTestFinished } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { nodeFileSystem } from '../../src/base/node-file-system.ts'
import { MetricsRegistry } from '../../src/base/self-metrics.ts'
import { GrowingColumns } from '../../src/model/growing-columns.ts'
import { Matcher } from '../../src/model/matcher.ts'
import { WriteReceiver } from '../../src/remote/write-receiver.ts'
import { Database } from '../../src/tsdb/db.ts'
import { allTime, localQuerier } from '../support/local-querier.ts'
import { remoteWriteBody } from '../support/remote-write-body.ts'
import { bodyV2 } from '../support/remote-write-body-v2.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const nowMs = Math.floor(Date.now() / 1000) * 1000
/** Version 1 is asked about each place in write-receiver.test.ts. */
const every = process.env.NARTHEX_SOAK === undefined ? 17 : 1
const seriesCount = 10
/** Of each series: with those of all series a thousand in a request. */
const samplesEach = 100
const headersOf = {
  v1: { contentType: 'application/x-protobuf', contentEncoding: 'snappy' },
  v2: {
    contentType: 'application/x-protobuf;proto=io.prometheus.write.v2.Request',
    contentEncoding: 'snappy',
  },
}

type Version = keyof typeof headersOf

/** The first or the second thousand samples; `bad` is one of them that is an hour too old. */
function request(version: Version, which: number, bad = -1): Uint8Array {
  const timeOf = (series: number, sample: number) =>
    nowMs +
    which * samplesEach +
    sample -
    (series * samplesEach + sample === bad ? 3_600_000 + samplesEach : 0)
  const all = Array.from({ length: seriesCount }, (_, series) => ({
    labels: ['__name__', 'm', 'n', String(series)],
    samples: Array.from(
      { length: samplesEach },
      (_, sample) => [timeOf(series, sample), series * 1e6 + which * samplesEach + sample] as const,
    ),
  }))
  if (version === 'v2') return bodyV2(...all)
  return remoteWriteBody(
    all.map(({ labels: [, name = '', label = '', value = ''], samples }) => ({
      labels: [['__name__', name] as const, [label, value] as const],
      timestampsMs: samples.map(([timestampMs]) => timestampMs),
      values: Float64Array.from(samples, ([, value]) => value),
    })),
  )
}

class Server {
  readonly #directory = temporaryDirectory()
  readonly #windowMs: number
  #database: Database | undefined

  constructor(windowMs: number) {
    this.#windowMs = windowMs
    onTestFinished(() => this.#database?.close())
  }

  async restart(): Promise<void> {
    await this.#database?.close()
    this.#database = await Database.open({
      directory: this.#directory,
      fileSystem: nodeFileSystem,
      clock: systemClock,
      logger: silentLogger,
      outOfOrderWindowMs: () => this.#windowMs,
      lock: async () => ({ release: () => undefined }),
    })
  }

  get database(): Database {
    if (this.#database === undefined) throw new Error('not started')
    return this.#database
  }

  async send(version: Version, body: Uint8Array): Promise<string> {
    const tools = { logger: silentLogger, metrics: new MetricsRegistry() }
    const receiver = new WriteReceiver({ appendable: this.database, ...tools })
    const { status, text, written } = await receiver.receive(body, headersOf[version])
    const [line = ''] = text.split('\n')
    return [status, line, written?.samples]
      .filter((part) => part !== '')
      .join(' ')
      .trim()
  }

  /** How many samples there are, each of which has to be the one that was sent. */
  async stored(): Promise<number> {
    const querier = localQuerier(this.database)
    const matchers = [new Matcher('=', '__name__', 'm')]
    const set = await querier.select({ matchers, ...allTime, sorted: true })
    const columns = new GrowingColumns(16)
    let stored = 0
    for (let series = 0; series < set.seriesCount; series++) {
      const count = set.readFloats(series, allTime.minTimeMs, allTime.maxTimeMs, columns)
      for (let at = 0; at < count; at++) {
        const place = (columns.timestampsMs[at] ?? 0) - nowMs
        // Names sort as their numbers do: there are ten of them.
        if (columns.values[at] !== series * 1e6 + place) expect.fail(`series ${series} at ${place}`)
      }
      stored += count
    }
    querier.close()
    return stored
  }
}

const thousand = { v1: '204', v2: '204 1000' }

describe.each(['v1', 'v2'] as const)('requests of version %s that come again', (version) => {
  it('in order, twice each and across a restart: what is there already is refused as upstream refuses it', async () => {
    const server = new Server(0)
    await server.restart()
    const [first, second] = [request(version, 0), request(version, 1)]
    // Of each series the newest sample is a duplicate, which is none; those before it are too old.
    const refused = '400 out of order sample'
    const named = `${refused} for series {__name__="m", n="0"}`
    const again = version === 'v1' ? refused : `${named} 10`
    const before = version === 'v1' ? refused : `${named} 0`
    const answers: string[] = []
    for (const body of [first, first, second]) answers.push(await server.send(version, body))
    await server.restart()
    for (const body of [second, first]) answers.push(await server.send(version, body))
    expect(answers).toEqual([thousand[version], again, thousand[version], again, before])
    expect(await server.stored()).toBe(2_000)
  })

  it('in the other order, inside an out-of-order window: all are taken, and stored once', async () => {
    const server = new Server(7_200_000)
    await server.restart()
    const [first, second] = [request(version, 0), request(version, 1)]
    for (const body of [second, first, first, second]) {
      expect(await server.send(version, body)).toBe(thousand[version])
    }
    expect(await server.stored()).toBe(2_000)
    await server.restart()
    for (const body of [first, second]) {
      expect(await server.send(version, body)).toBe(thousand[version])
    }
    expect(await server.stored()).toBe(2_000)
  })
})

describe('a request of version 2', () => {
  it(`with one bad sample keeps the other 999 and says so, whichever of them is the bad one: each ${every}th`, async () => {
    const server = new Server(0)
    await server.restart()
    expect(await server.send('v2', request('v2', 0))).toBe('204 1000')
    for (let bad = 0; bad < 1_000; bad += every) {
      const answer = await server.send('v2', request('v2', bad + 1, bad))
      if (!answer.startsWith('400 out of ') || !answer.endsWith(' 999')) {
        expect.fail(`sample ${bad}: ${answer}`)
      }
    }
    expect(await server.stored()).toBe(1_000 + Math.ceil(1_000 / every) * 999)
  })
})
