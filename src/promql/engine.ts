import { type Clock, systemClock } from '../base/clock.ts'
import { NarthexError } from '../base/errors.ts'
import type { Queryable, SymbolTable } from '../storage/querier.ts'
import type {
  QueryControl,
  QueryErrorType,
  QueryReply,
  QueryRequest,
} from '../storage/query-runner.ts'
import { encodeAnswer, type QueryResult } from './encode/answer.ts'
import { explained } from './encode/explained.ts'
import { streamedReply } from './encode/streamed-reply.ts'
import { Annotations } from './exec/annotations.ts'
import { Buffers } from './exec/buffers.ts'
import { defaultEngineOptions, type EngineOptions, Evaluation } from './exec/evaluation.ts'
import { Profile } from './exec/profile.ts'
import { SampleBudget } from './exec/sample-budget.ts'
import { SampleCounts } from './exec/sample-counts.ts'
import { Selects } from './exec/selects.ts'
import { defaultParseOptions, type ParseOptions } from './parse/parse-options.ts'
import type { PlanTimes } from './plan/build.ts'
import { type PreparedQueries, type PreparedQuery, prepare } from './prepared-queries.ts'
import { QueryMeter } from './query-meter.ts'
import { axisOf, runPlan } from './run-plan.ts'

export type EvaluatedRequest = Extract<QueryRequest, { kind: 'instant' | 'range' }>

export interface QueryContext {
  readonly queryable: Queryable
  readonly control: QueryControl
  /** What differs from defaultEngineOptions. */
  readonly options?: Partial<EngineOptions>
  readonly clock?: Clock
  /** Which parts of the language are on; parse's defaults where absent. */
  readonly language?: ParseOptions
  /** Of the queryable's database and these options; without it every query begins anew. */
  readonly prepared?: PreparedQueries
  /** How long the query has waited already, for its statistics. */
  readonly queuedMs?: number
  /** Whether the end of a long answer may come as `more`; off where it is absent. */
  readonly mayStream?: boolean
  /** Takes the result instead of JSON, which is then empty; it is valid during the call. */
  readonly take?: (result: QueryResult, symbols: SymbolTable) => void
}

/**
 * Evaluates a query and answers the JSON body; what is behind its beginning is encoded while it is
 * taken, when nothing but the end of the query can fail any more. Whatever the user can cause is a reply:
 * bad_data for what does not parse or is no valid query of its kind (the caller names the
 * parameter), execution, timeout and canceled with upstream's texts. Broken assertions are thrown.
 */
export async function executeQuery(
  request: EvaluatedRequest,
  context: QueryContext,
): Promise<QueryReply> {
  const selects = new Selects()
  const held = new Held()
  held.until(() => selects.close())
  const { clock = systemClock, queuedMs = 0 } = context
  const budget = new SampleBudget(request.bounds.samplesMax)
  const byStep = context.options?.perStepStatistics === true && request.stats === 'all'
  const counts = new SampleCounts(axisOf(timesOf(request)), byStep)
  const meter = new QueryMeter(clock, queuedMs, budget, counts)
  let isOpen = false
  try {
    const reply = await answer(request, context, { selects, meter, held })
    isOpen = reply.ok && reply.more !== undefined
    return reply
  } catch (thrown) {
    if (!(thrown instanceof NarthexError)) throw thrown
    const error = replyError(thrown)
    if (error.errorType === 'bad_data') return { ok: false, ...error }
    return { ok: false, ...error, statistics: meter.statistics() }
  } finally {
    if (!isOpen) held.release()
  }
}

/** What a query holds until its answer is encoded. */
class Held {
  readonly #releases: (() => void)[] = []

  until(release: () => void): void {
    this.#releases.push(release)
  }

