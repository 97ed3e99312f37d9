import type { Span } from '../base/tracer.ts'

/** What every request says; redirects keep it but for the path. */
interface RequestHead {
  /** With its query. */
  readonly path: string
  /** GET where there is no body, POST where there is one. */
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE' | undefined
  readonly body?: RequestBody | undefined
  /** name, value, name, value, ... */
  readonly headers: readonly string[]
  /** Aborted: the request rejects with CanceledError. */
  readonly signal?: AbortSignal | undefined
}

/** For an answer that is wanted whole. */
export interface HttpRequest extends RequestHead {
  /** Whose part the request is: it gets a span of its own, and the server its context. */
  readonly span?: Span | undefined
  /** On the wire; more is NarthexError BODY_TOO_LARGE. */
  readonly bodyBytesMax: number
  /** Of a text that is not compressed, between two line breaks; more is BODY_INVALID. */
  readonly lineBytesMax?: number
  /** With its status the answer is there: a body that is too long, breaks off or hangs is left. */
  readonly needsOnlyStatus?: boolean
  /** Called with the status when the head of an answer has come, of a redirect too. */
  readonly onHead?: (status: number) => void
  /** Until the answer's last byte; then DeadlineError. */
  readonly timeoutMs: number
}

/** For an answer that is read as it comes. */
export interface StreamRequest extends RequestHead {
  /** Until the answer's headers; then DeadlineError. */
  readonly timeoutMs: number
  /** A stream that says nothing for so long fails with DeadlineError. */
  readonly silenceMsMax: number
}

export interface RequestBody {
  readonly contentType: string
  readonly content: string | Uint8Array
}

/** A url-encoded form as a request's body. */
export function formBody(parameters: URLSearchParams): RequestBody {
  return { contentType: 'application/x-www-form-urlencoded', content: parameters.toString() }
}
