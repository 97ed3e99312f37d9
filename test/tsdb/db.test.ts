import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { lockDirectory } from '../../src/base/node-directory-lock.ts'
import { nodeFileSystem } from '../../src/base/node-file-system.ts'
import { Labels } from '../../src/model/labels.ts'
import { Matcher } from '../../src/model/matcher.ts'
import { halvesOf } from '../../src/model/stale-nan.ts'
import type { SampleColumns } from '../../src/storage/querier.ts'
import { Database } from '../../src/tsdb/db.ts'
import { allTime, localQuerier, readerOf } from '../support/local-querier.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

function openDatabase(directory: string): Promise<Database> {
  return Database.open({
    directory,
    fileSystem: nodeFileSystem,
    clock: systemClock,
    logger: silentLogger,
    lock: (path) => lockDirectory(path, silentLogger),
  })
}

class Columns implements SampleColumns {
  timestampsMs = new Float64Array(0)
  values = new Float64Array(0)
  grow(capacity: number): void {
    if (this.values.length >= capacity) return
    this.timestampsMs = new Float64Array(capacity)
    this.values = new Float64Array(capacity)
  }
}

/** Every sample of the matching series as text: labels, then time and bits. */
async function dump(
  database: Database,
  matchers: readonly Matcher[],
  reader = readerOf(database),
): Promise<Map<string, string[]>> {
  const range = allTime
  const querier = localQuerier(database, reader)
  const set = await querier.select({ matchers, ...range, sorted: true })
  const found = new Map<string, string[]>()
  const columns = new Columns()
  for (let series = 0; series < set.seriesCount; series++) {
    const ids = set.labels.labelIds.subarray(
      set.labels.offsets[series],
      set.labels.offsets[series + 1],
    )
    const count = set.readFloats(series, range.minTimeMs, range.maxTimeMs, columns)
    const halves = halvesOf(columns.values)
    found.set(
      [...ids].map((id) => querier.symbols.text(id)).join(' '),
      Array.from(
        { length: count },
        (_, index) =>
          `${columns.timestampsMs[index]} ${halves[index * 2 + 1]?.toString(16)}:${halves[index * 2]?.toString(16)}`,
      ),
    )
  }
  return found
}

function append(
  database: Database,
  samples: readonly (readonly [Labels, number, number])[],
): number[] {
  const appender = database.appender()
  const ids = Uint32Array.from(samples, ([labels]) => appender.series(labels))
  const outcome = appender.append(
    ids,
    Float64Array.from(samples, ([, time]) => time),
    Float64Array.from(samples, ([, , value]) => value),
    samples.length,
  )
  const codes = new Array<number>(samples.length).fill(0)
  outcome.refusedIndex.forEach((index, at) => {
    codes[index] = outcome.refusedCode[at] ?? 0
  })
  appender.commit()
  return codes
}

const series = (name: string) => Labels.of({ __name__: 'm', series: name })

