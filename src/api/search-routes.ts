import { limits } from '../base/limits.ts'
import { goQuote } from '../model/go-quote.ts'
import { metricNameLabel } from '../model/labels.ts'
import type { SearchRequest } from '../storage/query-runner.ts'
import { type FuzzyAlgorithm, fuzzyAlgorithms } from '../storage/search-terms.ts'
import type { ApiOptions } from './api-options.ts'
import { ApiError } from './error-reply.ts'
import { goBool } from './go-bool.ts'
import type { Parameters } from './parameters.ts'
import type { ApiAnswer, ApiRequest, ApiRoute } from './request.ts'
import { withMetricMetadata } from './search-metadata.ts'
import { parseTimeMs } from './time-parameter.ts'

const atFirst = { limit: 100, batchSize: 100, rangeMs: 3_600_000 } as const

/** Rows A3.1 to A3.3, behind --enable-feature=search-api. */
export function searchRoutes(options: ApiOptions): readonly ApiRoute[] {
  const route = (name: string, handle: ApiRoute['handle']): ApiRoute => ({
    methods: ['GET', 'POST'],
    path: `search/${name}`,
    handle,
  })
  return [
    route('metric_names', async (request) => {
      const search = searchRequest(options, request, 'metric_names')
      const isWanted = flagOf(request.parameters, 'include_metadata', false)
      const answer = await answered(options, request, { ...search, label: metricNameLabel })
      return isWanted ? withMetricMetadata(answer, options.metadata()) : answer
    }),
    route('label_names', (request) =>
      answered(options, request, searchRequest(options, request, 'label_names')),
    ),
    route('label_values', (request) => {
      const search = searchRequest(options, request, 'label_values')
      const label = request.parameters.text('label')
      if (label === '') throw wrong('missing required parameter "label"')
      return answered(options, request, { ...search, label, key: 'value' })
    }),
  ]
}

/**
 * One for names of labels. Parameters are read in upstream's order: the first bad one is the one
 * that is named.
 */
function searchRequest(
  options: ApiOptions,
  { parameters }: ApiRequest,
  endpoint: string,
): SearchRequest {
  if (options.search === undefined) throw new ApiError('disabled', 'search API disabled')
  const nowMs = Math.floor(options.clock.wallMs())
  parameters.requireWhole()
  const startMs = timeOf(parameters, 'start', nowMs - atFirst.rangeMs)
  const endMs = timeOf(parameters, 'end', nowMs)
  if (endMs < startMs) throw wrong('end timestamp must not be before start timestamp')
  const search = termsOf(parameters)
  const includesScore = flagOf(parameters, 'include_score', false)
  const sortBy = parameters.written('sort_by')
  const isDescending = isDescendingOf(parameters, sortBy)
  if (sortBy === 'score' && search.terms.length === 0) {
    throw wrong('sort_by=score requires search[] to be set')
  }
  const limit = limitOf(parameters, options.search.limitMax)
  const batchSize = positive(parameters, 'batch_size') ?? atFirst.batchSize
  if (!['', 'alpha', 'score'].includes(sortBy)) {
    throw wrong(`invalid sort_by ${goQuote(sortBy)} for ${endpoint}: must be "alpha" or "score"`)
  }
  const { timeoutMs, lookbackMs, samplesMax } = options.queryDefaults()
  return {
    kind: 'search',
    label: undefined,
    key: 'name',
    matches: parameters.all('match[]'),
    startMs,
    endMs,
    search,
    order: sortBy === 'score' ? 'score' : isDescending ? 'descending' : 'ascending',
    includesScore,
    batchSize,
    bounds: { timeoutMs, lookbackMs, samplesMax, limit },
  }
}

async function answered(
  options: ApiOptions,
  { signal }: ApiRequest,
  search: SearchRequest,
): Promise<ApiAnswer> {
  const reply = await options.runner().run(search, signal)
  if (!reply.ok) throw new ApiError(reply.errorType, reply.message)
  return { kind: 'bytes', pieces: reply.body, contentType: reply.contentType }
}

function termsOf(parameters: Parameters): SearchRequest['search'] {
  const terms = parameters.all('search[]')
  const most = limits.searchTermsMax
  if (terms.length > most) {
    throw wrong(`too many search[] terms: got ${terms.length}, maximum is ${most}`)
  }
  const percent = parameters.whole('fuzz_threshold') ?? 0
  if (typeof percent === 'string' || percent < 0 || percent > 100) {
    throw wrong(
      `invalid fuzz_threshold ${goQuote(parameters.written('fuzz_threshold'))}: must be 0-100`,
    )
  }
  return {
    terms,
    threshold: percent / 100,
    algorithm: algorithmOf(parameters.written('fuzz_alg')),
    isCaseSensitive: flagOf(parameters, 'case_sensitive', true),
  }
}

function algorithmOf(text: string): FuzzyAlgorithm {
  const found = text === '' ? 'subsequence' : fuzzyAlgorithms.find((name) => name === text)
  if (found !== undefined) return found
  throw wrong(
    `unsupported fuzz_alg ${goQuote(text)}: must be one of [${fuzzyAlgorithms.join(' ')}]`,
  )
}

function isDescendingOf(parameters: Parameters, sortBy: string): boolean {
  const text = parameters.written('sort_dir')
  if (text === '') return false
  if (sortBy === '') throw wrong('sort_dir is only valid when sort_by is set')
  if (sortBy === 'score') throw wrong('sort_dir is not supported for sort_by=score')
  if (text !== 'asc' && text !== 'dsc') {
    throw wrong(`invalid sort_dir ${goQuote(text)}: must be "asc" or "dsc"`)
  }
  return text === 'dsc'
}

/** How many are told where no limit is asked for; 0 is no bound of the operator's. */
export function searchLimitAtFirst(most: number): number {
  return most === 0 ? atFirst.limit : Math.min(atFirst.limit, most)
}

function limitOf(parameters: Parameters, most: number): number {
  const limit = positive(parameters, 'limit')
  if (limit === undefined) return searchLimitAtFirst(most)
  if (most === 0 || limit <= most) return limit
  throw wrong(`limit ${limit} exceeds the configured maximum (${most}, see --web.search.max-limit)`)
}

function positive(parameters: Parameters, name: string): number | undefined {
  const number = parameters.whole(name)
  if (number === undefined || (typeof number === 'number' && number > 0)) return number
  throw wrong(`invalid ${name} ${goQuote(parameters.written(name))}: must be a positive integer`)
}

function flagOf(parameters: Parameters, name: string, absent: boolean): boolean {
  const text = parameters.written(name)
  const value = text === '' ? absent : goBool(text)
  if (value !== undefined) return value
  throw wrong(`invalid ${name} ${goQuote(text)}: must be boolean`)
}

function timeOf(parameters: Parameters, name: string, absent: number): number {
  const text = parameters.written(name)
  if (text === '') return absent
  try {
    return parseTimeMs(text)
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown
    throw wrong(`invalid time value for '${name}': ${thrown.message}`)
  }
}

function wrong(words: string): ApiError {
  return new ApiError('bad_data', words)
}
