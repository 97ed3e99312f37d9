import { expect } from 'vitest'
import { seededRandom } from '../../bench/seeded-random.ts'
import { NativeHistogram } from '../../src/model/histogram.ts'
import { Labels } from '../../src/model/labels.ts'
import { Matcher } from '../../src/model/matcher.ts'
import { halvesOf, isStaleAt, writeStaleAt } from '../../src/model/stale-nan.ts'
import type { ChunkSeriesSet, Querier, TimeRange } from '../../src/storage/querier.ts'
import { readMeta } from '../../src/tsdb/block/meta.ts'
import { isUlid } from '../../src/tsdb/block/ulid.ts'
import { sizeOf } from '../../src/tsdb/block-list.ts'
import type { Database } from '../../src/tsdb/db.ts'
import { allTime, localQuerier, readerOf } from '../support/local-querier.ts'
import { Columns } from '../tsdb/block/block-answers.ts'
import { dataDirectory, newDisk, openOn, recordingLogger } from './database-world.ts'
import { DayModel, type SeriesModel, type Span, sampleKind } from './day-model.ts'
import { SimClock } from './sim-clock.ts'
import type { SimFileSystem } from './sim-file-system.ts'

export const hourMs = 3_600_000
export const scrapeMs = 30_000
const zones = ['a', 'b', 'c'] as const

export interface DayOptions {
  readonly seed: number
  readonly rangesMs: readonly number[]
  readonly retentionMs: number
  readonly startMs: number
}

/** A series that comes and goes; those of the name `up` stay. */
interface Target {
  readonly labels: Labels
  readonly model: SeriesModel
  readonly histogram: NativeHistogram | undefined
  readonly stays: boolean
  isUp: boolean
}

/** Bits that a double may have and arithmetic does not keep. */
const oddHalves = [
  [0x00000001, 0x7ff80000],
  [0xdeadbeef, 0xfff7dead],
  [0x00000000, 0x80000000],
  [0x00000001, 0x00000000],
  [0x00000000, 0x7ff00000],
  [0x00000000, 0xfff00000],
] as const

/** A database, its disk and clock, the targets that are scraped into it, and the model beside it. */
export class DayWorld {
  readonly options: DayOptions
  readonly random: () => number
  readonly model = new DayModel()
  readonly targets: readonly Target[]
  readonly lines: string[] = []
  disk = newDisk()
  clock: SimClock
  lastWriteMs = 0
  #database: Database | undefined
  #columns = new Columns()

