import { goJson } from '../model/go-json.ts'
import type { QueryErrorType } from '../storage/query-runner.ts'

/** `disabled` is upstream's `unavailable` for what is switched off, which answers 500. */
export type ApiErrorType = QueryErrorType | 'not_found' | 'not_acceptable' | 'disabled'

/**
 * Rows A1.1 and A1.2: each kind of error as its errorType and its HTTP status. A server that is
 * too busy answers 503, so that clients come again; upstream has no such limit.
 */
const replyOf: Readonly<Record<ApiErrorType, readonly [errorType: string, status: number]>> = {
  bad_data: ['bad_data', 400],
  execution: ['execution', 422],
  timeout: ['timeout', 503],
  canceled: ['canceled', 499],
  internal: ['internal', 500],
  unavailable: ['unavailable', 503],
  disabled: ['unavailable', 500],
  not_found: ['not_found', 404],
  not_acceptable: ['not_acceptable', 406],
}

/** What a request got wrong, or what went wrong with it: made into the error envelope. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  constructor(
    readonly type: ApiErrorType,
    message: string,
  ) {
    super(message)
  }

  get status(): number {
    return replyOf[this.type][1]
  }

  get body(): string {
    const [errorType] = replyOf[this.type]
    return goJson({ status: 'error', errorType, error: this.message })
  }
}

export function badParameter(name: string, reason: string): ApiError {
  return new ApiError('bad_data', `invalid parameter ${JSON.stringify(name)}: ${reason}`)
}
