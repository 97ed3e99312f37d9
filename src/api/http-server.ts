import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import fastify, {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerFactory,
} from 'fastify'
import { AssertionError } from '../base/assert.ts'
import { messageOf, NarthexError } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import { logRequest } from './access-log.ts'
import { addMetrics } from './answer-metrics.ts'
import type { ApiOptions } from './api-options.ts'
import { addApi, onlyReads, sendError } from './api-routes.ts'
import { badUrl } from './bad-url.ts'
import { addConsoles } from './console-routes.ts'
import { allowOrigin, originHeaders } from './cross-origin.ts'
import { isFromAnotherSite } from './cross-site.ts'
import { decodedPath } from './decoded-path.ts'
import { ApiError } from './error-reply.ts'
import { addFederate } from './federate-route.ts'
import { cleanPath, redirect } from './go-redirect.ts'
import { addLive } from './live-route.ts'
import { MethodTable, otherSlash } from './method-table.ts'
import { addMetricsPage } from './metrics-routes.ts'
import { OpenRequests } from './open-requests.ts'
import { addOperation } from './operation-routes.ts'
import { addPage } from './page-routes.ts'
import { addProfiles } from './profile-routes.ts'
import { readBody } from './read-body.ts'
import { addRead } from './read-route.ts'
import { RequestSpans } from './request-spans.ts'
import { varyByCoding } from './send-answer.ts'
import { type ListenerBounds, WebGuard } from './web-guard.ts'
import { addWrite } from './write-route.ts'

/** A listening HTTP server. */
export interface HttpServer {
  /** Answers the port, which matters where 0 was asked. */
  listen(address: { readonly host: string; readonly port: number }): Promise<number>
  /** Answers what comes over a connection that was made elsewhere. */
  serve(connection: Duplex): Promise<void>
  /** Stops the queries under way and waits for the answers, at most limits.httpCloseMs. */
  close(): Promise<void>
  /** Every route as `METHOD path`, for the tests that walk them. */
  readonly routes: readonly string[]
}

/** The whole HTTP interface of the server (rows A1 to A5); the only file that runs fastify. */
export function createHttpServer(options: ApiOptions): HttpServer {
  const refused = (request: IncomingMessage, status: number) => {
    if (options.accessLog) logRequest(options.logger, request, { status })
  }
  const { security } = options
  const guard = security === undefined ? undefined : new WebGuard(security, refused)
  const server = newFastify(options, guard)
  const methods = new MethodTable()
  const open = new OpenRequests()
  const spans = new RequestSpans()
  server.addHook('onRoute', ({ method, url }) => {
    for (const one of [method].flat()) methods.add(one, url)
  })
  addParsers(server)
  spans.addTo(server, options)
  addGuards(server, options, open)
  if (guard !== undefined) addHeaders(server, guard)
  addMetrics(server, options)
  addFailures(server, options, methods)
  addApi(server, options, open, spans)
  addWrite(server, options, spans)
  addRead(server, options, open)
  addFederate(server, options, open)
  addOperation(server, options)
  addMetricsPage(server, options)
  addLive(server, options, open)
  addProfiles(server, options, open)
  addConsoles(server, options, open)
  addPage(server, options)
  return {
    async listen({ host, port }) {
      await server.listen({ host, port })
      const address = server.server.address()
      return typeof address === 'object' && address !== null ? address.port : port
    },
    async serve(connection) {
      await server.ready()
      server.server.emit('connection', connection)
    },
    async close() {
      open.close()
      const late = options.clock.after(limits.httpCloseMs, () =>
        server.server.closeAllConnections(),
      )
      await server.close()
      late.cancel()
    },
    routes: methods.list(),
  }
}

