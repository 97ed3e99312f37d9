import { NarthexError } from '../../base/errors.ts'
import { goQuote } from '../../model/go-quote.ts'
import { NativeHistogram } from '../../model/histogram.ts'
import { isValidLabelName } from '../../model/name-validity.ts'
import {
  extendedFunctions,
  smoothedFunction,
  type WindowFunction,
  windowFunctions,
} from '../functions/table.ts'
import { multiplyHistogram } from '../histogram/arithmetic.ts'
import type { AggregateNode, BinaryNode, PlanNode, WindowNode } from '../plan/node.ts'
import { smoothedSelector, typeOf } from '../plan/node.ts'
import { Absent } from './absent.ts'
import { Aggregate } from './aggregate.ts'
import { AggregateK } from './aggregate-k.ts'
import { AggregateQuantile } from './aggregate-quantile.ts'
import { AggregateRatio } from './aggregate-ratio.ts'
import { scalarBinary, vectorScalarBinary } from './binary-scalar.ts'
import { buildCall } from './build-call.ts'
import { CountValues } from './count-values.ts'
import type { Evaluation } from './evaluation.ts'
import { HoldSteps } from './hold-steps.ts'
import { type HistogramChange, MapRows, mapValues } from './map-rows.ts'
import { MatchVectors } from './match-vectors.ts'
import { MergeDuplicates, mergedAlways, unique } from './merge-duplicates.ts'
import { noSeries } from './no-series.ts'
import { NumberRow } from './one-row.ts'
import type { Operator } from './operator.ts'
import { SampleCounts } from './sample-counts.ts'
import { type SampleSource, SelectorSource, SubquerySource } from './sample-source.ts'
import { MaskByRight, Union } from './set-operation.ts'
import type { TimeAxis } from './step-batch.ts'
import { lastLookup, lookupsOf, VectorSelector } from './vector-selector.ts'
import { WindowCall } from './window-call.ts'

/** Plan to operators, for one time axis; nothing is read before series(). */
export function buildOperator(evaluation: Evaluation, node: PlanNode, axis: TimeAxis): Operator {
  const operator = operatorOf(evaluation, node, axis)
  return evaluation.profile?.measured(evaluation, node, operator) ?? operator
}

function operatorOf(evaluation: Evaluation, node: PlanNode, axis: TimeAxis): Operator {
  switch (node.kind) {
    case 'number':
      return new NumberRow(evaluation, axis, node.value)
    case 'vector-selector':
      return new VectorSelector(evaluation, node, axis)
    case 'window':
      return buildWindow(evaluation, node, axis)
    case 'call':
      return buildCall(evaluation, node, axis, buildOperator)
    case 'aggregate':
      return buildAggregate(evaluation, node, axis)
    case 'binary':
      return buildBinary(evaluation, node, axis)
    case 'negate':
      return buildNegate(evaluation, node.child, axis)
    case 'hold': {
      const inner = evaluation.counting(evaluation.counts.held())
      const once = buildOperator(inner, node.child, { ...axis, steps: 1, endMs: axis.startMs })
      return axis.steps === 1 ? once : new HoldSteps(evaluation, once, axis)
    }
    case 'string':
    case 'range-selector':
    case 'subquery':
      throw new NarthexError('QUERY_EXECUTION', `a ${typeOf(node)} has no value at a step`)
  }
}

/** The samples behind a range vector. */
export function buildSource(
  evaluation: Evaluation,
  node: WindowNode['source'],
  axis: TimeAxis,
  wantsStarts = false,
): SampleSource {
  if (node.kind === 'range-selector') {
    const { batchSeriesMax } = evaluation.options
    return new SelectorSource(evaluation, node, axis, batchSeriesMax, wantsStarts)
  }
  const lookups = lookupsOf(axis, node)
  const beforeMs = lookups.firstMs - node.rangeMs
  // The first multiple of the step after the left, open, end.
  let startMs = Math.trunc(beforeMs / node.stepMs) * node.stepMs
  if (startMs <= beforeMs) startMs += node.stepMs
  const endMs = lastLookup(axis, lookups)
  requireSafe(startMs)
  requireSafe(endMs)
  const steps = Math.floor((endMs - startMs) / node.stepMs) + 1
  const inner = { startMs, stepMs: node.stepMs, steps: Math.max(steps, 0), endMs }
  if (inner.steps === 0) return new SubquerySource(noSeries, inner)
  const counting = evaluation.counting(evaluation.counts.subquery(node, inner))
  return new SubquerySource(buildOperator(counting, node.child, inner), inner)
}

/** The steps of a subquery are told apart by their times, of which there are no other floats. */
function requireSafe(timeMs: number): void {
  if (Math.abs(timeMs) <= Number.MAX_SAFE_INTEGER) return
  throw new NarthexError(
    'QUERY_EXECUTION',
    `a subquery cannot be evaluated at ${timeMs / 1000} seconds, limit ${Number.MAX_SAFE_INTEGER / 1000} seconds`,
  )
}

