import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { negotiatedFormat } from '../wire/exposition-format.ts'
import type { ApiOptions } from './api-options.ts'
import { parametersOf, queryOf } from './api-routes.ts'
import { formFault } from './form.ts'
import { notReady } from './not-ready.ts'
import type { OpenRequests } from './open-requests.ts'
import { acceptedCoding, sendAnswer, varyByCoding } from './send-answer.ts'

/** The page that other servers scrape (row A8.8). */
export function addFederate(
  server: FastifyInstance,
  options: ApiOptions,
  open: OpenRequests,
): void {
  const { federationErrors, federationWarnings } = options.httpMetrics
  server.get('/federate', async (request: FastifyRequest, reply: FastifyReply) => {
    if (!options.isReady()) return notReady(reply)
    const fault = formFault(queryOf(request))
    if (fault !== undefined) return refuse(reply, 400, `error parsing form values: ${fault}`)
    const { timeoutMs, lookbackMs, samplesMax } = options.queryDefaults()
    const { kind, escaping } = negotiatedFormat(request.headers.accept ?? '')
    const answer = await options.runner().run(
      {
        kind: 'federate',
        matches: parametersOf(request).all('match[]'),
        timeMs: Math.floor(options.clock.wallMs()),
        bounds: { timeoutMs, lookbackMs, samplesMax, limit: 0 },
        format: kind,
        escaping,
        externalLabels: options.externalLabels(),
        coding: acceptedCoding(request) === 'gzip' ? 'gzip' : undefined,
      },
      open.signalOf(reply.raw),
    )
    if (answer.ok) {
      federationWarnings.add(answer.warnings?.length ?? 0)
      const { body: pieces, coding, contentType, more } = answer
      return sendAnswer(request, reply, { kind: 'bytes', pieces, coding, contentType, more })
    }
    const isOurs = answer.errorType !== 'bad_data' && answer.errorType !== 'canceled'
    if (isOurs) federationErrors.add()
    const isBusy = answer.errorType === 'unavailable' || answer.errorType === 'timeout'
    const status = isOurs ? (isBusy ? 503 : 500) : 400
    return refuse(reply, status, answer.message)
  })
}

function refuse(reply: FastifyReply, status: number, words: string): FastifyReply {
  varyByCoding(reply)
  return reply.code(status).type('text/plain; charset=utf-8').send(`${words}\n`)
}