/** Each limit stands here, since fastify's own defaults are none (RELIABILITY row 36). */
function newFastify(options: ApiOptions, guard: WebGuard | undefined): FastifyInstance {
  const { readTimeoutMs, connectionsMax, routePrefix } = options
  const bounds = listenerBounds(options)
  const { headersTimeout, connectionsCheckingInterval, maxHeaderSize } = bounds
  const factory: { serverFactory?: FastifyServerFactory } =
    guard === undefined ? {} : { serverFactory: (listener) => guard.listener(listener, bounds) }
  const server: FastifyInstance = fastify({
    ...factory,
    rewriteUrl: ({ url = '/' }) => withoutPrefix(url, routePrefix),
    bodyLimit: limits.httpFormBytesMax,
    requestTimeout: readTimeoutMs,
    keepAliveTimeout: readTimeoutMs,
    connectionTimeout: readTimeoutMs,
    http: { maxHeaderSize, headersTimeout, connectionsCheckingInterval },
    routerOptions: {
      ignoreDuplicateSlashes: false,
      ignoreTrailingSlash: false,
      caseSensitive: true,
      maxParamLength: limits.httpUrlBytesMax,
    },
    exposeHeadRoutes: false,
    forceCloseConnections: 'idle',
    return503OnClosing: true,
    frameworkErrors: (error, request, reply) => {
      allowOrigin(options.crossOrigin, request, reply)
      if (request.method === 'OPTIONS') return noContent(reply)
      return sendError(reply, badUrl(request.url, error.message), error.statusCode ?? 400)
    },
  })
  server.server.maxConnections = connectionsMax
  const { connectionsAccepted, connectionsClosed } = options.httpMetrics
  server.server.on('connection', (socket) => {
    connectionsAccepted.add()
    socket.once('close', () => connectionsClosed.add())
  })
  return server
}

function listenerBounds({ readTimeoutMs }: ApiOptions): ListenerBounds {
  return {
    // Node counts URL and headers together; each is checked by itself below.
    maxHeaderSize: limits.httpUrlBytesMax + limits.httpHeadersBytesMax,
    headersTimeout: Math.min(limits.httpHeadersTimeoutMs, readTimeoutMs),
    connectionsCheckingInterval: limits.httpTimeoutCheckMs,
    requestTimeout: readTimeoutMs,
    keepAliveTimeout: readTimeoutMs,
  }
}

/** At first for answers that are not sent by fastify, and at last over those of the routes. */
function addHeaders(server: FastifyInstance, guard: WebGuard): void {
  server.addHook('onRequest', async (request, reply) => {
    reply.headers(Object.fromEntries(guard.headersOf(request.raw)))
  })
  server.addHook('onSend', async (request, reply) => {
    reply.headers(Object.fromEntries(guard.headersOf(request.raw)))
  })
}

function addParsers(server: FastifyInstance): void {
  server.removeAllContentTypeParsers()
  server.addContentTypeParser(
    'application/x-www-form-urlencoded',
    async (request: FastifyRequest, payload: IncomingMessage) =>
      (await readBody(request, payload)).whole().toString(),
  )
  server.addContentTypeParser('*', readBody)
}

/** The path below the prefix; one of its own for what is not below it. */
function withoutPrefix(url: string, prefix: string): string {
  if (prefix === '') return url
  if (!url.startsWith(prefix)) return outside
  const rest = url.slice(prefix.length)
  if (rest.startsWith('/')) return rest
  return rest === '' || rest.startsWith('?') ? `/${rest}` : outside
}

/** No route has it. */
const outside = '/-/outside-of-the-prefix'

/** Go's servers send every request for such a path to the clean one, before they route it. */
const hasOddParts = /\/\/|\/\.\.?(?:\/|$)/

function toCleanPath(
  { externalPath }: ApiOptions,
  request: FastifyRequest,
  reply: FastifyReply,
  path: string,
): FastifyReply {
  const location = externalPath + cleanPath(path) + askedBehind(request, path)
  return redirect(request, reply, location, 307)
}

/** The parameters; a sign without any is left out. */
function askedBehind({ url }: FastifyRequest, path: string): string {
  const asked = url.slice(path.length)
  return asked === '?' ? '' : asked
}

const binaryType = 'application/octet-stream'

/** Remote write, remote read and OTLP: their bodies are never forms, whatever they are said to be. */
function takesMessages(url: string): boolean {
  return /^\/api\/v1\/(?:write|read|otlp)\b/.test(url)
}

/** Messages and the description are not for pages, and tell no origin of it, as upstream. */
function mayBeShared({ method, url }: FastifyRequest): boolean {
  if (!url.startsWith(apiFolder)) return false
  return method === 'OPTIONS' || !(takesMessages(url) || /^.{8}openapi\.yaml\b/.test(url))
}

const readingMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

