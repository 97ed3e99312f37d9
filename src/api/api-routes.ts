import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { limits } from '../base/limits.ts'
import type { ApiOptions } from './api-options.ts'
import { ApiError } from './error-reply.ts'
import { Parameters } from './parameters.ts'
import { queryRoutes } from './query-routes.ts'
import type { ApiRoute } from './request.ts'
import { sendAnswer } from './send-answer.ts'
import { statusRoutes } from './status-routes.ts'
import { targetRoutes } from './target-routes.ts'

/** Everything below /api/v1/. */
export function addApi(server: FastifyInstance, options: ApiOptions): void {
  const routes = [...queryRoutes(options), ...targetRoutes(options), ...statusRoutes(options)]
  for (const route of routes) addRoute(server, options, route)
  server.post('/api/v1/write', { bodyLimit: limits.httpRemoteWriteBytesMax }, (request, reply) =>
    receiveWrite(options, request, reply),
  )
}

function addRoute(server: FastifyInstance, options: ApiOptions, route: ApiRoute): void {
  server.route({
    method: [...route.methods],
    url: `/api/v1/${route.path}`,
    handler: async (request, reply) => {
      if (!options.isReady() && route.path !== 'status/walreplay') return notReady(reply)
      try {
        const answer = await route.handle({
          parameters: parametersOf(request),
          path: pathOf(request),
          signal: signalOf(reply),
        })
        return sendAnswer(request, reply, answer)
      } catch (thrown) {
        if (!(thrown instanceof ApiError)) throw thrown
        return reply.code(thrown.status).type('application/json').send(Buffer.from(thrown.body))
      }
    },
  })
}

/** Row A1.5. */
function notReady(reply: FastifyReply): FastifyReply {
  return reply
    .code(503)
    .header('X-Prometheus-Stopping', 'false')
    .type('text/plain; charset=utf-8')
    .send('Service Unavailable')
}

function parametersOf(request: FastifyRequest): Parameters {
  const form = request.body instanceof URLSearchParams ? request.body : new URLSearchParams()
  const question = request.url.indexOf('?')
  const query = question < 0 ? '' : request.url.slice(question + 1)
  return new Parameters(form, new URLSearchParams(query))
}

function pathOf(request: FastifyRequest): Readonly<Record<string, string>> {
  const { params } = request
  const entries = typeof params === 'object' && params !== null ? Object.entries(params) : []
  return Object.fromEntries(entries.map(([name, value]) => [name, String(value)]))
}

/** Aborts when the connection closes before the answer is out. */
function signalOf(reply: FastifyReply): AbortSignal {
  const controller = new AbortController()
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) controller.abort()
  })
  return controller.signal
}

async function receiveWrite(
  options: ApiOptions,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  reply.type('text/plain; charset=utf-8')
  const receiver = options.writeReceiver
  if (receiver === undefined) {
    const words =
      'remote write receiver needs to be enabled with --web.enable-remote-write-receiver'
    return reply.code(404).send(`${words}\n`)
  }
  if (!options.isReady()) return notReady(reply)
  const body = request.body instanceof Uint8Array ? request.body : new Uint8Array(0)
  const { status, text } = await receiver().receive(body, {
    contentType: request.headers['content-type'] ?? '',
    contentEncoding: request.headers['content-encoding'] ?? '',
  })
  return reply.code(status).send(text === '' ? undefined : `${text}\n`)
}
