import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { adminRoutes } from './admin-routes.ts'
import type { ApiOptions } from './api-options.ts'
import { backtestRoutes } from './backtest-routes.ts'
import { BodyPieces } from './body-pieces.ts'
import { databaseRoutes } from './database-routes.ts'
import type { ApiError } from './error-reply.ts'
import { exemplarRoutes } from './exemplar-routes.ts'
import { parseForm, parseJsonForm } from './form.ts'
import { isMultipartForm, parseMultipartForm } from './multipart-form.ts'
import { notReady } from './not-ready.ts'
import type { OpenRequests } from './open-requests.ts'
import { openApiRoute } from './openapi-route.ts'
import { Parameters } from './parameters.ts'
import { poolRoutes } from './pool-routes.ts'
import { queryRoutes } from './query-routes.ts'
import type { ApiRoute } from './request.ts'
import type { RequestSpans } from './request-spans.ts'
import { ruleRoutes } from './rule-routes.ts'
import { searchRoutes } from './search-routes.ts'
import { acceptedCoding, sendAnswer, varyByCoding } from './send-answer.ts'
import { statusRoutes } from './status-routes.ts'
import { targetRoutes } from './target-routes.ts'

const prefix = '/api/v1/'

/** Everything below /api/v1/ that answers JSON, and its description. */
export function addApi(
  server: FastifyInstance,
  options: ApiOptions,
  open: OpenRequests,
  spans: RequestSpans,
): void {
  const routes = apiRoutes(options)
  for (const route of [...routes, openApiRoute(options, routes)]) {
    addRoute(server, options, { open, spans }, route)
  }
}

function apiRoutes(options: ApiOptions): readonly ApiRoute[] {
  return [
    ...queryRoutes(options),
    ...exemplarRoutes(options),
    ...targetRoutes(options),
    ...poolRoutes(options),
    ...statusRoutes(options),
    ...ruleRoutes(options),
    ...backtestRoutes(options),
    ...databaseRoutes(options),
    ...adminRoutes(options),
    ...searchRoutes(options),
  ]
}

/** Whether what has this pattern, whatever its method, only reads: a form POST of it is a query. */
export function onlyReads(pattern: string | undefined): boolean {
  return pattern !== undefined && readingPosts.has(pattern)
}

const readingPosts: ReadonlySet<string> = new Set(
  [
    'query',
    'query_range',
    'narthex/explain',
    'query_exemplars',
    'format_query',
    'parse_query',
    'alerts/history',
    'series',
    'labels',
    'search/metric_names',
    'search/label_names',
    'search/label_values',
  ].map((path) => prefix + path),
)

/** What tells how the start goes. */
const beforeReady: ReadonlySet<string> = new Set(['status/walreplay', 'notifications'])

function addRoute(
  server: FastifyInstance,
  options: ApiOptions,
  { open, spans }: { readonly open: OpenRequests; readonly spans: RequestSpans },
  route: ApiRoute,
): void {
  server.route({
    method: [...route.methods],
    url: prefix + route.path,
    handler: async (request, reply) => {
      if (!options.isReady() && !beforeReady.has(route.path)) return notReady(reply)
      const path = pathOf(request)
      // To upstream an escaped slash is one, and what it parts belongs to no route.
      if (Object.values(path).some((part) => part.includes('/'))) return reply.callNotFound()
      const answer = await route.handle({
        parameters: parametersFor(route, request),
        path,
        client: {
          address: request.ip,
          method: request.method,
          path: request.url.split('?', 1)[0] ?? '',
        },
        signal: open.signalOf(reply.raw),
        span: spans.of(request),
        coding: acceptedCoding(request) === 'gzip' ? 'gzip' : undefined,
      })
      return sendAnswer(request, reply, answer)
    },
  })
}

/** Answers an ApiError; anything else is not the client's doing. */
export function sendError(reply: FastifyReply, error: ApiError, status = error.status): void {
  varyByCoding(reply)
  void reply.code(status).type('application/json').send(Buffer.from(error.body))
}

function parametersFor(route: ApiRoute, request: FastifyRequest): Parameters {
  if (route.takesJson === true) return jsonOr(request)
  const { body, headers } = request
  const contentType = headers['content-type']
  const isParts = isMultipartForm(contentType) && body instanceof BodyPieces
  if (!isParts || route.leavesParts === true) return parametersOf(request)
  // Those of the URL come first here, as upstream.
  const query = queryOf(request)
  return new Parameters(parseForm(query), parseMultipartForm(body.whole(), contentType), [query])
}

/** Of the URL and, where there is one, of the form. */
export function parametersOf(request: FastifyRequest): Parameters {
  const form = typeof request.body === 'string' ? request.body : ''
  const query = queryOf(request)
  return new Parameters(parseForm(form), parseForm(query), [form, query])
}

/** The URL's parameters; '' without any. */
export function queryOf({ url }: FastifyRequest): string {
  const question = url.indexOf('?')
  return question < 0 ? '' : url.slice(question + 1)
}

/** Of the URL and of a JSON object, where the body is one. */
function jsonOr(request: FastifyRequest): Parameters {
  const { body } = request
  if (!(body instanceof BodyPieces) || body.length === 0) return parametersOf(request)
  return new Parameters(
    parseJsonForm(new TextDecoder().decode(body.whole())),
    parseForm(queryOf(request)),
  )
}

function pathOf(request: FastifyRequest): Readonly<Record<string, string>> {
  const { params } = request
  const entries = typeof params === 'object' && params !== null ? Object.entries(params) : []
  return Object.fromEntries(entries.map(([name, value]) => [name, String(value)]))
}