  constructor(options: DayOptions, seriesCount: number) {
    this.options = options
    this.random = seededRandom(options.seed)
    this.clock = new SimClock(options.startMs)
    this.targets = Array.from({ length: seriesCount }, (_, n) => this.#target(n))
  }

  get database(): Database {
    if (this.#database === undefined) throw new Error('the database is not open')
    return this.#database
  }

  #target(n: number): Target {
    const stays = n < 4
    const isHistogram = n % 9 === 8
    const name = stays ? 'up' : isHistogram ? 'h' : 'm'
    const zone = zones[n % 3] ?? 'a'
    const pairs = { __name__: name, series: String(n), zone }
    const model = this.model.of(String(n), new Map(Object.entries(pairs)))
    const histogram = isHistogram ? newHistogram(n % 2 === 0) : undefined
    return { labels: Labels.of(pairs), model, histogram, stays, isUp: stays }
  }

  async open(): Promise<void> {
    const { logger, lines } = recordingLogger()
    const { rangesMs, retentionMs } = this.options
    const [rangeMs = 0] = rangesMs
    this.#database = await openOn(this.disk, this.clock, {
      logger,
      retention: { timeMs: retentionMs, sizeBytes: 0 },
      rangeMs,
      rangeMsMax: rangesMs.at(-1) ?? 0,
      reloadIntervalMs: 60_000,
    })
    this.lines.push(...lines)
    lines.push = (...more) => this.lines.push(...more)
  }

  /** The world goes on from what a disk holds, some time later. */
  async liveOn(disk: SimFileSystem, laterMs: number): Promise<void> {
    this.disk = disk
    this.clock = new SimClock(this.clock.wallMs() + laterMs)
    await this.open()
  }

  /** Some targets come and go, the same of one seed. */
  churn(): void {
    for (const target of this.targets) {
      if (target.stays || this.random() > 0.1) continue
      if (target.isUp) this.#append([target], true)
      target.isUp = !target.isUp
    }
  }

  scrape(): void {
    this.#append(
      this.targets.filter(({ isUp }) => isUp),
      false,
    )
  }

  /** One transaction now, acknowledged; of targets that go it has the stale markers. */
  #append(targets: readonly Target[], isStale: boolean): void {
    const timeMs = this.clock.wallMs() + (isStale ? 1 : 0)
    const appender = this.database.appender()
    for (const { labels, model, histogram } of targets) {
      const id = appender.series(labels)
      if (histogram !== undefined && !isStale) {
        grow(histogram, this.random)
        expect(appender.appendHistogram(id, timeMs, histogram)).toBe(0)
        model.add(timeMs, sampleKind.histogram, Float64Array.of(digestOf(histogram)), 0)
        continue
      }
      const value = isStale ? staleValue() : this.#value()
      const { refused } = appender.append(Uint32Array.of(id), Float64Array.of(timeMs), value, 1)
      expect(refused).toBe(0)
      const isHistogram = histogram !== undefined && model.count > 0
      model.add(timeMs, isHistogram ? sampleKind.histogram : sampleKind.float, value, 0)
    }
    appender.commit()
    this.model.newestMs = timeMs
    this.lastWriteMs = this.clock.wallMs()
  }

  #value(): Float64Array {
    const value = Float64Array.of(Math.floor(this.random() * 1_000_000) / 64)
    if (this.random() < 0.02) {
      const odd = oddHalves[Math.floor(this.random() * oddHalves.length)] ?? [0, 0]
      halvesOf(value).set(odd)
    }
    return value
  }

  /** Selector and range by chance; most of them find something. */
  randomSelect(): { matchers: readonly Matcher[]; range: TimeRange } {
    const { random } = this
    const n = String(Math.floor(random() * this.targets.length))
    const choices = [
      [new Matcher('=', 'series', n)],
      [new Matcher('=', '__name__', 'm'), new Matcher('=~', 'series', `${n}|1.`)],
      [new Matcher('=~', '__name__', 'h|up'), new Matcher('!=', 'zone', 'b')],
      [new Matcher('=', 'zone', zones[Math.floor(random() * 3)] ?? 'a')],
      [new Matcher('!~', 'series', '[2-5].*'), new Matcher('!=', '__name__', '')],
      [new Matcher('=', '__name__', 'm'), new Matcher('=', 'zone', 'none')],
    ]
    const matchers = choices[Math.floor(random() * choices.length)] ?? []
    const { startMs } = this.options
    const spanMs = this.clock.wallMs() - startMs
    const minTimeMs = Math.floor(startMs + random() * spanMs)
    const lengthMs = random() ** 2 * spanMs
    return { matchers, range: { minTimeMs, maxTimeMs: Math.floor(minTimeMs + lengthMs) } }
  }

  /** What is wrong with the answer to a select. */
  async faults(
    matchers: readonly Matcher[] = [new Matcher('!=', '__name__', '')],
    range: TimeRange = allTime,
  ): Promise<readonly string[]> {
    const querier = localQuerier(this.database, readerOf(this.database, this.disk), range)
    try {
      const set = await querier.select({ matchers, ...range, sorted: true })
      return [...set.warnings, ...this.#faultsOf(querier, set, matchers, range)].slice(0, 5)
    } finally {
      querier.close()
    }
  }

  #faultsOf(
    querier: Querier,
    set: ChunkSeriesSet,
    matchers: readonly Matcher[],
    range: TimeRange,
  ): string[] {
    const faults: string[] = []
    const seen = new Set<SeriesModel>()
    const kept = { ...range, minTimeMs: Math.max(range.minTimeMs, this.model.keptFromMs) }
    for (let series = 0; series < set.seriesCount; series++) {
      const { offsets, labelIds } = set.labels
      const name = querier.symbols.text(labelIds[(offsets[series] ?? 0) + 3] ?? 0)
      const model = this.model.series.get(name)
      if (model === undefined || !model.satisfies(matchers) || seen.has(model)) {
        faults.push(`series ${name} is twice, or not asked for`)
        continue
      }
      seen.add(model)
      const fault = this.#floatFault(set, series, model, range, kept.minTimeMs)
      const other = histogramFault(set, series, model, range, kept.minTimeMs)
      for (const each of [fault, other]) {
        if (each !== undefined) faults.push(`series ${name}: ${each}`)
      }
    }
    for (const [name, model] of this.model.series) {
      if (seen.has(model) || !model.satisfies(matchers)) continue
      if (new Steps(model, kept).next()) faults.push(`series ${name} is missing`)
    }
    return faults
  }

  #floatFault(
    set: ChunkSeriesSet,
    series: number,
    model: SeriesModel,
    { minTimeMs, maxTimeMs }: TimeRange,
    keptFromMs: number,
  ): string | undefined {
    const count = set.readFloats(series, minTimeMs, maxTimeMs, this.#columns)
    const { timestampsMs, values } = this.#columns
    const halves = halvesOf(values)
    const expected = model.halves
    const steps = new Steps(model, { minTimeMs: keptFromMs, maxTimeMs })
    for (let at = 0; at < count; at++) {
      const isThere = steps.next(sampleKind.float)
      const timeMs = timestampsMs[at] ?? 0
      if (!isThere || steps.timeMs !== timeMs) {
        return `a float at ${timeMs}, expected ${isThere ? steps.timeMs : 'none'}`
      }
      const [low, high] = [halves[at * 2], halves[at * 2 + 1]]
      if (low !== expected[steps.at * 2] || high !== expected[steps.at * 2 + 1]) {
        return `other bits at ${timeMs}: ${high?.toString(16)} ${low?.toString(16)}`
      }
    }
    return steps.next(sampleKind.float) ? `the float at ${steps.timeMs} is missing` : undefined
  }

  /** Blocks on disk by their times, without those that are going. */
  spans(): readonly Span[] {
    return this.disk
      .list(dataDirectory)
      .filter(isUlid)
      .map((ulid) => {
        const { minTimeMs, maxTimeMs } = readMeta(this.disk, `${dataDirectory}/${ulid}`)
        return { minMs: minTimeMs, maxMs: maxTimeMs }
      })
      .sort((a, b) => a.minMs - b.minMs)
  }

  /** Samples and tombstones of all blocks, by their own word. */
  blockCounts(): { readonly samples: number; readonly tombstones: number } {
    const all = this.disk
      .list(dataDirectory)
      .filter(isUlid)
      .map((ulid) => readMeta(this.disk, `${dataDirectory}/${ulid}`).stats)
    const sum = (of: (stats: (typeof all)[number]) => number) =>
      all.reduce((total, stats) => total + of(stats), 0)
    return {
      samples: sum(({ samples }) => samples),
      tombstones: sum(({ tombstones }) => tombstones),
    }
  }

  /** Bytes of the log and the head chunk files, and of blocks. */
  sizes(): { readonly head: number; readonly blocks: number } {
    const size = (name: string) => sizeOf(this.disk, `${dataDirectory}/${name}`)
    const names = this.disk.list(dataDirectory)
    const sum = (of: readonly string[]) => of.reduce((total, name) => total + size(name), 0)
    return {
      head: sum(['wal', 'chunks_head'].filter((name) => names.includes(name))),
      blocks: sum(names.filter((name) => isUlid(name.slice(0, 26)))),
    }
  }
}

