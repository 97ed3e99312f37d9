import { limits } from '../base/limits.ts'
import { goQuote } from '../model/go-quote.ts'
import { unescapeValues } from '../model/name-escaping.ts'
import type { EvaluatedRequest } from '../promql/engine.ts'
import type {
  MetadataRequest,
  QueryBounds,
  QueryOrigin,
  QueryRequest,
  QueryStatsDetail,
  QueryTextRequest,
} from '../storage/query-runner.ts'
import type { ApiOptions } from './api-options.ts'
import { ApiError, badParameter } from './error-reply.ts'
import type { Parameters } from './parameters.ts'
import type { ApiAnswer, ApiRequest, ApiRoute } from './request.ts'
import { maxTimeMs, minTimeMs, parseDurationParameterMs } from './time-parameter.ts'

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
    {
      methods: both,
      path: 'narthex/explain',
      handle: (request) => run(request, explainRequest(options, request)),
    },
    {
      methods: both,
      path: 'format_query',
      handle: (request) => run(request, textRequest(options, request, 'formatted')),
    },
    {
      methods: both,
      path: 'parse_query',
      handle: (request) => run(request, textRequest(options, request, 'tree')),
    },
    {
      methods: both,
      path: 'series',
      leavesParts: true,
      handle: (request) => {
        request.parameters.requireWhole()
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
  const { coding, signal, span } = request
  const trace = span === undefined ? {} : { trace: span.context }
  const reply = await options.runner().run({ ...query, coding, ...trace }, signal)
  if (reply.ok) {
    const { body: pieces, coding: applied, more } = reply
    return { kind: 'bytes', pieces, coding: applied, more }
  }
  // A query that does not parse is a bad parameter `query` to clients.
  const isQuery = 'query' in query
  if (reply.errorType === 'bad_data' && isQuery) throw badParameter('query', reply.message)
  throw new ApiError(reply.errorType, reply.message)
}

// Both read their parameters in upstream's order: the first bad one is the one that is named.
function instantRequest(options: ApiOptions, { parameters, client }: ApiRequest): EvaluatedRequest {
  const limit = parameters.limit()
  const time = parameters.exactTimeMsOr('time', Math.floor(options.clock.wallMs()))
  return {
    kind: 'instant',
    query: parameters.text('query'),
    timeMs: Number(time),
    ...exactTimes(time, time),
    bounds: queryBounds(options, parameters, limit),
    origin: originOf(client),
    ...statsOf(parameters),
  }
}

function rangeRequest(options: ApiOptions, { parameters, client }: ApiRequest): EvaluatedRequest {
  const limit = parameters.limit()
  const start = parameters.exactTimeMs('start')
  const end = parameters.exactTimeMs('end')
  if (end < start) throw badParameter('end', 'end timestamp must not be before start time')
  const exactStepMs = parameters.durationMs('step')
  if (exactStepMs <= 0) throw stepNotPositive()
  const startMs = Number(start)
  const endMs = Number(end)
  if (Math.floor((endMs - startMs) / exactStepMs) > limits.queryPointsPerSeriesMax) {
    throw new ApiError(
      'bad_data',
      'exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)',
    )
  }
  const stepMs = Math.floor(exactStepMs)
  if (stepMs === 0) throw stepNotPositive()
  return {
    kind: 'range',
    query: parameters.text('query'),
    startMs,
    endMs,
    stepMs,
    ...exactTimes(start, end),
    bounds: queryBounds(options, parameters, limit),
    origin: originOf(client),
    ...statsOf(parameters),
  }
}

function exactTimes(start: number | bigint, end: number | bigint): Pick<EvaluatedRequest, 'exact'> {
  if (typeof start === 'number' && typeof end === 'number') return {}
  return { exact: { startMs: BigInt(start), endMs: BigInt(end) } }
}

function stepNotPositive(): ApiError {
  const words =
    'zero or negative query resolution step widths are not accepted. Try a positive integer'
  return badParameter('step', words)
}

/** Of our own: the plan of a query, with `analyze=true` what its operators did (docs/explain.md). */
function explainRequest(options: ApiOptions, request: ApiRequest): EvaluatedRequest {
  const isRange = request.parameters.text('start') !== ''
  const query = isRange ? rangeRequest(options, request) : instantRequest(options, request)
  const text = request.parameters.text('analyze')
  if (text !== '' && text !== 'true' && text !== 'false') {
    throw badParameter('analyze', 'it is true or false')
  }
  return { ...query, explain: text === 'true' ? 'analyze' : 'plan' }
}

function textRequest(
  options: ApiOptions,
  { parameters }: ApiRequest,
  wanted: QueryTextRequest['wanted'],
): QueryTextRequest {
  const bounds = { ...options.queryDefaults(), limit: 0 }
  return { kind: 'query-text', query: parameters.text('query'), wanted, bounds }
}

function originOf({ address, method, path }: ApiRequest['client']): QueryOrigin {
  return { kind: 'http', clientAddress: address, method, path }
}

function queryBounds(options: ApiOptions, parameters: Parameters, limit: number): QueryBounds {
  const defaults = options.queryDefaults()
  const askedMs = parameters.text('timeout') === '' ? undefined : parameters.durationMs('timeout')
  const lookbackMs = lookbackDeltaMs(parameters)
  if (askedMs !== undefined && askedMs <= 0) {
    throw new ApiError('timeout', 'query timed out in query execution')
  }
  return {
    timeoutMs: Math.min(askedMs ?? defaults.timeoutMs, defaults.timeoutMs),
    lookbackMs: lookbackMs > 0 ? lookbackMs : defaults.lookbackMs,
    samplesMax: defaults.samplesMax,
    subqueryStepMs: defaults.subqueryStepMs,
    limit,
  }
}

/**
 * 0 where it is absent; the one duration whose error does not name the parameter. Below a
 * millisecond none but a sample of the very time is found, as within one.
 */
function lookbackDeltaMs(parameters: Parameters): number {
  const text = parameters.written('lookback_delta')
  if (text === '') return 0
  try {
    const lookbackMs = parseDurationParameterMs(text)
    return lookbackMs > 0 ? Math.max(Math.floor(lookbackMs), 1) : 0
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown
    throw new ApiError('bad_data', `error parsing lookback delta duration: ${thrown.message}`)
  }
}

/** Any value but the two that are defined still means `true`, with a warning (row A2.3). */
function statsOf(parameters: Parameters): {
  readonly stats: QueryStatsDetail
  readonly notices?: readonly string[]
} {
  const text = parameters.written('stats')
  if (text === '') return { stats: 'none' }
  if (text === 'all') return { stats: 'all' }
  if (text === 'true') return { stats: 'totals' }
  const notice = `value ${goQuote(text)} for parameter "stats" is deprecated and will be rejected in the next major release, use "true" or "all"`
  return { stats: 'totals', notices: [notice] }
}

function metadataRequest(options: ApiOptions, parameters: Parameters): MetadataRequest {
  const limit = parameters.limit()
  const startMs = parameters.timeMsOr('start', minTimeMs)
  const endMs = parameters.timeMsOr('end', maxTimeMs)
  const { timeoutMs, lookbackMs, samplesMax } = options.queryDefaults()
  const bounds = { timeoutMs, lookbackMs, samplesMax, limit }
  return { matches: parameters.all('match[]'), startMs, endMs, bounds }
}

/** Label names that no URL takes arrive escaped (row A2.8). */
function unescapedName(name: string): string {
  const label = unescapeValues(name)
  if (label === '') throw new ApiError('bad_data', `invalid label name: ${JSON.stringify(label)}`)
  return label
}
