import { seededRandom } from '../../bench/seeded-random.ts'
import { NarthexError } from '../../src/base/errors.ts'
import { type Logger, silentLogger } from '../../src/base/logger.ts'
import type { MetricsRegistry } from '../../src/base/self-metrics.ts'
import { Labels } from '../../src/model/labels.ts'
import { Matcher } from '../../src/model/matcher.ts'
import type { ChunkSeriesSet, Querier } from '../../src/storage/querier.ts'
import type { BackgroundRunner } from '../../src/tsdb/background-jobs.ts'
import type { RetentionLimits } from '../../src/tsdb/compact/retention.ts'
import type { DatabaseOptions } from '../../src/tsdb/database-options.ts'
import { Database } from '../../src/tsdb/db.ts'
import { allTime, localQuerier, readerOf } from '../support/local-querier.ts'
import { Columns } from '../tsdb/block/block-answers.ts'
import { Model, type SentSample } from './model.ts'
import { SimClock } from './sim-clock.ts'
import { SimFileSystem } from './sim-file-system.ts'

export const dataDirectory = '/data'
/** Of a block from the head; three of them make a larger one, and that is the largest. */
export const rangeMs = 15_000
const retentionMs = 4 * rangeMs
const stepMs = 500
/** The beginning of a large range. */
export const startMs = Math.ceil(1_700_000_000_000 / (3 * rangeMs)) * 3 * rangeMs

/** A disk on which the data directory has been for long. */
export function newDisk(): SimFileSystem {
  const fileSystem = new SimFileSystem()
  fileSystem.makeDirectory(dataDirectory)
  fileSystem.settle()
  return fileSystem
}

/** A logger that keeps the lines of warnings and errors. */
export function recordingLogger(): { readonly logger: Logger; readonly lines: string[] } {
  const lines: string[] = []
  const keep = (message: string, fields?: object) => {
    lines.push(`${message} ${JSON.stringify(fields ?? {})}`)
  }
  return { logger: { ...silentLogger, warn: keep, error: keep }, lines }
}

export const keepAll: RetentionLimits = { timeMs: 0, sizeBytes: 0 }

export interface OpenOptions {
  readonly logger?: Logger
  readonly retention?: RetentionLimits
  readonly reloadIntervalMs?: number
  readonly rangeMs?: number
  readonly rangeMsMax?: number
  readonly background?: BackgroundRunner
  readonly outOfOrderWindowMs?: number
  readonly snapshotsMemory?: boolean
  readonly staleSeriesThreshold?: () => number
  readonly metrics?: MetricsRegistry
  readonly replayStatus?: DatabaseOptions['replayStatus']
  readonly logReaders?: DatabaseOptions['logReaders']
}

/** A database of short ranges, in this thread. */
export function openOn(
  fileSystem: SimFileSystem,
  clock: SimClock,
  options: OpenOptions = {},
): Promise<Database> {
  return Database.open({
    directory: dataDirectory,
    fileSystem,
    clock,
    logger: options.logger ?? silentLogger,
    lock: async () => ({ release: () => undefined }),
    walSegmentBytesMax: 32_768,
    walCompression: 'none',
    blockRangeMs: options.rangeMs ?? rangeMs,
    blockRangeMsMax: options.rangeMsMax ?? 3 * (options.rangeMs ?? rangeMs),
    blockReloadIntervalMs: options.reloadIntervalMs ?? 10 ** 9,
    outOfOrderWindowMs: () => options.outOfOrderWindowMs ?? 0,
    snapshotsMemory: options.snapshotsMemory ?? false,
    staleSeriesThreshold: options.staleSeriesThreshold ?? (() => 0),
    retention: () => options.retention ?? { timeMs: retentionMs, sizeBytes: 0 },
    logReaders: options.logReaders,
    ...(options.metrics === undefined ? {} : { metrics: options.metrics }),
    ...(options.replayStatus === undefined ? {} : { replayStatus: options.replayStatus }),
    ...(options.background === undefined ? {} : { background: options.background }),
  })
}

/** One transaction; throws where it is not acknowledged. */
export function write(database: Database, samples: readonly SentSample[]): void {
  const appender = database.appender()
  try {
    const ids = Uint32Array.from(samples, ({ series }) =>
      appender.series(Labels.of({ __name__: 'm', series })),
    )
    const times = Float64Array.from(samples, ({ timestampMs }) => timestampMs)
    const values = Float64Array.from(samples, ({ value }) => value)
    const { refusedIndex } = appender.append(ids, times, values, samples.length)
    if (refusedIndex.length > 0) throw new Error(`${refusedIndex.length} samples refused`)
  } catch (thrown) {
    appender.rollback()
    throw thrown
  }
  appender.commit()
}

type Stored = Map<string, [number, number][]>

