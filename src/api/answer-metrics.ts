import { pipeline, Readable, Transform } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { logRequest } from './access-log.ts'
import type { ApiOptions } from './api-options.ts'

/** Row A9.1: a path without a route has no handler of its own, so that clients cannot make new series. */
export function addMetrics(server: FastifyInstance, options: ApiOptions): void {
  const { httpMetrics } = options
  const sizes = new WeakMap<object, number>()
  server.addHook('onRoute', ({ url }) => httpMetrics.serves(url))
  server.addHook('onSend', async (request, reply, payload) => {
    const known = reply.getHeader('content-length')
    if (known !== undefined || !(payload instanceof Readable)) {
      sizes.set(request, Number(known ?? sizeOf(payload)))
      return payload
    }
    const counter = new Transform({
      transform(piece: Uint8Array, _encoding, done) {
        sizes.set(request, (sizes.get(request) ?? 0) + piece.length)
        done(null, piece)
      },
    })
    // Whichever of the two fails, the answer ends, as it does without a counter.
    pipeline(payload, counter, () => undefined)
    return counter
  })
  server.addHook('onResponse', async (request, reply) => {
    const handler = request.routeOptions.url ?? 'none'
    httpMetrics.answered(handler, reply.statusCode, reply.elapsedTime / 1_000)
    const bytes = sizes.get(request) ?? 0
    httpMetrics.sent(handler, bytes)
    if (!options.accessLog) return
    const seconds = reply.elapsedTime / 1_000
    logRequest(options.logger, request.raw, { status: reply.statusCode, seconds, bytes })
  })
}

function sizeOf(payload: unknown): number {
  if (typeof payload === 'string') return Buffer.byteLength(payload)
  return payload instanceof Uint8Array ? payload.length : 0
}
