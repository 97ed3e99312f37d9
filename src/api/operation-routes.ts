import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { messageOf } from '../base/errors.ts'
import type { ApiOptions } from './api-options.ts'

/** Health, readiness, reload, quit and our own metrics (rows A5 and F1.12). */
export function addOperation(server: FastifyInstance, options: ApiOptions): void {
  const healthy = (_request: FastifyRequest, reply: FastifyReply) =>
    plain(reply, 200, 'Prometheus Server is Healthy.\n')
  server.route({ method: ['GET', 'HEAD'], url: '/-/healthy', handler: healthy })
  server.route({
    method: ['GET', 'HEAD'],
    url: '/-/ready',
    handler: (_request, reply) =>
      options.isReady()
        ? plain(reply, 200, 'Prometheus Server is Ready.\n')
        : plain(reply, 503, 'Service Unavailable'),
  })
  server.get('/metrics', (_request, reply) =>
    reply.type('text/plain; version=0.0.4; charset=utf-8').send(options.metrics.render()),
  )
  for (const action of ['reload', 'quit'] as const) {
    server.route({
      method: ['POST', 'PUT'],
      url: `/-/${action}`,
      handler: (request, reply) => lifecycle(options, action, request, reply),
    })
    server.get(`/-/${action}`, (_request, reply) =>
      plain(reply, 405, 'Only POST or PUT requests allowed'),
    )
  }
}

async function lifecycle(
  options: ApiOptions,
  action: 'reload' | 'quit',
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  if (options.lifecycle === undefined) return plain(reply, 403, 'Lifecycle API is not enabled.')
  if (isFromAnotherSite(request)) {
    return plain(reply, 403, 'Requests from the pages of other sites are refused.')
  }
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

/** A browser names the site that a request comes from; other clients send none of these headers. */
function isFromAnotherSite({ headers }: FastifyRequest): boolean {
  const site = headers['sec-fetch-site']
  if (site !== undefined) return site !== 'same-origin' && site !== 'none'
  const { origin, host } = headers
  return origin !== undefined && origin.replace(/^https?:\/\//, '') !== host
}

function plain(reply: FastifyReply, status: number, text: string): FastifyReply {
  return reply.code(status).type('text/plain; charset=utf-8').send(text)
}