/** All samples, with what the answer warns of. */
export async function storedIn(
  database: Database,
  fileSystem: SimFileSystem,
  range = allTime,
): Promise<{ readonly stored: Stored; readonly warnings: readonly string[] }> {
  // Maintenance may be under way.
  const release = database.pin()
  const querier = localQuerier(database, readerOf(database, fileSystem), range)
  try {
    const matchers = [new Matcher('=', '__name__', 'm')]
    const set = await querier.select({ matchers, ...range, sorted: true })
    return { stored: readStored(querier, set), warnings: set.warnings }
  } finally {
    querier.close()
    release()
  }
}

/** What was selected, by series. */
export function readStored(querier: Querier, set: ChunkSeriesSet): Stored {
  const stored: Stored = new Map()
  const columns = new Columns()
  for (let series = 0; series < set.seriesCount; series++) {
    const place = set.labels.offsets[series] ?? 0
    const name = querier.symbols.text(set.labels.labelIds[place + 3] ?? 0)
    const { minTimeMs, maxTimeMs } = allTime
    const count = set.readFloats(series, minTimeMs, maxTimeMs, columns)
    const samples = Array.from({ length: count }, (_, at): [number, number] => [
      columns.timestampsMs[at] ?? 0,
      columns.values[at] ?? 0,
    ])
    stored.set(name, samples)
  }
  return stored
}

/** What the senders know when the world ends. */
export interface Moment {
  /** How many transactions were begun, and how many of them acknowledged. */
  readonly sent: number
  readonly acknowledged: number
  /** Transactions that were acknowledged before the last sync began. */
  readonly synced: number
}

/** Step n: a sample of each series of the hour, of some that come and go, and now and then a long one. */
function samplesOf(step: number, random: () => number): readonly SentSample[] {
  const timestampMs = startMs + step * stepMs
  const names = ['a', 'b', 'c', 'd', `of ${Math.floor(step / 25)}`]
  // Longer than what is left of a segment: the next one begins in the middle of a transaction.
  if (step === 40 || step === 90) names.push(`long ${step} ${'x'.repeat(30_000)}`)
  return names.map((series) => ({ series, timestampMs, value: random() }))
}

/**
 * Sends a transaction every half second, which is flushed, merged, truncated and retained on the
 * way. The same seed gives the same samples; steps are refused or not as the disk is.
 */
export class Workload {
  readonly transactions: (readonly SentSample[])[] = []
  readonly acknowledged: number[] = []
  synced = 0
  /** How old a block may become; infinite where nothing is deleted. */
  keptMs = retentionMs
  readonly #random: () => number

  constructor(seed = 1) {
    this.#random = seededRandom(seed)
  }

  get moment(): Moment {
    const { transactions, acknowledged, synced } = this
    return { sent: transactions.length, acknowledged: acknowledged.length, synced }
  }

  /** One transaction; throws what the database throws. */
  send(database: Database): void {
    const step = this.transactions.length
    const samples = samplesOf(step, this.#random)
    this.transactions.push(samples)
    write(database, samples)
    this.acknowledged.push(step)
  }

  /** So many steps with maintenance running beside; syncs each second as the clock goes. */
  async run(database: Database, clock: SimClock, steps: number): Promise<void> {
    for (let step = 0; step < steps; step++) {
      this.send(database)
      const { length } = this.acknowledged
      await clock.advance(stepMs)
      if (this.transactions.length % 2 === 0) this.synced = length
      if (this.transactions.length % 5 === 0) await database.maintain()
    }
  }

  /** The same on a disk that may refuse: answers how many transactions were refused. */
  async runThrough(database: Database, clock: SimClock, steps: number): Promise<number> {
    const before = this.acknowledged.length
    for (let step = 0; step < steps; step++) {
      try {
        this.send(database)
      } catch (thrown) {
        const isRefused = thrown instanceof NarthexError && thrown.code === 'TSDB_READ_ONLY'
        if (!isRefused) throw thrown
      }
      await clock.advance(stepMs)
      if (this.transactions.length % 5 === 0) await database.maintain()
    }
    return steps - (this.acknowledged.length - before)
  }

  /** Faults of what is stored, by what had been acknowledged at a moment. */
  faults(stored: Stored, { sent, acknowledged, synced }: Moment, isPowerCut: boolean): string[] {
    const model = new Model()
    for (const samples of this.transactions.slice(0, sent)) model.send(samples)
    const known = this.acknowledged.slice(0, acknowledged)
    for (const step of known) model.acknowledge(this.transactions[step] ?? [])
    const timeOf = (step: number) => startMs + step * stepMs
    const newestEndMs = Math.floor(timeOf(sent) / rangeMs) * rangeMs
    const keptToMs = synced === 0 ? -1 : timeOf(known[synced - 1] ?? 0)
    return [...model.faults(stored, isPowerCut, newestEndMs - this.keptMs, keptToMs)]
  }
}

/** A clock for the life after a crash: time goes on. */
export function clockAfter({ sent }: Moment): SimClock {
  return new SimClock(startMs + sent * stepMs)
}
