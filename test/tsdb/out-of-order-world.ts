import { silentLogger } from '../../src/base/logger.ts'
import { Labels } from '../../src/model/labels.ts'
import { Matcher } from '../../src/model/matcher.ts'
import { Database } from '../../src/tsdb/db.ts'
import { SimClock } from '../sim/sim-clock.ts'
import { SimFileSystem } from '../sim/sim-file-system.ts'
import { allTime, localQuerier, readerOf } from '../support/local-querier.ts'
import { Columns } from './block/block-answers.ts'

export const minuteMs = 60_000

/** A database whose window can be changed while it is open. */
export class World {
  fileSystem = new SimFileSystem()
  windowMinutes: number

  constructor(windowMinutes: number) {
    this.windowMinutes = windowMinutes
    this.fileSystem.makeDirectory('/data')
  }

  /** Whoever has it open is killed: what that one goes on to do is not on this disk. */
  open(options: { readonly snapshotsMemory?: boolean } = {}): Promise<Database> {
    this.fileSystem = this.fileSystem.copy()
    return Database.open({
      ...options,
      directory: '/data',
      fileSystem: this.fileSystem,
      clock: new SimClock(1_000_000 * minuteMs),
      logger: silentLogger,
      lock: async () => ({ release: () => undefined }),
      outOfOrderWindowMs: () => this.windowMinutes * minuteMs,
    })
  }

  folders(): readonly string[] {
    return this.fileSystem.list('/data')
  }

  read(path: string): Uint8Array {
    const file = this.fileSystem.openRead(path)
    const bytes = new Uint8Array(file.sizeBytes)
    file.read(bytes, 0)
    file.close()
    return bytes
  }

  async stored(database: Database, range = allTime): Promise<Record<string, [number, number][]>> {
    // As whoever reads: maintenance may be under way.
    const unpin = database.pin()
    const querier = localQuerier(database, readerOf(database, this.fileSystem), range)
    const matchers = [new Matcher('=', '__name__', 'm')]
    const set = await querier.select({ matchers, ...range, sorted: true })
    const columns = new Columns()
    const found: Record<string, [number, number][]> = {}
    for (let series = 0; series < set.seriesCount; series++) {
      const at = set.labels.offsets[series] ?? 0
      const name = querier.symbols.text(set.labels.labelIds[at + 3] ?? 0)
      const count = set.readFloats(series, range.minTimeMs, range.maxTimeMs, columns)
      found[name] = Array.from({ length: count }, (_, index) => [
        (columns.timestampsMs[index] ?? 0) / minuteMs,
        columns.values[index] ?? 0,
      ])
    }
    querier.close()
    unpin()
    return found
  }
}

export type Sent = readonly [series: string, minutes: number, value: number]

/** One transaction; answers the refusal of each sample, 0 where there is none. */
export function send(
  database: Database,
  samples: readonly Sent[],
  discardOutOfOrder = false,
): number[] {
  const appender = database.appender()
  const ids = Uint32Array.from(samples, ([series]) =>
    appender.series(Labels.of({ __name__: 'm', series })),
  )
  const outcome = appender.append(
    ids,
    Float64Array.from(samples, ([, minutes]) => minutes * minuteMs),
    Float64Array.from(samples, ([, , value]) => value),
    samples.length,
    undefined,
    { discardOutOfOrder },
  )
  const codes = samples.map(() => 0)
  outcome.refusedIndex.forEach((index, at) => {
    codes[index] = outcome.refusedCode[at] ?? 0
  })
  appender.commit()
  return codes
}