function addGuards(server: FastifyInstance, options: ApiOptions, open: OpenRequests): void {
  server.addHook('onRequest', async (request, reply) => {
    reply.header('X-Content-Type-Options', 'nosniff')
    reply.header('X-Frame-Options', 'SAMEORIGIN')
    const path = request.url.split('?', 1)[0] ?? ''
    if (hasOddParts.test(path)) return toCleanPath(options, request, reply, path)
    if (mayBeShared(request)) allowOrigin(options.crossOrigin, request, reply)
    // What is no media type is no form to Go, and nothing to refuse either.
    const { 'content-type': mediaType = binaryType } = request.headers
    const isMediaType = /^[^\s/;]+\/[^\s;]/.test(mediaType)
    if (!isMediaType || takesMessages(request.url)) {
      request.raw.headers['content-type'] = binaryType
    }
    const headersBytes = request.raw.rawHeaders.reduce((sum, text) => sum + text.length + 2, 0)
    if (headersBytes > limits.httpHeadersBytesMax) {
      const words = `headers of ${headersBytes} bytes, limit ${limits.httpHeadersBytesMax}`
      return reply.code(431).send(`${words}\n`)
    }
    if (request.url.length > limits.httpUrlBytesMax) {
      const words = `URL of ${request.url.length} bytes, limit ${limits.httpUrlBytesMax}`
      return reply.code(414).send(`${words}\n`)
    }
    const isReading = readingMethods.has(request.method) || onlyReads(request.routeOptions.url)
    if (!isReading && isFromAnotherSite(request.headers)) {
      return reply.code(403).send('Requests from the pages of other sites are refused.\n')
    }
    return undefined
  })
  server.addHook('onSend', async (request, reply) => {
    // HTTP/2 has no such header.
    if (open.isClosing && request.raw.httpVersionMajor < 2) reply.header('Connection', 'close')
  })
}

function addFailures(server: FastifyInstance, options: ApiOptions, methods: MethodTable): void {
  server.setErrorHandler((thrown, _request, reply) => {
    // Our own state is broken: that ends the process, not the request.
    if (thrown instanceof AssertionError) {
      queueMicrotask(() => {
        throw thrown
      })
    }
    if (thrown instanceof ApiError) return sendError(reply, thrown)
    if (thrown instanceof NarthexError && thrown.code === 'CLOSED') {
      return sendError(reply, new ApiError('unavailable', thrown.message))
    }
    const status = statusOfThrown(thrown)
    if (status >= 500) options.logger.error('Request failed', { err: messageOf(thrown) })
    const type = status < 500 ? 'bad_data' : 'internal'
    return sendError(reply, new ApiError(type, messageOf(thrown)), status)
  })
  server.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0] ?? ''
    const isRoot = options.routePrefix !== '' && request.originalUrl === '/'
    if (isRoot) return redirect(request, reply, options.routePrefix, 302)
    if (request.method === 'OPTIONS' && path.startsWith(apiFolder)) return noContent(reply)
    for (const name of originHeaders) reply.removeHeader(name)
    const better = path === outside ? undefined : betterPath(request.method, path, methods)
    if (better !== undefined) {
      const isFolder = better === apiFolder
      const asked = isFolder ? askedBehind(request, path) : request.url.slice(path.length)
      const location = options.externalPath + better + asked
      const isMoved = request.method === 'GET' && !isFolder
      return redirect(request, reply, location, isMoved ? 301 : 307)
    }
    const decoded = decodedPath(path)
    // What the API's paths begin with is looked at as it is written.
    const isOne = decoded.startsWith(apiFolder) === path.startsWith(apiFolder)
    const allowed = isOne ? methods.of(decoded) : []
    if (allowed.length > 0) reply.header('Allow', allowed.join(', '))
    if (request.method === 'OPTIONS' && allowed.length > 0) return reply.code(200).send()
    reply.type('text/plain; charset=utf-8')
    return allowed.length === 0
      ? reply.code(404).send('404 page not found\n')
      : reply.code(405).send('Method Not Allowed\n')
  })
}

/** What the API answers OPTIONS of any path. */
function noContent(reply: FastifyReply): FastifyReply {
  varyByCoding(reply)
  return reply.code(204).send()
}

/** Where a path that no route has would be one that takes the method, written otherwise. */
function betterPath(method: string, path: string, methods: MethodTable): string | undefined {
  const other = otherSlash(path)
  if (other === apiFolder) return apiFolder
  if (path === '/' || methods.takes(method, path)) return undefined
  return methods.takes(method, other) ? other : methods.closest(method, path)
}

/** What Go's servers lead to from the same without the slash, whatever the method. */
const apiFolder = '/api/v1/'

/** The status that fastify gives its own errors, such as 413. */
function statusOfThrown(thrown: unknown): number {
  if (typeof thrown === 'object' && thrown !== null && 'statusCode' in thrown) {
    const { statusCode } = thrown
    if (typeof statusCode === 'number' && statusCode >= 400) return statusCode
  }
  return 500
}