describe('the database', () => {
  it('gives back, also after a restart, exactly what a map would hold', {
    timeout: 120_000,
  }, async () => {
    const sample = fc.tuple(
      fc.nat(5),
      fc.integer({ min: 1, max: 400_000 }),
      fc.oneof(fc.double(), fc.constant(Number.NaN), fc.integer({ max: 1000 })),
    )
    const commit = fc.array(sample, { maxLength: 300 })
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(commit, fc.constant('restart' as const)), { maxLength: 20 }),
        async (steps) => {
          const directory = temporaryDirectory()
          let database = await openDatabase(directory)
          let reader = readerOf(database)
          const model = new Map<string, string[]>()
          const newest = new Map<number, number>()
          for (const step of steps) {
            if (step === 'restart') {
              await database.close()
              database = await openDatabase(directory)
              reader = readerOf(database)
              continue
            }
            const rows = step.map(([id, delta, value]) => {
              const time = (newest.get(id) ?? 1_700_000_000_000 - (id % 2) * 1000) + delta
              newest.set(id, time)
              const halves = halvesOf(Float64Array.of(value))
              const key = `__name__ m series ${id}`
              model.set(key, [
                ...(model.get(key) ?? []),
                `${time} ${halves[1]?.toString(16)}:${halves[0]?.toString(16)}`,
              ])
              return [series(String(id)), time, value] as const
            })
            // Within an hour of each other, or else what is old is out of bounds: keep the pace equal.
            const latest = Math.max(0, ...newest.values())
            for (const id of newest.keys())
              newest.set(id, Math.max(newest.get(id) ?? 0, latest - 1_000_000))
            if (append(database, rows).some((code) => code !== 0)) return fc.pre(false)
            if (reader.version === 0)
              expect(await dump(database, [new Matcher('=', '__name__', 'm')])).toEqual(
                sorted(model),
              )
          }
          expect(await dump(database, [new Matcher('=', '__name__', 'm')])).toEqual(sorted(model))
          await database.close()
        },
      ),
      { numRuns: 25 },
    )
  })

  it('refuses what upstream refuses, and says why in a column', async () => {
    const database = await openDatabase(temporaryDirectory())
    const now = Date.now()
    const hour = 3_600_000
    expect(append(database, [[series('a'), now, 1]])).toEqual([0])
    expect(
      append(database, [
        [series('a'), now, 1],
        [series('a'), now, 2],
        [series('a'), now - 1, 1],
        [series('a'), now - hour - 1, 1],
        [series('b'), now - hour - 1, 1],
        [series('b'), now - hour + 1, 1],
        [series('c'), now + 2 * hour, 1],
      ]),
    ).toEqual([0, 3, 1, 2, 2, 0, 4])
    expect((await dump(database, [new Matcher('=~', 'series', 'a|b|c')])).size).toBe(2)
    await database.close()
  })

  it.each([
    [['=', 'series', 'a']],
    [['!=', 'series', 'a']],
    [['=~', 'series', 'a|b.*']],
    [['!~', 'series', 'b.*']],
    [['=', 'other', '']],
    [['!=', 'other', '']],
    [['=~', 'other', '.*']],
    [['=~', 'other', 'x?']],
    [['=~', 'other', '.+']],
    [['=', 'nothing', 'x']],
    [['!=', 'nothing', 'x']],
    [
      ['=~', 'series', '.+'],
      ['!=', 'series', 'c'],
      ['!~', 'other', 'y'],
    ],
  ] as const)('finds the series that satisfy %j', async (...conditions) => {
    const database = await openDatabase(temporaryDirectory())
    const all = ['a', 'b', 'bb', 'c'].flatMap((name) =>
      ['', 'x', 'y'].map((other) => Labels.of({ __name__: 'm', series: name, other })),
    )
    append(
      database,
      all.map((labels) => [labels, Date.now(), 1]),
    )
    const matchers = [
      new Matcher('=', '__name__', 'm'),
      ...conditions.map(([op, name, value]) => new Matcher(op, name, value)),
    ]
    const expected = all.filter((labels) =>
      matchers.every((matcher) => matcher.matches(labels.get(matcher.name))),
    )
    const found = await dump(database, matchers)
    expect([...found.keys()].sort()).toEqual(
      expected.map((labels) => [...labels.entries()].flat().join(' ')).sort(),
    )
    await database.close()
  })

  it('keeps a second process out and names the first', async () => {
    const directory = temporaryDirectory()
    const first = await openDatabase(directory)
    await expect(openDatabase(directory)).rejects.toThrow(
      `${directory} is in use by process ${process.pid}`,
    )
    await first.close()
    await (await openDatabase(directory)).close()
  })
})

function sorted(model: ReadonlyMap<string, string[]>): Map<string, string[]> {
  return new Map([...model].sort(([a], [b]) => (a < b ? -1 : 1)))
}
