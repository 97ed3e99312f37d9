import { executeQuery } from '../promql/engine.ts'
import type { EngineFlags } from '../promql/engine-flags.ts'
import type { PreparedQueries } from '../promql/prepared-queries.ts'
import type { Queryable } from '../storage/querier.ts'
import type { QueryControl, QueryReply, QueryRequest } from '../storage/query-runner.ts'
import { answerAlertHistory } from './alert-history-request.ts'
import { answerFederate } from './federate-request.ts'
import { answerMetadata } from './metadata-request.ts'
import { answerQueryText } from './query-text-request.ts'
import { answerRemoteRead } from './remote-read-request.ts'
import { answerRules, LabelRuns } from './rules-request.ts'
import { answerSearch } from './search-request.ts'

interface AnswerTools {
  readonly queryable: Queryable
  readonly control: QueryControl
  readonly engine: EngineFlags
  /** How long the request has waited already. */
  readonly queuedMs: number
  /** Of the database; without them every answer of rules tells its label sets. */
  readonly runs?: LabelRuns
  /** Of the database. */
  readonly prepared?: PreparedQueries
  /** Whether long answers may come with `more`. */
  readonly mayStream?: boolean
}

/** Answers any request of storage/query-runner, on whichever thread the samples are at hand. */
export async function answerRequest(
  request: QueryRequest,
  tools: AnswerTools,
): Promise<QueryReply> {
  const { queryable, control, engine, queuedMs, runs = new LabelRuns(), prepared } = tools
  const mayStream = tools.mayStream === true
  if (request.kind === 'alert-history') return answerAlertHistory(request, queryable, control)
  if (request.kind === 'federate') return answerFederate(request, queryable, control, mayStream)
  if (request.kind === 'remote-read')
    return answerRemoteRead(request, queryable, control, mayStream)
  if (request.kind === 'query-text') return answerQueryText(request, engine.language)
  if (request.kind === 'search') return answerSearch(request, queryable, control, mayStream)
  const isQuery = request.kind === 'instant' || request.kind === 'range'
  if (!isQuery && request.kind !== 'rules') {
    return answerMetadata(request, queryable, control, mayStream)
  }
  const { subqueryStepMs } = request.bounds
  const { language, ...flags } = engine
  const options = { ...flags, ...(subqueryStepMs === undefined ? {} : { subqueryStepMs }) }
  if (request.kind === 'rules') {
    const context = {
      queryable,
      control,
      options,
      language,
      queuedMs,
      ...(prepared && { prepared }),
    }
    return answerRules(request, context, runs)
  }
  // Rules and the library read the whole answer anyway.
  const isSent = request.origin?.kind === 'http'
  const context = {
    queryable,
    control,
    options,
    language,
    queuedMs,
    mayStream: mayStream && isSent,
  }
  return executeQuery(request, prepared === undefined ? context : { ...context, prepared })
}
