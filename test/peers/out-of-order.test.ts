import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../bench/seeded-random.ts'
import { systemClock } from '../../src/base/clock.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { nodeFileSystem } from '../../src/base/node-file-system.ts'
import { Labels } from '../../src/model/labels.ts'
import { Matcher } from '../../src/model/matcher.ts'
import { refusalTexts } from '../../src/storage/refusal-texts.ts'
import { Database } from '../../src/tsdb/db.ts'
import { SimClock } from '../sim/sim-clock.ts'
import { raw } from '../support/api-client.ts'
import { allTime, localQuerier } from '../support/local-querier.ts'
import { peer, peersAreAbsent } from '../support/peers.ts'
import { startPrometheus } from '../support/real-prometheus.ts'
import { remoteWriteBody, remoteWriteHeaders } from '../support/remote-write-body.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { tsdbTool } from '../tool/tsdb-tool.ts'
import { Columns } from '../tsdb/block/block-answers.ts'
import { HistogramLoad, openAt } from '../tsdb/head/histogram-world.ts'
import { answeredLines, appendedLine, query } from './histogram-lines.ts'

const minuteMs = 60_000
const windowMinutes = 150
/** Minute 0 of the samples: they end some minutes ago. */
const zeroMs = Math.floor(Date.now() / (120 * minuteMs)) * 120 * minuteMs - 600 * minuteMs
const endSeconds = (zeroMs + 620 * minuteMs) / 1_000
const config = `storage: { tsdb: { out_of_order_time_window: ${windowMinutes}m } }`
const receiver = ['--web.enable-remote-write-receiver']

type Sent = readonly [series: string, minutes: number, value: number]
type Content = Record<string, (readonly [minutes: number, value: number])[]>

function open(directory: string): Promise<Database> {
  return Database.open({
    directory,
    fileSystem: nodeFileSystem,
    clock: systemClock,
    logger: silentLogger,
    lock: async () => ({ release: () => undefined }),
    outOfOrderWindowMs: () => windowMinutes * minuteMs,
    blockReloadIntervalMs: 10 ** 9,
  })
}

async function contentOf(database: Database): Promise<Content> {
  const querier = localQuerier(database)
  const matchers = [new Matcher('=', '__name__', 'm')]
  const set = await querier.select({ matchers, ...allTime, sorted: true })
  const columns = new Columns()
  const content: Content = {}
  for (let series = 0; series < set.seriesCount; series++) {
    const at = set.labels.offsets[series] ?? 0
    const count = set.readFloats(series, allTime.minTimeMs, allTime.maxTimeMs, columns)
    const name = querier.symbols.text(set.labels.labelIds[at + 3] ?? 0)
    content[name] = Array.from({ length: count }, (_, index) => [
      ((columns.timestampsMs[index] ?? 0) - zeroMs) / minuteMs,
      columns.values[index] ?? 0,
    ])
  }
  querier.close()
  return content
}

async function contentOfPrometheus(url: string): Promise<Content> {
  const content: Content = {}
  for (const { metric, values } of await raw(url, 'm', '2d', endSeconds)) {
    content[metric.series ?? ''] = values.map(([seconds, value]) => [
      (Math.round(seconds * 1_000) - zeroMs) / minuteMs,
      Number(value),
    ])
  }
  return content
}

/** One transaction; answers why its first refused sample was refused, or ''. */
function append(database: Database, samples: readonly Sent[]): string {
  const appender = database.appender()
  const ids = Uint32Array.from(samples, ([series]) =>
    appender.series(Labels.of({ __name__: 'm', series })),
  )
  const times = Float64Array.from(samples, ([, minutes]) => zeroMs + minutes * minuteMs)
  const values = Float64Array.from(samples, ([, , value]) => value)
  const { refused, refusedCode } = appender.append(ids, times, values, samples.length)
  const code = refused === 0 ? 0 : (refusedCode[0] ?? 0)
  if (code === 0) appender.commit()
  else appender.rollback()
  return code === 0 ? '' : (refusalTexts[code] ?? `code ${code}`)
}

async function send(url: string, samples: readonly Sent[]): Promise<string> {
  const body = remoteWriteBody(
    samples.map(([series, minutes, value]) => ({
      labels: [
        ['__name__', 'm'],
        ['series', series],
      ],
      timestampsMs: [zeroMs + minutes * minuteMs],
      values: Float64Array.of(value),
    })),
  )
  const request = { method: 'POST', body, headers: remoteWriteHeaders }
  const response = await fetch(`${url}/api/v1/write`, request)
  const text = (await response.text()).trim()
  if (response.status === 204) return ''
  return Object.values(refusalTexts).find((known) => text.startsWith(known)) ?? text
}

/** Samples one by one, as servers and clocks disagree: many of them late, some twice, some too late. */
function* oneByOne(random: () => number): Generator<Sent> {
  for (let minute = 300; minute < 420; minute++) {
    yield ['a', minute, minute]
    if (minute % 3 === 0) yield ['b', minute, minute]
    for (let late = 0; late < 3; late++) {
      const at = minute - Math.floor(random() * (windowMinutes + 20))
      const series = ['a', 'b', 'c', 'd'][Math.floor(random() * 4)] ?? 'a'
      // A time that was sent in order has the same value, or which of two is kept would be chance.
      yield [series, at + (random() < 0.7 ? 0.5 : 0), at]
    }
    if (minute % 10 === 0) yield ['a', minute, -1]
  }
}

/** Far more than 32 of each series, a transaction for each minute. */
function batches(): readonly (readonly Sent[])[] {
  return Array.from({ length: 120 }, (_, step) =>
    ['a', 'b', 'e'].map((series): Sent => {
      const minutes = 300 + ((step * 37) % 120) + 0.25
      return [series, minutes, minutes / 3]
    }),
  )
}

