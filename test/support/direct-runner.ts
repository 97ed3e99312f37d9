import { NarthexError } from '../../src/base/errors.ts'
import type { FileSystem } from '../../src/base/file-system.ts'
import { noLooks } from '../../src/base/looks.ts'
import { defaultEngineFlags } from '../../src/promql/engine-flags.ts'
import type { TimeRange } from '../../src/storage/querier.ts'
import type {
  QueryControl,
  QueryReply,
  QueryRequest,
  QueryRunner,
} from '../../src/storage/query-runner.ts'
import type { DatabaseReader } from '../../src/tsdb/database-reader.ts'
import type { Database } from '../../src/tsdb/db.ts'
import { answerRequest } from '../../src/workers/answer-request.ts'
import { localQuerier, readerOf } from './local-querier.ts'

/** Answers queries over a database in this thread, as a worker would in its own. */
export class DirectRunner implements QueryRunner {
  readonly #reader: DatabaseReader

  constructor(
    readonly database: Database,
    fileSystem?: FileSystem,
  ) {
    this.#reader = readerOf(database, fileSystem)
  }

  run(request: QueryRequest, signal: AbortSignal): Promise<QueryReply> {
    const queryable = {
      querier: async (range: TimeRange) => localQuerier(this.database, this.#reader, range),
    }
    const control = controlOf(signal)
    const engine = defaultEngineFlags
    return answerRequest(request, { queryable, control, engine, queuedMs: 0 })
  }
}

function controlOf(signal: AbortSignal): QueryControl {
  return {
    checkpoint() {
      if (signal.aborted) throw new NarthexError('QUERY_CANCELED', 'the client went away')
      return undefined
    },
    looks: noLooks,
  }
}
