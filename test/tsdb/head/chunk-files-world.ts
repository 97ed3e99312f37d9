import type { AppendFile } from '../../../src/base/file-system.ts'
import { silentLogger } from '../../../src/base/logger.ts'
import { Labels } from '../../../src/model/labels.ts'
import { Matcher } from '../../../src/model/matcher.ts'
import { halvesOf } from '../../../src/model/stale-nan.ts'
import type { DatabaseOptions } from '../../../src/tsdb/database-options.ts'
import { Database } from '../../../src/tsdb/db.ts'
import { SimClock } from '../../sim/sim-clock.ts'
import { SimError, SimFileSystem } from '../../sim/sim-file-system.ts'
import { allTime, localQuerier, readerOf } from '../../support/local-querier.ts'

export const nowMs = 1_700_000_000_000
export const file = '/data/chunks_head/000001'

export function open(
  fileSystem: SimFileSystem,
  options: Partial<DatabaseOptions> = {},
): Promise<Database> {
  return Database.open({
    ...options,
    directory: '/data',
    fileSystem,
    clock: options.clock ?? new SimClock(nowMs + 86_400_000),
    logger: silentLogger,
    lock: async () => ({ release: () => undefined }),
  })
}

/** Appends samples `from` to `to` of each of three series, a second apart. */
export function fill(database: Database, from: number, to: number): void {
  for (let step = from; step < to; step++) {
    const appender = database.appender()
    const ids = Uint32Array.from(['a', 'b', 'c'], (name) =>
      appender.series(Labels.of({ __name__: name })),
    )
    const values = new Float64Array(3).fill(Math.sin(step))
    if (step % 50 === 0) halvesOf(values).set([2, 0x7ff00000], 2)
    appender.append(ids, new Float64Array(3).fill(nowMs + step * 1_000), values, 3)
    appender.commit()
  }
}

/** Times and bits of all samples, series after series. */
export async function samples(database: Database, fileSystem: SimFileSystem): Promise<string[]> {
  const querier = localQuerier(database, readerOf(database, fileSystem))
  const set = await querier.select({
    matchers: [new Matcher('!=', '__name__', '')],
    ...allTime,
    sorted: true,
  })
  const columns = {
    timestampsMs: new Float64Array(5_000),
    values: new Float64Array(5_000),
    grow: () => undefined,
  }
  const found: string[] = []
  for (let series = 0; series < set.seriesCount; series++) {
    const count = set.readFloats(series, allTime.minTimeMs, allTime.maxTimeMs, columns)
    const halves = halvesOf(columns.values)
    for (let at = 0; at < count; at++) {
      found.push(`${series} ${columns.timestampsMs[at]} ${halves[at * 2 + 1]}:${halves[at * 2]}`)
    }
  }
  return found
}

/** A disk that, while told so, takes a few bytes of each write to a head chunk file and fails. */
export class FullForChunks extends SimFileSystem {
  isFailing = false
  failures = 0

  override openAppend(path: string, options?: { readonly exclusive?: boolean }): AppendFile {
    const opened = super.openAppend(path, options)
    if (!path.startsWith('/data/chunks_head')) return opened
    const append = (bytes: Uint8Array): void => {
      if (!this.isFailing) {
        opened.append(bytes)
        return
      }
      this.failures++
      opened.append(bytes.subarray(0, 7))
      throw new SimError('ENOSPC')
    }
    return Object.assign(Object.create(opened), { append })
  }
}
