import { executeQuery } from '../../src/promql/engine.ts'
import type { EngineOptions } from '../../src/promql/exec/evaluation.ts'
import { defaultParseOptions, type ParseOptions } from '../../src/promql/parse/parse-options.ts'
import type { Queryable } from '../../src/storage/querier.ts'
import type { QueryControl, QueryReply } from '../../src/storage/query-runner.ts'
import { unstoppable } from '../../src/storage/unstoppable.ts'

export interface AskedSeries {
  readonly metric: Readonly<Record<string, string>>
  readonly values: readonly (readonly [seconds: number, value: string])[]
  /** Native histograms with their times; of an instant query there is one at most. */
  readonly histograms?: readonly AskedHistogram[]
}

export type AskedHistogram = readonly [
  seconds: number,
  histogram: {
    readonly count: string
    readonly sum: string
    readonly buckets?: readonly (readonly [ends: number, low: string, high: string, n: string])[]
  },
]

export interface Asked {
  readonly type: string
  readonly series: readonly AskedSeries[]
  readonly warnings: readonly string[]
  readonly infos: readonly string[]
}

export interface AskOptions {
  readonly startMs: number
  readonly endMs?: number
  readonly stepMs?: number
  readonly engine?: Partial<EngineOptions>
  /** With experimental functions where absent. */
  readonly language?: ParseOptions
  readonly control?: QueryControl
  readonly samplesMax?: number
  readonly limit?: number
}

const everything = { ...defaultParseOptions, experimentalFunctions: true }

/** One query, instant unless it has an end; the reply as it is, but for its statistics. */
export async function reply(
  queryable: Queryable,
  query: string,
  options: AskOptions,
): Promise<QueryReply> {
  const {
    startMs,
    endMs,
    stepMs = 15_000,
    engine = {},
    language = everything,
    samplesMax = 50_000_000,
    limit = 0,
  } = options
  const bounds = { timeoutMs: 60_000, lookbackMs: 300_000, samplesMax, limit }
  const request =
    endMs === undefined
      ? ({ kind: 'instant', query, timeMs: startMs, bounds, stats: 'none' } as const)
      : ({ kind: 'range', query, startMs, endMs, stepMs, bounds, stats: 'none' } as const)
  const control = options.control ?? unstoppable
  const context = { queryable, control, options: engine, language }
  const { statistics: _ignored, ...answered } = await executeQuery(request, context)
  return answered
}

type AskedPoint = readonly [seconds: number, value: string]

/** A series of a JSON answer. */
export interface AnsweredSeries {
  readonly metric: Readonly<Record<string, string>>
  readonly value?: AskedPoint
  readonly values?: readonly AskedPoint[]
  readonly histogram?: AskedHistogram
  readonly histograms?: readonly AskedHistogram[]
}

/** Of an instant and of a range query alike: lists of points. */
export function seriesOf(answered: AnsweredSeries): AskedSeries {
  const { metric, value, values, histogram, histograms } = answered
  const found = histograms ?? (histogram === undefined ? undefined : [histogram])
  return {
    metric,
    values: values ?? (value === undefined ? [] : [value]),
    ...(found === undefined ? {} : { histograms: found }),
  }
}

/** The series of the answer, with a single value as one point; throws for an error. */
export async function ask(
  queryable: Queryable,
  query: string,
  options: AskOptions,
): Promise<Asked> {
  const answer = await reply(queryable, query, options)
  if (!answer.ok) throw new Error(`${query}: ${answer.errorType}: ${answer.message}`)
  const { data, warnings = [], infos = [] } = JSON.parse(Buffer.concat(answer.body).toString())
  const isOne = data.resultType === 'scalar' || data.resultType === 'string'
  const result = isOne ? [{ metric: {}, value: data.result }] : data.result
  const series = result.map(seriesOf)
  return { type: data.resultType, series, warnings, infos }
}