  /** The last first; what was released already is not again. */
  release(): void {
    for (const release of this.#releases.splice(0).reverse()) release()
  }
}

/** With the plan of the time before, where there is one. */
async function answer(
  request: EvaluatedRequest,
  context: QueryContext,
  { selects, meter, held }: Pick<Evaluating, 'selects' | 'meter' | 'held'>,
): Promise<QueryReply> {
  const { language = defaultParseOptions, prepared: known } = context
  const options = wholeOptions(context.options)
  const times = timesOf(request)
  const source = {
    query: request.query,
    isRule: request.origin?.kind === 'rule',
    language,
    options,
  }
  const prepared = known?.take(source, times) ?? prepare(source, times)
  const buffers = new Buffers()
  held.until(() => {
    buffers.release()
    known?.give(source, times, prepared)
  })
  return await evaluate(request, context, { prepared, options, selects, meter, buffers, held })
}

/** The queries of a request of rules have the very same. */
let latestOptions: { readonly given: QueryContext['options']; readonly whole: EngineOptions } = {
  given: undefined,
  whole: defaultEngineOptions,
}

function wholeOptions(given: QueryContext['options']): EngineOptions {
  if (given !== latestOptions.given) {
    latestOptions = { given, whole: { ...defaultEngineOptions, ...given } }
  }
  return latestOptions.whole
}

interface Evaluating {
  readonly prepared: PreparedQuery
  readonly options: EngineOptions
  readonly selects: Selects
  readonly meter: QueryMeter
  readonly buffers: Buffers
  readonly held: Held
}

async function evaluate(
  request: EvaluatedRequest,
  context: QueryContext,
  { prepared: { plan, memos }, options, selects, meter, buffers, held }: Evaluating,
): Promise<QueryReply> {
  const { control } = context
  const times = timesOf(request)
  if (request.explain === 'plan') return { ok: true, body: explained(plan, undefined, undefined) }
  const profile =
    request.explain === 'analyze' ? new Profile(context.clock ?? systemClock) : undefined
  const annotations = new Annotations(options.typeAndUnitLabels, context.take === undefined)
  const { lookbackMs, limit } = request.bounds
  const evaluation = new Evaluation(
    options,
    lookbackMs,
    control,
    meter.budget,
    annotations,
    selects,
    meter.counts,
    profile,
    memos,
    buffers,
  )
  const result = await runPlan(evaluation, plan, times, limit, context.queryable, meter)
  for (const notice of request.notices ?? []) annotations.storage(notice)
  const statistics = meter.statistics()
  if (profile !== undefined) {
    return { ok: true, body: explained(plan, profile, statistics), statistics }
  }
  if (context.take !== undefined) {
    context.take(result, evaluation.symbols)
    return { ok: true, body: [], statistics }
  }
  const notes = {
    warnings: annotations.texts('warning', request.query),
    infos: annotations.texts('info', request.query),
    statistics: request.stats === 'none' ? undefined : statistics,
    keepsLayout: request.keepsLayout === true,
  }
  const pieces = encodeAnswer(result, notes, evaluation.symbols, control)
  const release = () => held.release()
  const reply = await streamedReply(pieces, release, control, context.mayStream === true)
  return { ...reply, statistics }
}

function timesOf(request: EvaluatedRequest): PlanTimes {
  const { exact } = request
  if (request.kind === 'instant') {
    return { kind: 'instant', startMs: request.timeMs, endMs: request.timeMs, stepMs: 0, exact }
  }
  const { startMs, endMs, stepMs } = request
  return { kind: 'range', startMs, endMs, stepMs, exact }
}

function replyError(error: NarthexError): { errorType: QueryErrorType; message: string } {
  switch (error.code) {
    case 'QUERY_PARSE':
      return { errorType: 'bad_data', message: error.message }
    case 'QUERY_TIMEOUT':
      return { errorType: 'timeout', message: 'query timed out in expression evaluation' }
    case 'QUERY_CANCELED':
      return { errorType: 'canceled', message: 'query was canceled in expression evaluation' }
    default:
      return { errorType: 'execution', message: error.message }
  }
}
