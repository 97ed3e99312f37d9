import { NarthexError } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import { unescapeValues } from '../model/name-escaping.ts'
import { parseExpr } from '../promql/parse/parse.ts'
import { printExpr } from '../promql/parse/print.ts'
import type { QueryBounds, QueryRequest, QueryStatsDetail } from '../storage/query-runner.ts'
import type { ApiOptions } from './api-options.ts'
import { ApiError, badParameter } from './error-reply.ts'
import type { Parameters } from './parameters.ts'
import { type ApiAnswer, type ApiRequest, type ApiRoute, data } from './request.ts'
import { maxTimeMs, minTimeMs } from './time-parameter.ts'

/** Rows A2.1, A2.2 and A2.5 to A2.9: what is answered from samples and from the index. */
export function queryRoutes(options: ApiOptions): readonly ApiRoute[] {
  const both = ['GET', 'POST'] as const
  const run = (request: ApiRequest, query: QueryRequest) => runQuery(options, request, query)
  return [
    {
      methods: both,
      path: 'query',
      handle: (request) => run(request, instantRequest(options, request)),
    },
    {
      methods: both,
      path: 'query_range',
      handle: (request) => run(request, rangeRequest(options, request)),
    },
    { methods: both, path: 'format_query', handle: formatQuery },
    {
      methods: both,
      path: 'series',
      handle: (request) => {
        const matches = request.parameters.all('match[]')
        if (matches.length === 0) throw new ApiError('bad_data', 'no match[] parameter provided')
        return run(request, { kind: 'series', ...metadataRequest(options, request.parameters) })
      },
    },
    {
      methods: both,
      path: 'labels',
      handle: (request) =>
        run(request, { kind: 'label-names', ...metadataRequest(options, request.parameters) }),
    },
    {
      methods: ['GET'],
      path: 'label/:name/values',
      handle: (request) => {
        const label = unescapedName(request.path.name ?? '')
        return run(request, {
          kind: 'label-values',
          label,
          ...metadataRequest(options, request.parameters),
        })
      },
    },
  ]
}

async function runQuery(
  options: ApiOptions,
  request: ApiRequest,
  query: QueryRequest,
): Promise<ApiAnswer> {
  const reply = await options.runner().run(query, request.signal)
  if (reply.ok) return { kind: 'bytes', pieces: reply.body }
  // A query that does not parse is a bad parameter `query` to clients.
  const isQuery = query.kind === 'instant' || query.kind === 'range'
  if (reply.errorType === 'bad_data' && isQuery) throw badParameter('query', reply.message)
  throw new ApiError(reply.errorType, reply.message)
}

function instantRequest(options: ApiOptions, { parameters }: ApiRequest): QueryRequest {
  return {
    kind: 'instant',
    query: parameters.text('query'),
    timeMs: parameters.timeMs('time', Math.floor(options.clock.wallMs())),
    bounds: queryBounds(options, parameters),
    stats: statsDetail(parameters),
  }
}

function rangeRequest(options: ApiOptions, { parameters }: ApiRequest): QueryRequest {
  const startMs = parameters.timeMs('start')
  const endMs = parameters.timeMs('end')
  if (endMs < startMs) throw badParameter('end', 'end timestamp must not be before start time')
  const stepMs = Math.floor(parameters.requiredDurationMs('step'))
  if (stepMs <= 0) {
    const words =
      'zero or negative query resolution step widths are not accepted. Try a positive integer'
    throw badParameter('step', words)
  }
  if ((endMs - startMs) / stepMs > limits.queryPointsPerSeriesMax) {
    throw new ApiError(
      'bad_data',
      'exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)',
    )
  }
  return {
    kind: 'range',
    query: parameters.text('query'),
    startMs,
    endMs,
    stepMs,
    bounds: queryBounds(options, parameters),
    stats: statsDetail(parameters),
  }
}

function queryBounds(options: ApiOptions, parameters: Parameters): QueryBounds {
  const defaults = options.queryDefaults()
  const asked = parameters.durationMs('timeout')
  const lookback = parameters.durationMs('lookback_delta')
  if (lookback !== undefined && lookback <= 0) {
    throw badParameter('lookback_delta', 'must be greater than 0')
  }
  return {
    timeoutMs: Math.min(asked ?? defaults.timeoutMs, defaults.timeoutMs),
    lookbackMs: lookback ?? defaults.lookbackMs,
    samplesMax: defaults.samplesMax,
    subqueryStepMs: defaults.subqueryStepMs,
    limit: parameters.limit(),
  }
}

function statsDetail(parameters: Parameters): QueryStatsDetail {
  const text = parameters.text('stats')
  return text === '' ? 'none' : text === 'all' ? 'all' : 'totals'
}

function metadataRequest(options: ApiOptions, parameters: Parameters) {
  const startMs = parameters.timeMs('start', minTimeMs)
  const endMs = parameters.timeMs('end', maxTimeMs)
  if (endMs < startMs) throw badParameter('end', 'end timestamp must not be before start time')
  const matches = parameters.all('match[]')
  return { matches, startMs, endMs, bounds: queryBounds(options, parameters) }
}

/** Label names that no URL takes arrive escaped (row A2.8). */
function unescapedName(name: string): string {
  const label = unescapeValues(name)
  if (label === '') throw new ApiError('bad_data', `invalid label name: ${JSON.stringify(name)}`)
  return label
}

function formatQuery({ parameters }: ApiRequest): ApiAnswer {
  try {
    return data(printExpr(parseExpr(parameters.text('query'))))
  } catch (thrown) {
    if (thrown instanceof NarthexError) throw badParameter('query', thrown.message)
    throw thrown
  }
}
