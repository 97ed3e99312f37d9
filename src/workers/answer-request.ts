import { executeQuery } from '../promql/engine.ts'
import type { Queryable } from '../storage/querier.ts'
import type { QueryControl, QueryReply, QueryRequest } from '../storage/query-runner.ts'
import { answerMetadata } from './metadata-request.ts'

/** Answers any request of storage/query-runner, on whichever thread the samples are at hand. */
export function answerRequest(
  request: QueryRequest,
  queryable: Queryable,
  control: QueryControl,
): Promise<QueryReply> {
  if (request.kind !== 'instant' && request.kind !== 'range') {
    return answerMetadata(request, queryable, control)
  }
  const { subqueryStepMs } = request.bounds
  const options = subqueryStepMs === undefined ? {} : { subqueryStepMs }
  return executeQuery(request, { queryable, control, options })
}
