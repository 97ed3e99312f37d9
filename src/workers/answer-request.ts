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
  return request.kind === 'instant' || request.kind === 'range'
    ? executeQuery(request, { queryable, control })
    : answerMetadata(request, queryable, control)
}
