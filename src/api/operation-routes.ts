import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { messageOf } from '../base/errors.ts'
import type { ApiOptions } from './api-options.ts'
import { notReady } from './not-ready.ts'

/** Health, readiness, reload, quit and our own metrics (rows A5 and F1.12). */
export function addOperation(server: FastifyInstance, options: ApiOptions): void {
  const healthy = (request: FastifyRequest, reply: FastifyReply) =>
    well(request, reply, 'Prometheus Server is Healthy.\n')
  server.route({ method: ['GET', 'HEAD'], url: '/-/healthy', handler: healthy })
  server.route({
    method: ['GET', 'HEAD'],
    url: '/-/ready',
    handler: (request, reply) =>
      options.isReady() ? well(request, reply, 'Prometheus Server is Ready.\n') : notReady(reply),
  })
  // JSON by its body only, as upstream says it.
  server.get('/version', (_request, reply) =>
    plain(reply, 200, `${JSON.stringify(options.buildInfo)}\n`),
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
    const isFirst = !quitting.has(options.lifecycle)
    quitting.add(options.lifecycle)
    if (!isFirst) return plain(reply, 200, 'Termination already in progress.')
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

/** Of servers that were asked to end. */
const quitting = new WeakSet<object>()

function well(request: FastifyRequest, reply: FastifyReply, text: string): FastifyReply {
  return request.method === 'HEAD' ? reply.code(200).send() : plain(reply, 200, text)
}

function plain(reply: FastifyReply, status: number, text: string): FastifyReply {
  return reply.code(status).type('text/plain; charset=utf-8').send(text)
}