/** Goes over the samples of a model in a range that are not deleted. */
class Steps {
  at = -1
  readonly #model: SeriesModel
  readonly #range: TimeRange

  constructor(model: SeriesModel, range: TimeRange) {
    this.#model = model
    this.#range = range
  }

  get timeMs(): number {
    return this.#model.timesMs[this.at] ?? 0
  }

  next(kind?: number): boolean {
    const { timesMs, kinds, isGone, count } = this.#model
    const { minTimeMs, maxTimeMs } = this.#range
    while (++this.at < count) {
      const timeMs = timesMs[this.at] ?? 0
      if (timeMs > maxTimeMs) return false
      if (timeMs < minTimeMs || isGone[this.at] === 1) continue
      if (kind === undefined || kinds[this.at] === kind) return true
    }
    return false
  }
}

function histogramFault(
  set: ChunkSeriesSet,
  series: number,
  model: SeriesModel,
  { minTimeMs, maxTimeMs }: TimeRange,
  keptFromMs: number,
): string | undefined {
  const cursor = set.readHistograms(series, minTimeMs, maxTimeMs)
  const steps = new Steps(model, { minTimeMs: keptFromMs, maxTimeMs })
  const histogram = new NativeHistogram()
  while (cursor.next()) {
    const isThere = steps.next(sampleKind.histogram)
    if (!isThere || steps.timeMs !== cursor.timestampMs) {
      return `a histogram at ${cursor.timestampMs}, expected ${isThere ? steps.timeMs : 'none'}`
    }
    cursor.fill(histogram)
    const isSame = histogram.isStale
      ? isStaleAt(model.halves, steps.at)
      : model.values[steps.at] === digestOf(histogram)
    if (!isSame) return `another histogram at ${steps.timeMs}`
  }
  if (!steps.next(sampleKind.histogram)) return undefined
  return `the histogram at ${steps.timeMs} is missing`
}

