import { messageOf } from '../base/errors.ts'
import { type Span, traceHeadersOf } from '../base/tracer.ts'
import type { HttpAnswer } from './http-answer.ts'
import type { HttpRequest } from './http-request.ts'

/** Sends the request as a part of the span, in a span of its own that the server is told of. */
export async function traced(
  request: HttpRequest,
  parent: Span,
  send: (request: HttpRequest) => Promise<HttpAnswer>,
): Promise<HttpAnswer> {
  const method = request.method ?? (request.body === undefined ? 'GET' : 'POST')
  const span = parent.child(`HTTP ${method}`, { kind: 'client' })
  span.set('http.request.method', method)
  try {
    const headers = [...request.headers, ...traceHeadersOf(span.context)]
    const answer = await send({ ...request, headers })
    span.set('http.response.status_code', answer.status)
    span.set('http.response.body.size', answer.bodyBytes)
    if (answer.status >= 400) span.fail(`status ${answer.status}`)
    return answer
  } catch (thrown) {
    span.fail(messageOf(thrown))
    throw thrown
  } finally {
    span.end()
  }
}
