import { silentLogger } from '../../../src/base/logger.ts'
import type { NativeHistogram } from '../../../src/model/histogram.ts'
import type { Labels } from '../../../src/model/labels.ts'
import { halvesOf, writeStaleAt } from '../../../src/model/stale-nan.ts'
import type { SequenceValue } from '../../../src/promql/parse/series-notation.ts'
import type { Queryable } from '../../../src/storage/querier.ts'
import { encoding } from '../../../src/tsdb/chunk/encoding.ts'
import { DatabaseReader } from '../../../src/tsdb/database-reader.ts'
import { Database } from '../../../src/tsdb/db.ts'
import { SimClock } from '../../sim/sim-clock.ts'
import { SimFileSystem } from '../../sim/sim-file-system.ts'
import { customBucketSeries } from './custom-buckets.ts'
import type { LoadCommand } from './script.ts'

const directory = '/data'

/** A database on a disk in memory, set as upstream's for the scripts: it keeps start timestamps. */
export class TestDatabase {
  readonly #database: Database
  readonly #reader: DatabaseReader
  readonly #value = new Float64Array(1)

  private constructor(database: Database, fileSystem: SimFileSystem) {
    this.#database = database
    this.#reader = new DatabaseReader(fileSystem, directory)
  }

  static async open(): Promise<TestDatabase> {
    const fileSystem = new SimFileSystem()
    fileSystem.makeDirectory(directory)
    const database = await Database.open({
      directory,
      fileSystem,
      clock: new SimClock(),
      logger: silentLogger,
      lock: async () => ({ release: () => undefined }),
      blockRangeMs: 86_400_000,
      blockRangeMsMax: 86_400_000,
      encodings: { floats: encoding.xor2, histogramStarts: true, storesStarts: true },
    })
    return new TestDatabase(database, fileSystem)
  }

  get queryable(): Queryable {
    return {
      querier: async (range) => {
        this.#reader.apply(this.#database.updateSince(this.#reader.version))
        return this.#reader.querier(range, {
          snapshot: async (ids, count, since) => this.#database.snapshot(ids, count, since),
        })
      },
    }
  }

  /** Appends everything in one transaction; throws where a sample is refused. */
  load({ series, stepMs, withHistograms }: LoadCommand): void {
    const appender = this.#database.appender()
    // As upstream, of a series that is loaded twice the last line counts.
    const byLabels = new Map(series.map((one) => [one.labels.key(), one]))
    for (const { labels, values, startOffsetsMs } of byLabels.values()) {
      for (const [index, value] of values.entries()) {
        const timeMs = index * stepMs
        const offsetMs = startOffsetsMs?.[index]
        this.#append(
          appender,
          labels,
          timeMs,
          value,
          offsetMs === undefined ? 0 : timeMs + offsetMs,
        )
      }
    }
    if (withHistograms) {
      for (const { labels, timeMs, histogram } of customBucketSeries(
        [...byLabels.values()],
        stepMs,
      )) {
        this.#append(appender, labels, timeMs, histogramValue(histogram), 0)
      }
    }
    appender.commit()
  }

  #append(
    appender: ReturnType<Database['appender']>,
    labels: Labels,
    timeMs: number,
    value: SequenceValue,
    startMs: number,
  ): void {
    if (value.kind === 'omitted') return
    const id = appender.series(labels)
    let refused = 0
    if (value.kind === 'histogram') {
      refused = appender.appendHistogram(id, timeMs, value.histogram, startMs)
    } else {
      if (value.kind === 'stale') writeStaleAt(halvesOf(this.#value), 0)
      else this.#value[0] = value.value
      const [ids, times] = [Uint32Array.of(id), Float64Array.of(timeMs)]
      const outcome = appender.append(ids, times, this.#value, 1, Float64Array.of(startMs))
      refused = outcome.refused === 0 ? 0 : (outcome.refusedCode[0] ?? 0)
    }
    if (refused !== 0) {
      appender.rollback()
      throw new Error(`${labels.key()} at ${timeMs}: refused with code ${refused}`)
    }
  }

  close(): Promise<void> {
    return this.#database.close()
  }
}

function histogramValue(histogram: NativeHistogram): SequenceValue {
  return { kind: 'histogram', histogram, isHintWritten: false }
}
