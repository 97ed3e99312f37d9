import { Labels } from '../../src/model/labels.ts'
import type { SeriesId } from '../../src/model/samples.ts'
import type { Queryable } from '../../src/storage/querier.ts'
import type { Database } from '../../src/tsdb/db.ts'
import { SimClock } from '../sim/sim-clock.ts'
import { SimFileSystem } from '../sim/sim-file-system.ts'
import { readerOf } from '../support/local-querier.ts'
import { openAt } from '../tsdb/head/histogram-world.ts'
import { generatedHistograms } from './generated-histograms.ts'
import { generatedStorage } from './generated-storage.ts'

const minuteMs = 60_000
const directory = '/data'

/** One sample of a series: of a column, or a histogram. */
type Append = (appender: ReturnType<Database['appender']>, id: SeriesId) => void

interface Row {
  readonly labels: Labels
  readonly timeMs: number
  readonly append: Append
}

/**
 * generated-storage.ts and generated-histograms.ts in a real database from time 0 on: in several
 * blocks, in chunks that are full and open, and some of it out of order.
 */
export async function generatedDatabase(seed: number): Promise<{
  readonly database: Database
  readonly queryable: Queryable
}> {
  const fileSystem = new SimFileSystem()
  fileSystem.makeDirectory(directory)
  const clock = new SimClock(0)
  const world = { fileSystem, directory, clock, outOfOrderWindowMs: 30 * minuteMs }
  const database = await openAt(world, {
    blockRangeMs: 5 * minuteMs,
    blockRangeMsMax: 15 * minuteMs,
  })
  const rows = rowsOf(seed)
  const turns = Math.max(...rows.keys()) + 1
  for (let turn = 0; turn < turns; turn++) {
    const appender = database.appender()
    for (const { labels, append } of rows.get(turn) ?? []) append(appender, appender.series(labels))
    appender.commit()
    await clock.advance(minuteMs)
    // The last minutes stay in the head.
    if (turn % 10 === 9 && turn < 35) await database.maintain()
  }
  const reader = readerOf(database, fileSystem)
  const queryable: Queryable = {
    querier: async (range) => {
      reader.apply(database.updateSince(reader.version))
      return reader.querier(range, {
        snapshot: async (ids, count, since) => database.snapshot(ids, count, since),
      })
    },
  }
  return { database, queryable }
}

/** The samples of each minute; every sixteenth comes seven minutes late. */
function rowsOf(seed: number): Map<number, Row[]> {
  const rows = new Map<number, Row[]>()
  let count = 0
  const place = (row: Row) => {
    count++
    const turn = Math.floor(row.timeMs / minuteMs) + (count % 16 === 0 ? 7 : 0)
    const known = rows.get(turn)
    if (known === undefined) rows.set(turn, [row])
    else known.push(row)
  }
  for (const { labels, timestampsMs, values, count: samples } of generatedStorage(seed).series) {
    for (let index = 0; index < samples; index++) {
      const times = timestampsMs.slice(index, index + 1)
      const value = values.slice(index, index + 1)
      const append: Append = (appender, id) => {
        appender.append(Uint32Array.of(id), times, value, 1)
      }
      place({ labels, timeMs: times[0] ?? 0, append })
    }
  }
  for (const { labels, histograms } of generatedHistograms(seed, 0)) {
    for (const [timeMs, histogram] of histograms) {
      const append: Append = (appender, id) => {
        appender.appendHistogram(id, timeMs, histogram, 0)
      }
      place({ labels: Labels.of(labels), timeMs, append })
    }
  }
  return rows
}
