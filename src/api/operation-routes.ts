import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { messageOf } from '../base/errors.ts'
import type { ApiOptions } from './api-options.ts'
import { notReady } from './not-ready.ts'

/** Health, readiness, reload, quit and our own metrics (rows A5 and F1.12). */
export function addOperation(server: FastifyInstance, options: ApiOptions): void {
  const healthy = (_request: FastifyRequest, reply: FastifyReply) =>
    plain(reply, 200, 'Prometheus Server is Healthy.\n')
  server.route({ method: ['GET', 'HEAD'], url: '/-/healthy', handler: healthy })
  server.route({
    method: ['GET', 'HEAD'],
    url: '/-/ready',
    handler: (_request, reply) =>
      options.isReady() ? plain(reply, 200, 'Prometheus Server is Ready.\n') : notReady(reply),
  })
  server.get('/version', (_request, reply) =>
    reply.type('application/json').send(JSON.stringify(options.buildInfo)),
  )
  for (const action of ['reload', 'quit'] as const) {
    server.route({
      method: ['POST', 'PUT'],
      url: `/-/${action}`,
      handler: (_request, reply) => lifecycle(options, action, reply),
    })
    server.get(`/-/${action}`, (_request, reply) =>
      plain(reply, 405, 'Only POST or PUT requests allowed'),
    )
  }
}

async function lifecycle(
  options: ApiOptions,
  action: 'reload' | 'quit',
  reply: FastifyReply,
): Promise<FastifyReply> {
  if (options.lifecycle === undefined) return plain(reply, 403, 'Lifecycle API is not enabled.')
  if (action === 'quit') {
    options.lifecycle.quit()
    return plain(reply, 200, 'Requesting termination... Goodbye!')
  }
  try {
    await options.lifecycle.reload()
    return plain(reply, 200, '')
  } catch (thrown) {
    return plain(reply, 500, `failed to reload config: ${messageOf(thrown)}\n`)
  }
}

function plain(reply: FastifyReply, status: number, text: string): FastifyReply {
  return reply.code(status).type('text/plain; charset=utf-8').send(text)
}
