import { cutUint32 } from '../base/cut-arrays.ts'
import type { Looks } from '../base/looks.ts'
import { exactStepCount } from '../model/exact-time.ts'
import { sortedByLabels } from '../storage/label-order.ts'
import type { Queryable } from '../storage/querier.ts'
import type { QueryResult } from './encode/answer.ts'
import { buildOperator, buildSource } from './exec/build.ts'
import type { Evaluation } from './exec/evaluation.ts'
import { FinalNames, withFinalNames } from './exec/final-names.ts'
import { HeldSamples } from './exec/held-samples.ts'
import { HeldMatrix } from './exec/matrix.ts'
import { mergedAlways } from './exec/merge-duplicates.ts'
import type { SeriesTable } from './exec/operator.ts'
import { scalarRow } from './exec/scalar-row.ts'
import { anyPresent, type TimeAxis } from './exec/step-batch.ts'
import type { PlanTimes } from './plan/build.ts'
import { type PlanNode, typeOf } from './plan/node.ts'
import type { QueryMeter } from './query-meter.ts'

/** Runs a plan from the opening of the storage to the ordered result. */
export async function runPlan(
  evaluation: Evaluation,
  plan: PlanNode,
  times: PlanTimes,
  limit: number,
  queryable: Queryable,
  meter: QueryMeter,
): Promise<QueryResult> {
  meter.begin('preparation')
  const { axis } = evaluation.counts
  evaluation.memos.begin()
  const evaluate = prepare(evaluation, plan, axis, times.kind)
  evaluation.memos.seal()
  await evaluation.selects.open(queryable)
  await evaluation.control.checkpoint()
  meter.begin('evaluation')
  const order = await evaluate()
  const isSorted = plan.kind !== 'string' && typeOf(plan) !== 'scalar'
  if (isSorted) meter.begin('sort')
  return order(limit)
}

/** The steps of a query. */
export function axisOf(times: PlanTimes): TimeAxis {
  const { startMs, endMs, stepMs, exact } = times
  if (times.kind === 'instant') {
    const axis = { startMs, stepMs: 1, steps: 1 }
    return exact === undefined ? axis : { ...axis, exactStartMs: exact.startMs }
  }
  if (exact !== undefined) {
    const steps = exactStepCount(exact, stepMs)
    return { startMs, stepMs, steps, endMs, exactStartMs: exact.startMs }
  }
  const steps = Math.floor((endMs - startMs) / stepMs) + 1
  return { startMs, stepMs, steps: Math.max(steps, 0), endMs }
}

/** Orders what was evaluated, cuts it at the limit, and makes it the result. */
type Order = (limit: number) => Promise<QueryResult>

/** Builds the operators, so that every select is known, and answers what runs them. */
function prepare(
  evaluation: Evaluation,
  plan: PlanNode,
  axis: TimeAxis,
  kind: PlanTimes['kind'],
): () => Promise<Order> {
  const timeMs = axis.startMs
  if (plan.kind === 'string') {
    return async () => async () => ({ type: 'string', timeMs, value: plan.value })
  }
  const root = plan.kind === 'hold' ? plan.child : plan
  if (root.kind === 'range-selector' || root.kind === 'subquery') {
    const source = buildSource(evaluation, root, axis)
    return async () => {
      const samples = await HeldSamples.from(evaluation, source, root, axis)
      return orderSamples(evaluation, samples)
    }
  }
  const built = buildOperator(evaluation, plan, axis)
  if (kind === 'instant' && typeOf(plan) === 'scalar') {
    return async () => {
      const [value = 0] = await scalarRow(built, 1)
      return async () => ({ type: 'scalar', timeMs, value })
    }
  }
  const named = mergedAlways(evaluation, axis, new FinalNames(evaluation, built))
  const operator = evaluation.options.delayedNameRemoval ? named : built
  return async () => {
    const table = await operator.series()
    const matrix = await HeldMatrix.from(evaluation, operator, table, axis.steps)
    const type = kind === 'instant' ? 'vector' : 'matrix'
    return async (limit) => {
      const has = (at: number) => anyPresent(matrix.present, at * matrix.words, matrix.words)
      // As upstream: those of an instant vector stay as they come.
      const order = await ordered(evaluation, table, has, kind === 'instant', limit)
      return { type, axis, matrix, order }
    }
  }
}

function orderSamples(evaluation: Evaluation, samples: HeldSamples): Order {
  return async (limit) => {
    const table = await withFinalNames(samples.table, evaluation)
    const has = (series: number) => samples.has(series)
    const order = await ordered(evaluation, table, has, false, limit)
    return { type: 'samples', samples: samples.named(table), order }
  }
}

/** Indexes of the series that have samples, by labels unless they keep their order. */
async function ordered(
  evaluation: Evaluation,
  table: SeriesTable,
  has: (series: number) => boolean,
  keepsOrder: boolean,
  limit: number,
): Promise<Uint32Array> {
  const { looks, symbols } = evaluation
  const sorted = keepsOrder
    ? undefined
    : await sortedByLabels(table.labels, table.count, symbols, looks)
  const order = await present(table.count, sorted, has, looks)
  if (limit === 0 || order.length <= limit) return order
  evaluation.annotations.storage('results truncated due to limit')
  return order.subarray(0, limit)
}

/** Those that are there, in the order that is given or as they come. */
async function present(
  count: number,
  sorted: Uint32Array | undefined,
  has: (series: number) => boolean,
  looks: Looks,
): Promise<Uint32Array> {
  const order = cutUint32(count)
  let found = 0
  for (let place = 0; place < count; place++) {
    const over = looks.turn()
    if (over !== undefined) await over
    const series = sorted?.[place] ?? place
    if (has(series)) order[found++] = series
  }
  return found === count ? order : order.subarray(0, found)
}
