import fastify, { type FastifyInstance } from 'fastify'
import { messageOf } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import type { ApiOptions } from './api-options.ts'
import { addApi } from './api-routes.ts'
import { ApiError } from './error-reply.ts'
import { addOperation } from './operation-routes.ts'
import { addPage } from './page-routes.ts'

/** A listening HTTP server; close waits for the answers under way. */
export interface HttpServer {
  /** Answers the port, which matters where 0 was asked. */
  listen(address: { readonly host: string; readonly port: number }): Promise<number>
  close(): Promise<void>
  /** Every route as `METHOD path`, for the tests that walk them. */
  readonly routes: readonly string[]
}

/** The whole HTTP interface of the server (rows A1 to A5); the only file that knows fastify. */
export function createHttpServer(options: ApiOptions): HttpServer {
  const server = fastify({
    bodyLimit: limits.httpFormBytesMax,
    requestTimeout: options.readTimeoutMs,
    keepAliveTimeout: options.readTimeoutMs,
    connectionTimeout: options.readTimeoutMs,
    // Node counts URL and headers together; each is checked by itself below.
    http: {
      maxHeaderSize: limits.httpUrlBytesMax + limits.httpHeadersBytesMax,
      headersTimeout: limits.httpHeadersTimeoutMs,
    },
    routerOptions: { ignoreDuplicateSlashes: false },
    forceCloseConnections: true,
    return503OnClosing: true,
  })
  server.server.maxConnections = options.connectionsMax
  const routes: string[] = []
  server.addHook('onRoute', ({ method, url }) => {
    for (const one of [method].flat()) routes.push(`${one} ${url}`)
  })
  addParsers(server)
  addGuards(server, options)
  addApi(server, options)
  addOperation(server, options)
  addPage(server, options)
  return { ...listening(server), routes }
}

function listening(server: FastifyInstance): Pick<HttpServer, 'listen' | 'close'> {
  return {
    async listen({ host, port }) {
      await server.listen({ host, port })
      const address = server.server.address()
      return typeof address === 'object' && address !== null ? address.port : port
    },
    close: () => server.close(),
  }
}

function addParsers(server: FastifyInstance): void {
  server.removeAllContentTypeParsers()
  server.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    (_request, body, done) => done(null, new URLSearchParams(body.toString())),
  )
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) =>
    done(null, body),
  )
}

function addGuards(server: FastifyInstance, options: ApiOptions): void {
  server.addHook('onRequest', async (request, reply) => {
    reply.header('X-Content-Type-Options', 'nosniff')
    reply.header('X-Frame-Options', 'SAMEORIGIN')
    const headersBytes = request.raw.rawHeaders.reduce((sum, text) => sum + text.length + 2, 0)
    if (headersBytes > limits.httpHeadersBytesMax) {
      return reply
        .code(431)
        .send(`headers of ${headersBytes} bytes, limit ${limits.httpHeadersBytesMax}\n`)
    }
    if (request.url.length > limits.httpUrlBytesMax) {
      return reply
        .code(414)
        .send(`URL of ${request.url.length} bytes, limit ${limits.httpUrlBytesMax}\n`)
    }
    return undefined
  })
  server.setErrorHandler((thrown, _request, reply) => {
    const status = statusOfThrown(thrown)
    if (status >= 500) options.logger.error('Request failed', { err: messageOf(thrown) })
    const error = new ApiError(status < 500 ? 'bad_data' : 'internal', messageOf(thrown))
    void reply.code(status).type('application/json').send(Buffer.from(error.body))
  })
  server.setNotFoundHandler((_request, reply) => {
    void reply.code(404).type('text/plain; charset=utf-8').send('404 page not found\n')
  })
}

function statusOfThrown(thrown: unknown): number {
  if (typeof thrown === 'object' && thrown !== null && 'statusCode' in thrown) {
    const { statusCode } = thrown
    if (typeof statusCode === 'number' && statusCode >= 400) return statusCode
  }
  return 500
}
