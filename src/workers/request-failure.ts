import { NarthexError } from '../base/errors.ts'
import type { QueryErrorType, QueryReply } from '../storage/query-runner.ts'

/**
 * What is answered for an error of ours; rethrows any other. `otherwise` is the type of those that
 * are neither the request's fault nor its end.
 */
export function requestFailure(thrown: unknown, otherwise: QueryErrorType): QueryReply {
  if (!(thrown instanceof NarthexError)) throw thrown
  return { ok: false, errorType: typeOf(thrown, otherwise), message: thrown.message }
}

function typeOf({ code }: NarthexError, otherwise: QueryErrorType): QueryErrorType {
  switch (code) {
    case 'QUERY_PARSE':
    case 'PARAMETER_INVALID':
    case 'BODY_INVALID':
    case 'BODY_TOO_LARGE':
      return 'bad_data'
    case 'QUERY_CANCELED':
      return 'canceled'
    case 'QUERY_TIMEOUT':
      return 'timeout'
    default:
      return otherwise
  }
}
