import { basePath } from '../shell/base-path.ts'

/** An answer of the API with the time that passed from the request until it was read. */
export interface Answer<T> {
  readonly data: T
  readonly warnings: readonly string[]
  readonly infos: readonly string[]
  readonly elapsedMs: number
}

interface Envelope<T> {
  readonly status: 'success' | 'error'
  readonly data: T
  readonly error?: string
  readonly errorType?: string
  readonly warnings?: readonly string[]
  readonly infos?: readonly string[]
}

/** The server refused or is not there. `kind` is the API's errorType, or what went wrong on the way. */
export class ApiError extends Error {
  constructor(
    readonly kind: string,
    message: string,
    readonly status: number,
  ) {
    super(message)
  }
}

export interface ApiRequest {
  readonly path: string
  readonly parameters?: Readonly<Record<string, string>>
  /** Queries go as a form, so that their length is no matter. */
  readonly method?: 'GET' | 'POST'
  readonly signal: AbortSignal
}

/** Asks /api/v1/PATH. Throws ApiError; an abort throws the browser's own AbortError. */
export async function fetchApi<T>(request: ApiRequest): Promise<Answer<T>> {
  const startMs = performance.now()
  const response = await send(request)
  const text = await response.text()
  const envelope = parseEnvelope<T>(text, response.status)
  if (envelope.status !== 'success')
    throw new ApiError(
      envelope.errorType ?? 'error',
      envelope.error ?? 'no reason given',
      response.status,
    )
  return {
    data: envelope.data,
    warnings: envelope.warnings ?? [],
    infos: envelope.infos ?? [],
    elapsedMs: performance.now() - startMs,
  }
}

async function send({ path, parameters = {}, method = 'GET', signal }: ApiRequest) {
  const form = new URLSearchParams(parameters)
  const url = `${basePath}api/v1/${path}`
  try {
    return method === 'POST'
      ? await fetch(url, { method, body: form, signal })
      : await fetch(form.size === 0 ? url : `${url}?${form}`, { signal })
  } catch (thrown) {
    // fetch has one error type for every failure below HTTP.
    if (thrown instanceof TypeError)
      throw new ApiError('unreachable', 'The server does not answer. Is it running?', 0)
    throw thrown
  }
}

function parseEnvelope<T>(text: string, status: number): Envelope<T> {
  try {
    const envelope: Envelope<T> = JSON.parse(text)
    return envelope
  } catch (thrown) {
    if (!(thrown instanceof SyntaxError)) throw thrown
    const notReady = status === 503
    throw new ApiError(
      notReady ? 'not ready' : `HTTP ${status}`,
      notReady ? 'The server is starting and not ready yet.' : text.slice(0, 300) || 'no answer',
      status,
    )
  }
}
