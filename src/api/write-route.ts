import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { limits } from '../base/limits.ts'
import { SharedTurns } from '../base/shared-turns.ts'
import type { Span } from '../base/tracer.ts'
import type { ApiOptions } from './api-options.ts'
import { BodyPieces } from './body-pieces.ts'
import { notReady } from './not-ready.ts'
import type { RequestSpans } from './request-spans.ts'
import { sentContentType } from './sent-content-type.ts'

/** Remote write, and what is said where a receiver is switched off (rows W2.1 and W4.1). */
export function addWrite(server: FastifyInstance, options: ApiOptions, spans: RequestSpans): void {
  // Of hundreds of senders at once, all would be taken in before a socket is read again.
  const turns = new SharedTurns(options.clock)
  const bounds = { bodyLimit: limits.httpRemoteWriteBytesMax }
  server.post('/api/v1/write', bounds, async (request, reply) => {
    await turns.enter()
    return receiveWrite(options, request, reply, spans.of(request))
  })
  server.post('/api/v1/otlp/v1/metrics', (_request, reply) =>
    switchedOff(reply, 'otlp write receiver', '--web.enable-otlp-receiver'),
  )
}

function switchedOff(reply: FastifyReply, what: string, flag: string): FastifyReply {
  const words = `${what} needs to be enabled with ${flag}\n`
  return reply.code(404).type('text/plain; charset=utf-8').send(words)
}

async function receiveWrite(
  options: ApiOptions,
  request: FastifyRequest,
  reply: FastifyReply,
  span: Span | undefined,
): Promise<FastifyReply> {
  if (!options.isReady()) return notReady(reply)
  const receiver = options.writeReceiver
  if (receiver === undefined) {
    return switchedOff(reply, 'remote write receiver', '--web.enable-remote-write-receiver')
  }
  const body = request.body instanceof BodyPieces ? request.body : new BodyPieces()
  const appended = span?.child('remote write').set('request_size', body.length)
  const { status, text, written } = await receiver().receive(body.pieces, {
    contentType: sentContentType(request),
    contentEncoding: request.headers['content-encoding'] ?? '',
  })
  if (text !== '') appended?.fail(text)
  appended?.end()
  if (written !== undefined) {
    span?.set('samples', written.samples).set('histograms', written.histograms)
    const name = 'X-Prometheus-Remote-Write'
    reply.header(`${name}-Samples-Written`, String(written.samples))
    reply.header(`${name}-Histograms-Written`, String(written.histograms))
    reply.header(`${name}-Exemplars-Written`, String(written.exemplars))
  }
  if (text === '') return reply.code(status).send()
  return reply.code(status).type('text/plain; charset=utf-8').send(`${text}\n`)
}