function staleValue(): Float64Array {
  const value = new Float64Array(1)
  writeStaleAt(halvesOf(value), 0)
  return value
}

function newHistogram(isFloat: boolean): NativeHistogram {
  const histogram = new NativeHistogram()
  histogram.isFloat = isFloat
  histogram.schema = 2
  histogram.zeroThreshold = 0.001
  histogram.setPositiveSpans(Int32Array.of(-2, 3, 2, 5), 2)
  histogram.positiveBucketCount = 8
  histogram.setNegativeSpans(Int32Array.of(0, 2), 1)
  histogram.negativeBucketCount = 2
  return histogram
}

/** A counter that goes on, and now and then starts anew. */
function grow(histogram: NativeHistogram, random: () => number): void {
  const isReset = random() < 0.01
  const { positiveBuckets, negativeBuckets } = histogram
  histogram.zeroCount = isReset ? 0 : histogram.zeroCount + Math.floor(random() * 3)
  histogram.count = histogram.zeroCount
  const sides = [
    [positiveBuckets, 8],
    [negativeBuckets, 2],
  ] as const
  for (const [buckets, count] of sides) {
    for (let at = 0; at < count; at++) {
      buckets[at] = isReset ? 0 : (buckets[at] ?? 0) + Math.floor(random() * 9)
      histogram.count += buckets[at] ?? 0
    }
  }
  histogram.sum[0] = (histogram.sum[0] ?? 0) + random() * 100
}

/** One number of everything that a histogram says. */
function digestOf({ count, zeroCount, sumHalves, ...rest }: NativeHistogram): number {
  let digest = rest.isFloat ? 17 : 23
  const mix = (value: number) => {
    digest = Math.imul(digest ^ value, 0x9e3779b1) ^ (digest >>> 13)
  }
  for (const value of [count, zeroCount, sumHalves[0] ?? 0, sumHalves[1] ?? 0, rest.schema])
    mix(value)
  for (let at = 0; at < rest.positiveBucketCount; at++) mix(rest.positiveBuckets[at] ?? 0)
  for (let at = 0; at < rest.negativeBucketCount; at++) mix(rest.negativeBuckets[at] ?? 0)
  for (let at = 0; at < rest.positiveSpanCount * 2; at++) mix(rest.positiveSpans[at] ?? 0)
  return digest
}
