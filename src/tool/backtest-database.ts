import { type Clock, systemClock } from '../base/clock.ts'
import { NarthexError } from '../base/errors.ts'
import type { FileSystem } from '../base/file-system.ts'
import { silentLogger } from '../base/logger.ts'
import { Looks } from '../base/looks.ts'
import { temporaryDirectory, temporaryOptions } from '../library/temporary-database.ts'
import type { Matcher } from '../model/matcher.ts'
import type { EngineFlags } from '../promql/engine-flags.ts'
import type { Queryable, TimeRange } from '../storage/querier.ts'
import type {
  QueryControl,
  QueryReply,
  QueryRequest,
  QueryRunner,
} from '../storage/query-runner.ts'
import { DatabaseReader } from '../tsdb/database-reader.ts'
import { Database } from '../tsdb/db.ts'
import { overlaidQuerier } from '../tsdb/merge/overlaid-querier.ts'
import { answerRequest } from '../workers/answer-request.ts'

/** Longer than any backtest: what rules write stays in the head, its full chunks in files. */
const rangeMs = 2 ** 44

/** What rules of a backtest write: a database of its own in a temporary folder. */
export class BacktestDatabase {
  readonly #fileSystem: FileSystem
  readonly database: Database
  readonly reader: DatabaseReader

  private constructor(fileSystem: FileSystem, database: Database) {
    this.#fileSystem = fileSystem
    this.database = database
    this.reader = new DatabaseReader(fileSystem, database.directory)
  }

  static async open(fileSystem: FileSystem, clock: Clock): Promise<BacktestDatabase> {
    const database = await Database.open({
      directory: temporaryDirectory(),
      fileSystem,
      clock,
      logger: silentLogger,
      outOfOrderWindowMs: () => 0,
      ...temporaryOptions,
      blockRangeMs: rangeMs,
      blockRangeMsMax: rangeMs,
    })
    return new BacktestDatabase(fileSystem, database)
  }

  readonly queryable: Queryable = {
    querier: async (range) => {
      this.refresh()
      return this.reader.querier(range, this.port)
    },
  }

  readonly port = {
    snapshot: async (ids: Uint32Array, count: number, since: number) =>
      this.database.snapshot(ids, count, since),
  }

  /** Lets the reader see what was written since. */
  refresh(): void {
    this.reader.apply(this.database.updateSince(this.reader.version))
  }

  /** Answers queries in this thread; each has its own deadline, and ends with the control's. */
  runnerOver(queryable: Queryable, engine: EngineFlags, control: QueryControl): QueryRunner {
    return {
      run: async (request: QueryRequest): Promise<QueryReply> => {
        const bounded = boundedControl(control, request.bounds.timeoutMs)
        // Others may write before it ends.
        const unpin = this.database.pin()
        try {
          return await answerRequest(request, { queryable, control: bounded, engine, queuedMs: 0 })
        } finally {
          unpin()
        }
      },
    }
  }

  async close(): Promise<void> {
    await this.database.close()
    this.#fileSystem.remove(this.database.directory, { recursive: true })
  }
}

/** The past with what rules wrote laid over it, as it is seen at `now`. */
export function overlaidQueryable(
  past: Queryable,
  written: BacktestDatabase,
  overlay: {
    readonly now: { readonly ms: number }
    readonly hidden: readonly (readonly Matcher[])[]
    readonly hiddenFromMs: number
    readonly looks: Looks
  },
): Queryable {
  const { now, ...seen } = overlay
  return {
    async querier(range: TimeRange) {
      const below = await past.querier(range)
      const over = await written.queryable.querier(range)
      return overlaidQuerier(below, { ...seen, over, untilMs: now.ms })
    },
  }
}

/** One that ends after a while as well. */
function boundedControl(control: QueryControl, timeoutMs: number): QueryControl {
  const endMs = systemClock.monotonicMs() + timeoutMs
  const demandTime = () => {
    if (systemClock.monotonicMs() > endMs) {
      throw new NarthexError('QUERY_TIMEOUT', 'query timed out')
    }
  }
  const checkpoint = () => {
    demandTime()
    return control.checkpoint()
  }
  const look = () => {
    demandTime()
    control.looks.now()
  }
  return { checkpoint, looks: new Looks(look, checkpoint) }
}