/** Refuses what an anchored or smoothed selector is no argument of. */
function implementationOf({ name, source }: WindowNode): WindowFunction {
  if (source.kind === 'subquery' || source.edges === 'plain') {
    const implementation = windowFunctions.get(name)
    if (implementation !== undefined) return implementation
    throw new NarthexError('QUERY_EXECUTION', `function ${name} is not built yet`)
  }
  if (name === smoothedSelector) return smoothedFunction
  const { edges } = source
  const implementation = extendedFunctions[edges].get(name)
  if (implementation !== undefined) return implementation
  const names = [...extendedFunctions[edges].keys()]
  throw new NarthexError(
    'QUERY_EXECUTION',
    `${edges} modifier can only be used with: ${names.join(', ')} - not with ${name}`,
  )
}

function buildWindow(evaluation: Evaluation, node: WindowNode, axis: TimeAxis): Operator {
  const isPlain = node.source.kind === 'subquery' || node.source.edges === 'plain'
  if (node.name === 'absent_over_time' && isPlain) {
    // Nobody sees whose samples there are: series that differ by their name only are no fault.
    const present = { ...node, name: 'present_over_time' }
    const call = windowCall(evaluation, present, implementationOf(present), axis)
    const matchers = node.source.kind === 'range-selector' ? node.source.select.matchers : []
    return new Absent(evaluation, call, matchers, axis)
  }
  const implementation = implementationOf(node)
  // As upstream, a smoothed instant selector counts nothing.
  const counted =
    node.name === smoothedSelector ? evaluation.counting(new SampleCounts(axis, false)) : evaluation
  const call = windowCall(counted, node, implementation, axis)
  return implementation.keepsName || evaluation.options.delayedNameRemoval
    ? call
    : new MergeDuplicates(evaluation, axis.steps, call, false)
}

function windowCall(
  evaluation: Evaluation,
  node: WindowNode,
  implementation: WindowFunction,
  axis: TimeAxis,
): Operator {
  const params = node.params.map((param) => buildOperator(evaluation, param, axis))
  // What an expression gives has no start timestamps.
  const usesStarts = evaluation.options.useStartTimestamps && node.source.kind === 'range-selector'
  const { fromStarts } = implementation
  const source = buildSource(evaluation, node.source, axis, usesStarts && fromStarts !== undefined)
  const used = usesStarts ? { ...implementation, ...fromStarts } : implementation
  return new WindowCall(evaluation, node, used, source, params, axis)
}

function buildAggregate(evaluation: Evaluation, node: AggregateNode, axis: TimeAxis): Operator {
  const child = buildOperator(evaluation, node.child, axis)
  const { op, param } = node
  if (op === 'count_values') {
    const label = param?.kind === 'string' ? param.value : ''
    if (!isValidLabelName(label, 'utf8')) {
      throw new NarthexError('QUERY_EXECUTION', `invalid label name ${goQuote(label)}`)
    }
    return new CountValues(evaluation, node, label, child, axis)
  }
  if (param === undefined) return new Aggregate(evaluation, node, child, axis)
  const scalar = buildOperator(evaluation, param, axis)
  if (op === 'limit_ratio') return new AggregateRatio(evaluation, node, scalar, child, axis)
  return op === 'quantile'
    ? new AggregateQuantile(evaluation, node, scalar, child, axis)
    : new AggregateK(evaluation, node, scalar, child, axis)
}

function buildBinary(evaluation: Evaluation, node: BinaryNode, axis: TimeAxis): Operator {
  const left = buildOperator(evaluation, node.left, axis)
  const right = buildOperator(evaluation, node.right, axis)
  const leftIsScalar = typeOf(node.left) === 'scalar'
  const rightIsScalar = typeOf(node.right) === 'scalar'
  if (leftIsScalar && rightIsScalar) return scalarBinary(evaluation, axis, node, left, right)
  if (rightIsScalar) {
    return unique(evaluation, axis, vectorScalarBinary(evaluation, axis, node, left, right, true))
  }
  if (leftIsScalar) {
    return unique(evaluation, axis, vectorScalarBinary(evaluation, axis, node, right, left, false))
  }
  const matching = node.matching ?? defaultMatching
  if (node.op === 'or') {
    return mergedAlways(evaluation, axis, new Union(evaluation, matching, left, right, axis))
  }
  if (node.op === 'and' || node.op === 'unless') {
    return new MaskByRight(evaluation, node, matching, left, right, axis)
  }
  return new MatchVectors(evaluation, node, matching, left, right, axis)
}

const defaultMatching = {
  card: 'one-to-one',
  on: false,
  labels: [],
  include: [],
  fillLeft: undefined,
  fillRight: undefined,
} as const

/** Of histograms: what is negative is a gauge. */
function negation(): HistogramChange {
  const histogram = new NativeHistogram()
  return {
    value: 0,
    histogram,
    change: (given) => {
      histogram.copyFrom(given)
      multiplyHistogram(histogram, -1)
      return 'histogram'
    },
    finish: () => {},
  }
}

function buildNegate(evaluation: Evaluation, child: PlanNode, axis: TimeAxis): Operator {
  const operator = buildOperator(evaluation, child, axis)
  const isVector = typeOf(child) === 'vector'
  const negate = mapValues((value) => -value)
  const names = isVector ? 'dropped' : 'kept'
  const negated = new MapRows(evaluation, axis, operator, [], names, negate, negation())
  return isVector ? unique(evaluation, axis, negated) : negated
}
