import { limits } from '../base/limits.ts'
import type { BacktestRequest } from '../rules/backtest-contract.ts'
import type { ApiOptions } from './api-options.ts'
import { ApiError, badParameter } from './error-reply.ts'
import type { Parameters } from './parameters.ts'
import { type ApiAnswer, type ApiRequest, type ApiRoute, data } from './request.ts'
import { rfc3339 } from './rfc3339.ts'

/** Rows B1.8 and B1.10: rules over past data; and those that are under way. */
export function backtestRoutes(options: ApiOptions): readonly ApiRoute[] {
  return [
    {
      methods: ['GET', 'POST'],
      path: 'rules/backtest',
      takesJson: true,
      handle: (request) =>
        request.client.method === 'POST' ? run(options, request) : running(options),
    },
  ]
}

async function run(options: ApiOptions, { parameters, signal }: ApiRequest): Promise<ApiAnswer> {
  const reply = await options.backtests().run(requestOf(parameters), signal)
  if (!reply.ok) throw new ApiError(reply.errorType, reply.message)
  return { kind: 'bytes', pieces: [head, ...reply.body, tail] }
}

function running(options: ApiOptions): ApiAnswer {
  const found = options.backtests().running()
  return data(
    found.map(({ file, startMs, endMs, sinceMs, done, total }) => ({
      file,
      start: rfc3339(startMs),
      end: rfc3339(endMs),
      startedAt: rfc3339(sinceMs),
      evaluations: done,
      evaluationsTotal: total,
    })),
  )
}

const head = new TextEncoder().encode('{"status":"success","data":')
const tail = new TextEncoder().encode('}')

function requestOf(parameters: Parameters): BacktestRequest {
  const rules = parameters.text('rules')
  if (rules === '') throw badParameter('rules', 'it is the text of a rule file')
  const bytes = Buffer.byteLength(rules)
  if (bytes > limits.backtestRulesBytesMax) {
    throw badParameter('rules', `${bytes} bytes, limit ${limits.backtestRulesBytesMax}`)
  }
  const startMs = parameters.timeMs('start')
  const endMs = parameters.timeMs('end')
  if (endMs < startMs) throw badParameter('end', 'end timestamp must not be before start time')
  const seriesMax = parameters.number('series_limit') ?? 0
  if (seriesMax < 0) throw badParameter('series_limit', 'it must be non-negative')
  const askedMs =
    parameters.text('timeout') === '' ? limits.backtestTimeoutMs : parameters.durationMs('timeout')
  if (askedMs <= 0) throw badParameter('timeout', 'it must be positive')
  const timeoutMs = Math.min(askedMs, limits.backtestTimeoutMs)
  return {
    rules,
    file: parameters.text('file') || 'backtest',
    startMs,
    endMs,
    seriesMax,
    timeoutMs,
  }
}
