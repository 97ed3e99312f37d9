import { NarthexError } from '../../src/base/errors.ts'
import type {
  QueryControl,
  QueryReply,
  QueryRequest,
  QueryRunner,
} from '../../src/storage/query-runner.ts'
import type { Database } from '../../src/tsdb/db.ts'
import { HeadReader } from '../../src/tsdb/head/head-reader.ts'
import { answerRequest } from '../../src/workers/answer-request.ts'

/** Answers queries over a database in this thread, as a worker would in its own. */
export class DirectRunner implements QueryRunner {
  readonly #reader = new HeadReader()

  constructor(readonly database: Database) {}

  run(request: QueryRequest, signal: AbortSignal): Promise<QueryReply> {
    this.#reader.apply(this.database.updateSince(this.#reader.version))
    const queryable = {
      querier: async (range: { minTimeMs: number; maxTimeMs: number }) =>
        this.#reader.querier(range, {
          snapshot: async (ids, count, since) => this.database.snapshot(ids, count, since),
        }),
    }
    return answerRequest(request, queryable, controlOf(signal))
  }
}

function controlOf(signal: AbortSignal): QueryControl {
  return {
    checkpoint() {
      if (signal.aborted) throw new NarthexError('QUERY_CANCELED', 'the client went away')
      return undefined
    },
  }
}
