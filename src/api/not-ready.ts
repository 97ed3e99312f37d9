import type { FastifyReply } from 'fastify'

/** What is answered while the log is replayed (row A1.5). */
export function notReady(reply: FastifyReply): FastifyReply {
  return reply
    .code(503)
    .header('X-Prometheus-Stopping', 'false')
    .type('text/plain; charset=utf-8')
    .send('Service Unavailable')
}