describe.skipIf(peersAreAbsent)('out-of-order samples beside the real Prometheus', () => {
  it('are taken and refused alike, and each reads what the other left when it was killed', {
    timeout: 180_000,
  }, async () => {
    const theirs = temporaryDirectory()
    const ours = join(temporaryDirectory(), 'data')
    const prometheus = await startPrometheus(theirs, receiver, config)
    const database = await open(ours)
    const answers: string[] = []
    for (const sample of oneByOne(seededRandom(4))) {
      const answer = append(database, [sample])
      answers.push(answer)
      expect([sample, await send(prometheus.url, [sample])]).toEqual([sample, answer])
    }
    expect(new Set(answers)).toEqual(
      new Set(['', 'too old sample', 'duplicate sample for timestamp']),
    )
    for (const batch of batches()) {
      expect(append(database, batch)).toBe('')
      expect(await send(prometheus.url, batch)).toBe('')
    }
    const content = await contentOf(database)
    expect(await contentOfPrometheus(prometheus.url)).toEqual(content)
    await prometheus.stop('SIGKILL')

    const copy = temporaryDirectory()
    cpSync(ours, join(copy, 'data'), { recursive: true })
    const dumped = execFileSync(peer('promtool'), ['tsdb', 'dump', join(copy, 'data')])
    const own = await tsdbTool('dump', join(copy, 'data'))
    expect(own.err).toBe('')
    expect(own.out.split('\n').sort()).toEqual(dumped.toString().split('\n').sort())
    const overOurs = await startPrometheus(copy, [], config)
    expect(await contentOfPrometheus(overOurs.url)).toEqual(content)
    expect(overOurs.said).not.toMatch(/Unknown series references|corrupt/i)

    const overTheirs = await open(join(theirs, 'data'))
    expect(await contentOf(overTheirs)).toEqual(content)
    expect(overTheirs.stats().walCorruptions).toBe(0)
    await overTheirs.close()
    await database.close()
  })

  it('in blocks of ours are theirs too, without a window as well', {
    timeout: 180_000,
  }, async () => {
    const ours = join(temporaryDirectory(), 'data')
    const database = await open(ours)
    for (let minute = 0; minute <= 420; minute++) append(database, [['a', minute, minute]])
    for (let minute = 290; minute < 420; minute += 2) {
      append(database, [
        ['a', minute + 0.5, minute],
        ['late', minute + 0.5, -minute],
      ])
    }
    await database.maintain()
    expect(readdirSync(ours).filter((name) => name.length === 26).length).toBeGreaterThan(2)
    for (let minute = 291; minute < 420; minute += 2) append(database, [['a', minute + 0.5, 7]])
    const content = await contentOf(database)
    expect(content.a?.length).toBe(421 + 130)
    // As after kill -9.
    const copy = temporaryDirectory()
    cpSync(ours, join(copy, 'data'), { recursive: true })
    const { url } = await startPrometheus(copy)
    expect(await contentOfPrometheus(url)).toEqual(content)
    await database.close()
  })

  it('of a series that left the head and came back are theirs too', {
    timeout: 180_000,
  }, async () => {
    const ours = join(temporaryDirectory(), 'data')
    const database = await open(ours)
    for (let minute = 0; minute <= 400; minute++) append(database, [['b', minute, minute]])
    await database.maintain()
    for (const minute of [300, 310]) append(database, [['a', minute, minute]])
    await database.maintain()
    expect(database.stats().series).toBe(1)
    for (const minute of [401, 402, 320, 330, 403]) append(database, [['a', minute, minute]])
    const content = await contentOf(database)
    expect(content.a?.map(([minute]) => minute)).toEqual([300, 310, 320, 330, 401, 402, 403])
    const copy = temporaryDirectory()
    cpSync(ours, join(copy, 'data'), { recursive: true })
    const { url } = await startPrometheus(copy)
    expect(await contentOfPrometheus(url)).toEqual(content)
    await database.close()
    const again = await open(ours)
    expect(await contentOf(again)).toEqual(content)
    await again.close()
  })

  it('native histograms out of order are theirs too', { timeout: 180_000 }, async () => {
    const directory = join(temporaryDirectory(), 'data')
    const endMs = zeroMs + 400 * minuteMs
    const clock = new SimClock(endMs)
    const world = { fileSystem: nodeFileSystem, directory, clock, outOfOrderWindowMs: 10 ** 9 }
    const database = await openAt(world)
    const load = new HistogramLoad(5, 8, appendedLine)
    // The newest first; then from everywhere.
    for (let step = 0; step < 300; step++) {
      const timeMs = endMs - ((step * 83) % 300) * minuteMs
      const appender = database.appender()
      load.stage(appender, timeMs)
      appender.commit()
    }
    expect(database.stats().outOfOrderAppended.histograms).toBeGreaterThan(1_500)
    const copy = temporaryDirectory()
    mkdirSync(copy, { recursive: true })
    cpSync(directory, join(copy, 'data'), { recursive: true })
    const withoutFiles = temporaryDirectory()
    cpSync(directory, join(withoutFiles, 'data'), { recursive: true })
    for (const each of [copy, withoutFiles]) {
      if (each === withoutFiles) rmSync(join(each, 'data', 'chunks_head'), { recursive: true })
      const { url } = await startPrometheus(each)
      const found = await query(url, 'h[2d]', endMs)
      expect(found).toHaveLength(8)
      for (const series of found) {
        const expected = [...(load.unmarked[Number(series.metric.n)] ?? [])]
        expected.sort((x, y) => Number.parseInt(x, 10) - Number.parseInt(y, 10))
        expect(answeredLines(series), series.metric.n).toEqual(expected)
      }
    }
    await database.close()
  })
})
