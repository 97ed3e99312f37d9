import { expect } from 'vitest'
import type { FileSystem } from '../../../src/base/file-system.ts'
import { silentLogger } from '../../../src/base/logger.ts'
import { NativeHistogram } from '../../../src/model/histogram.ts'
import { Labels } from '../../../src/model/labels.ts'
import { Matcher } from '../../../src/model/matcher.ts'
import { halvesOf, writeStaleAt } from '../../../src/model/stale-nan.ts'
import type { Appender } from '../../../src/storage/appender.ts'
import type { Querier } from '../../../src/storage/querier.ts'
import type { DatabaseOptions } from '../../../src/tsdb/database-options.ts'
import { Database } from '../../../src/tsdb/db.ts'
import type { SimClock } from '../../sim/sim-clock.ts'
import { allTime, localQuerier, readerOf } from '../../support/local-querier.ts'
import { factsOf } from '../chunk/chunk-reading.ts'
import { Random } from '../chunk/chunk-series.ts'
import { RandomHistograms } from './random-histograms.ts'

/** What one series holds, in order of time: a line for each sample. */
export type Lines = readonly string[]

export function lineOf(timestampMs: number, histogram: NativeHistogram): string {
  return JSON.stringify(factsOf(timestampMs, 0, histogram))
}

interface World {
  readonly fileSystem: FileSystem
  readonly directory: string
  readonly clock: SimClock
  readonly outOfOrderWindowMs?: number
}

export function openAt(world: World, more: Partial<DatabaseOptions> = {}): Promise<Database> {
  const { fileSystem, directory, clock } = world
  return Database.open({
    ...more,
    directory,
    fileSystem,
    clock,
    logger: silentLogger,
    lock: async () => ({ release: () => undefined }),
    blockReloadIntervalMs: 10 ** 9,
    outOfOrderWindowMs: () => world.outOfOrderWindowMs ?? 0,
  })
}

/** Series of histograms, some with floats between, and what was taken of each. */
export class HistogramLoad {
  readonly #random: Random
  readonly #sources: readonly RandomHistograms[]
  readonly taken: readonly string[][]
  /** The same without stale markers, histograms as `line` has them and floats as numbers. */
  readonly unmarked: readonly string[][]
  readonly #line: typeof lineOf
  /** The kind of each series' newest sample. */
  readonly #newest: ('none' | 'float' | NativeHistogram)[]

  constructor(seed: number, seriesCount: number, line = lineOf) {
    this.#line = line
    this.#random = new Random(seed)
    this.#sources = Array.from({ length: seriesCount }, () => new RandomHistograms(this.#random))
    this.taken = this.#sources.map(() => [])
    this.unmarked = this.#sources.map(() => [])
    this.#newest = this.#sources.map(() => 'none')
  }

  /** Stages a sample of each series. */
  stage(appender: Appender, timestampMs: number): void {
    this.#sources.forEach((source, n) => {
      const id = appender.series(Labels.of({ __name__: 'h', n: String(n) }))
      const kind = this.#random.below(n % 3 === 0 ? 40 : 10 ** 6)
      const histogram = source.next()
      if (kind > 2) {
        expect(appender.appendHistogram(id, timestampMs, histogram)).toBe(0)
        this.#note(n, lineOf(timestampMs, histogram), histogram)
        if (!histogram.isStale) this.unmarked[n]?.push(this.#line(timestampMs, histogram))
        return
      }
      const value = Float64Array.of(this.#random.below(1000))
      if (kind === 0) writeStaleAt(halvesOf(value), 0)
      const times = Float64Array.of(timestampMs)
      const outcome = appender.append(Uint32Array.of(id), times, value, 1)
      expect([outcome.staged, outcome.refused]).toEqual([1, 0])
      if (kind !== 0) this.unmarked[n]?.push(`${timestampMs} ${value[0]}`)
      const before = this.#newest[n]
      if (kind === 0 && before instanceof NativeHistogram) {
        const stale = new NativeHistogram()
        stale.isFloat = before.isFloat
        stale.sum.set(value)
        this.#note(n, lineOf(timestampMs, stale), stale)
      } else this.#note(n, floatLine(timestampMs, halvesOf(value), 0), 'float')
    })
  }

  #note(series: number, line: string, newest: 'float' | NativeHistogram): void {
    this.taken[series]?.push(line)
    this.#newest[series] = newest
  }
}

function floatLine(timestampMs: number, halves: Uint32Array, index: number): string {
  return `${timestampMs} ${halves[index * 2 + 1]}:${halves[index * 2]}`
}

/** Everything that the series named h hold, by their label n. */
export async function storedIn(
  database: Database,
  fileSystem: FileSystem,
  range = allTime,
): Promise<Lines[]> {
  const querier = localQuerier(database, readerOf(database, fileSystem), range)
  try {
    return await readAll(querier, range)
  } finally {
    querier.close()
  }
}

async function readAll(querier: Querier, range: typeof allTime): Promise<Lines[]> {
  const matchers = [new Matcher('=', '__name__', 'h')]
  const set = await querier.select({ matchers, ...range, sorted: true })
  expect(set.warnings).toEqual([])
  const columns = {
    timestampsMs: new Float64Array(10_000),
    values: new Float64Array(10_000),
    grow: () => undefined,
  }
  const found: Lines[] = []
  const histogram = new NativeHistogram()
  for (let series = 0; series < set.seriesCount; series++) {
    const { offsets, labelIds } = set.labels
    const n = querier.symbols.text(labelIds[(offsets[series] ?? 0) + 3] ?? 0)
    const rows: { readonly timestampMs: number; readonly line: string }[] = []
    const count = set.readFloats(series, range.minTimeMs, range.maxTimeMs, columns)
    const halves = halvesOf(columns.values)
    for (let index = 0; index < count; index++) {
      const timestampMs = columns.timestampsMs[index] ?? 0
      rows.push({ timestampMs, line: floatLine(timestampMs, halves, index) })
    }
    const cursor = set.readHistograms(series, range.minTimeMs, range.maxTimeMs)
    while (cursor.next()) {
      cursor.fill(histogram)
      rows.push({
        timestampMs: cursor.timestampMs,
        line: lineOf(cursor.timestampMs, histogram),
      })
    }
    found[Number(n)] = rows.sort((a, b) => a.timestampMs - b.timestampMs).map(({ line }) => line)
  }
  return found
}
