import type { QueryErrorType } from '../storage/query-runner.ts'

export type ApiErrorType = QueryErrorType | 'not_found' | 'not_acceptable'

/** Rows A1.1 and A1.2: the HTTP status of each kind of error. */
const statusOf: Readonly<Record<ApiErrorType, number>> = {
  bad_data: 400,
  execution: 422,
  timeout: 503,
  canceled: 499,
  internal: 500,
  unavailable: 503,
  not_found: 404,
  not_acceptable: 406,
}

/** What a request got wrong, or what went wrong with it: made into the error envelope. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  constructor(
    readonly errorType: ApiErrorType,
    message: string,
  ) {
    super(message)
  }

  get status(): number {
    return statusOf[this.errorType]
  }

  get body(): string {
    return JSON.stringify({ status: 'error', errorType: this.errorType, error: this.message })
  }
}

export function badParameter(name: string, reason: string): ApiError {
  return new ApiError('bad_data', `invalid parameter ${JSON.stringify(name)}: ${reason}`)
}
