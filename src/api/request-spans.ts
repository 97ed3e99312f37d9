import type { IncomingMessage } from 'node:http'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { parseTraceparent, type Span, type Tracer } from '../base/tracer.ts'
import type { ApiOptions } from './api-options.ts'

/** One span for each request (row A1.17), a child of the client's where it names one. */
export class RequestSpans {
  readonly #spans = new WeakMap<IncomingMessage, Span>()

  /** Undefined where tracing is off. */
  of(request: FastifyRequest): Span | undefined {
    return this.#spans.get(request.raw)
  }

  addTo(server: FastifyInstance, { tracer }: ApiOptions): void {
    server.addHook('onRequest', (request, _reply, done) => {
      this.#begin(request, tracer)
      done()
    })
    server.addHook('onResponse', (request, reply, done) => {
      this.#end(request, reply.statusCode)
      done()
    })
    // The client went away: nobody was told the status.
    server.addHook('onRequestAbort', (request, done) => {
      this.#end(request, undefined)
      done()
    })
  }

  #begin(request: FastifyRequest, tracer: Tracer): void {
    const [traceparent, tracestate] = [request.headers.traceparent, request.headers.tracestate]
    const parent = parseTraceparent(
      Array.isArray(traceparent) ? undefined : traceparent,
      String(tracestate ?? ''),
    )
    const path = request.url.split('?', 1)[0] ?? ''
    const name = `${request.method} ${path}`
    const span = tracer.start(name, { kind: 'server', parent })
    if (span === undefined) return
    this.#spans.set(request.raw, span)
    span.set('http.request.method', request.method).set('url.path', path)
    span.set('http.route', request.routeOptions.url ?? '').set('client.address', request.ip)
  }

  #end(request: FastifyRequest, status: number | undefined): void {
    const span = this.of(request)
    this.#spans.delete(request.raw)
    if (span === undefined) return
    if (status === undefined) span.fail('the client went away')
    else span.set('http.response.status_code', status)
    if (status !== undefined && status >= 500) span.fail(`status ${status}`)
    span.end()
  }
}
