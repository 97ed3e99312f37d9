import { systemClock } from '../../../src/base/clock.ts'
import { NarthexError } from '../../../src/base/errors.ts'
import { NativeHistogram } from '../../../src/model/histogram.ts'
import { Labels } from '../../../src/model/labels.ts'
import type { QueryResult } from '../../../src/promql/encode/answer.ts'
import { Annotations } from '../../../src/promql/exec/annotations.ts'
import { defaultEngineOptions, Evaluation } from '../../../src/promql/exec/evaluation.ts'
import { isHistogram, loadHistogram } from '../../../src/promql/exec/histogram-cells.ts'
import type { SeriesTable } from '../../../src/promql/exec/operator.ts'
import { SampleBudget } from '../../../src/promql/exec/sample-budget.ts'
import { SampleCounts } from '../../../src/promql/exec/sample-counts.ts'
import { Selects } from '../../../src/promql/exec/selects.ts'
import { isPresent, timeAt } from '../../../src/promql/exec/step-batch.ts'
import { parseExpr } from '../../../src/promql/parse/parse.ts'
import { buildPlan } from '../../../src/promql/plan/build.ts'
import { rewritePlan } from '../../../src/promql/plan/passes.ts'
import { QueryMeter } from '../../../src/promql/query-meter.ts'
import { axisOf, runPlan } from '../../../src/promql/run-plan.ts'
import type { Queryable, SymbolTable } from '../../../src/storage/querier.ts'
import { unstoppable } from '../../../src/storage/unstoppable.ts'

export interface Point {
  readonly timeMs: number
  readonly value: number | NativeHistogram
}

export interface ResultSeries {
  readonly labels: Labels
  /** In order of time; floats before histograms where both are of one time. */
  readonly points: readonly Point[]
}

export type Result =
  | { readonly type: 'scalar'; readonly value: number }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'vector' | 'matrix'; readonly series: readonly ResultSeries[] }

export type Outcome =
  | { readonly ok: false; readonly message: string }
  | {
      readonly ok: true
      readonly result: Result
      readonly warnings: readonly string[]
      readonly infos: readonly string[]
    }

export interface Question {
  readonly query: string
  readonly isRange: boolean
  readonly startMs: number
  readonly endMs: number
  readonly stepMs: number
}

export const languageOfScripts = {
  experimentalFunctions: true,
  durationExpressions: true,
  extendedRangeSelectors: true,
  binopFillModifiers: true,
}

const lookbackMs = 300_000
const samplesMax = 50_000_000

/** Evaluates as the engine does, and answers values and histograms whole instead of their JSON. */
export async function evaluate(queryable: Queryable, question: Question): Promise<Outcome> {
  const selects = new Selects()
  try {
    return await answered(queryable, question, selects)
  } catch (thrown) {
    if (!(thrown instanceof NarthexError)) throw thrown
    return { ok: false, message: thrown.message }
  } finally {
    selects.close()
  }
}

async function answered(
  queryable: Queryable,
  question: Question,
  selects: Selects,
): Promise<Outcome> {
  const { query, isRange, startMs, endMs, stepMs } = question
  const options = { ...defaultEngineOptions, delayedNameRemoval: true, useStartTimestamps: true }
  const kind = isRange ? 'range' : 'instant'
  const times = { kind, startMs, endMs, stepMs } as const
  const parsed = parseExpr(query, languageOfScripts)
  const plan = rewritePlan(buildPlan(parsed, times, options), options.passes)
  const counts = new SampleCounts(axisOf(times), false)
  const meter = new QueryMeter(systemClock, 0, new SampleBudget(samplesMax), counts)
  const annotations = new Annotations(options.typeAndUnitLabels)
  const control = unstoppable
  const evaluation = new Evaluation(
    options,
    lookbackMs,
    control,
    meter.budget,
    annotations,
    selects,
    counts,
  )
  const result = await runPlan(evaluation, plan, times, 0, queryable, meter)
  return {
    ok: true,
    result: resultOf(result, evaluation.symbols),
    warnings: annotations.texts('warning', query),
    infos: annotations.texts('info', query),
  }
}

function resultOf(result: QueryResult, symbols: SymbolTable): Result {
  if (result.type === 'scalar') return { type: 'scalar', value: result.value }
  if (result.type === 'string') return { type: 'string', value: result.value }
  const { table } = result.type === 'samples' ? result.samples : result.matrix
  const series = Array.from(result.order, (row) => ({
    labels: labelsOf(table, row, symbols),
    points: pointsOf(result, row),
  }))
  return { type: result.type === 'vector' ? 'vector' : 'matrix', series }
}

function labelsOf({ labels }: SeriesTable, row: number, symbols: SymbolTable): Labels {
  const ids = labels.labelIds.subarray(labels.offsets[row], labels.offsets[row + 1])
  const texts = Array.from(ids, (id) => symbols.text(id))
  return Labels.fromSortedPairs(texts)
}

type SeriesResult = Extract<QueryResult, { type: 'vector' | 'matrix' | 'samples' }>

function pointsOf(result: SeriesResult, row: number): readonly Point[] {
  const points: Point[] = []
  if (result.type === 'samples') {
    const scratch = new NativeHistogram()
    const floats = { from: 0, count: result.samples.floatCount(row) }
    result.samples.eachFloat(row, floats, (timeMs, value) => points.push({ timeMs, value }))
    const histograms = { from: 0, count: result.samples.histogramCount(row) }
    result.samples.eachHistogram(row, histograms, scratch, (timeMs) => {
      const value = new NativeHistogram()
      value.copyFrom(scratch)
      points.push({ timeMs, value })
    })
    return points.sort((one, other) => one.timeMs - other.timeMs)
  }
  const { axis, matrix } = result
  for (let step = 0; step < matrix.steps; step++) {
    if (!isPresent(matrix.present, row * matrix.words, step)) continue
    const timeMs = timeAt(axis, step)
    if (isHistogram(matrix, row, step)) {
      const value = new NativeHistogram()
      loadHistogram(matrix, row, step, value)
      points.push({ timeMs, value })
    } else points.push({ timeMs, value: matrix.values[row * matrix.steps + step] ?? 0 })
  }
  return points
}
