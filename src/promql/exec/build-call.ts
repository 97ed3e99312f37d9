import { NarthexError } from '../../base/errors.ts'
import { Lazy } from '../../base/lazy.ts'
import { goG } from '../../model/float-text.ts'
import type { NativeHistogram } from '../../model/histogram.ts'
import { isValidLabelName } from '../../model/name-validity.ts'
import { bucketFraction, bucketQuantile, trivialQuantile } from '../functions/bucket-quantile.ts'
import { dateFunctions } from '../functions/date.ts'
import { clampTo, floatFunctions, goMax, goMin, roundTo } from '../functions/math.ts'
import { invalidQuantile } from '../functions/range-annotations.ts'
import { HistogramFraction } from '../histogram/fraction.ts'
import { meanOf, varianceOf } from '../histogram/moments.ts'
import { HistogramQuantile, type NanEffect } from '../histogram/quantile.ts'
import type { CallNode, PlanNode } from '../plan/node.ts'
import { Absent } from './absent.ts'
import type { Evaluation } from './evaluation.ts'
import { type BucketFunction, HistogramBuckets } from './histogram-buckets.ts'
import { InfoJoin } from './info-join.ts'
import {
  filterRow,
  floatOf,
  type HistogramChange,
  MapRows,
  mapValues,
  mapWithScalar,
  type RowChange,
} from './map-rows.ts'
import { mergedAlways, unique } from './merge-duplicates.ts'
import { ObservedScalar } from './observed-scalar.ts'
import { OneRow } from './one-row.ts'
import type { BuildOperator, Operator } from './operator.ts'
import { labelJoin, labelReplacement, RelabelSeries } from './relabel-series.ts'
import { scalarRow } from './scalar-row.ts'
import { scalarFrom, scalarOfVector } from './scalars.ts'
import { byLabels, byValue, type SeriesOrder, SortSeries } from './sort.ts'
import { type TimeAxis, timeAt } from './step-batch.ts'

interface Call {
  readonly evaluation: Evaluation
  readonly node: CallNode
  readonly axis: TimeAxis
  readonly build: BuildOperator
}

/** Functions of instant vectors and scalars by name (rows Q6.*, Q7.*, Q8.*). */
export function buildCall(
  evaluation: Evaluation,
  node: CallNode,
  axis: TimeAxis,
  build: BuildOperator,
): Operator {
  const call = { evaluation, node, axis, build }
  const compute = floatFunctions.get(node.name)
  if (compute !== undefined) return mapped(call, 0, [], mapValues(compute))
  const date = dateFunctions.get(node.name)
  if (date !== undefined) {
    return node.args.length === 0
      ? new OneRow(evaluation, axis, (row) => fillTimes(axis, row, (at) => date(at)))
      : mapped(call, 0, [], mapValues(date))
  }
  const builder = builders.get(node.name)
  if (builder === undefined) {
    throw new NarthexError('QUERY_EXECUTION', `function ${node.name} is not built yet`)
  }
  return builder(call)
}

const builders: ReadonlyMap<string, (call: Call) => Operator> = new Map<
  string,
  (call: Call) => Operator
>([
  ['time', ({ evaluation, axis }) => new OneRow(evaluation, axis, (row) => fillTimes(axis, row))],
  ['pi', ({ evaluation, axis }) => scalarFrom(evaluation, axis, [], () => Math.PI)],
  ['max_of', (call) => scalarOf(call, (a = 0, b = 0) => goMax(a, b))],
  ['min_of', (call) => scalarOf(call, (a = 0, b = 0) => goMin(a, b))],
  ['scalar', (call) => scalarOfVector(call.evaluation, call.axis, argument(call, 0))],
  ['vector', buildVector],
  ['timestamp', (call) => mapped(call, 0, [], timestampChange(call), timesOfHistograms(call.axis))],
  ['start_timestamp', buildStartTimestamp],
  ['round', (call) => mapped(call, 0, optional(call, 1), roundRow)],
  [
    'clamp',
    (call) =>
      mapped(
        call,
        0,
        [1, 2],
        clampRow((row) => [row[0], row[1]]),
      ),
  ],
  [
    'clamp_min',
    (call) =>
      mapped(
        call,
        0,
        [1],
        clampRow((row) => [row[0], undefined]),
      ),
  ],
  [
    'clamp_max',
    (call) =>
      mapped(
        call,
        0,
        [1],
        clampRow((row) => [undefined, row[0]]),
      ),
  ],
  ['absent', buildAbsent],
  ['sort', (call) => sorted(call, byValue(1), true)],
  ['sort_desc', (call) => sorted(call, byValue(-1), true)],
  ['sort_by_label', (call) => sorted(call, byLabels(texts(call, 1), 1), false)],
  ['sort_by_label_desc', (call) => sorted(call, byLabels(texts(call, 1), -1), false)],
  ['label_replace', buildLabelReplace],
  ['label_join', buildLabelJoin],
  ['info', buildInfo],
  ['histogram_quantile', buildHistogramQuantile],
  ['histogram_quantiles', buildHistogramQuantiles],
  ['histogram_fraction', buildHistogramFraction],
  ['histogram_count', (call) => ofHistograms(call, ({ count }) => count)],
  ['histogram_sum', (call) => ofHistograms(call, ({ sum }) => sum[0] ?? 0)],
  ['histogram_avg', (call) => ofHistograms(call, meanOf)],
  ['histogram_stddev', (call) => ofHistograms(call, (of) => Math.sqrt(varianceOf(of)))],
  ['histogram_stdvar', (call) => ofHistograms(call, varianceOf)],
])

function argument({ evaluation, node, axis, build }: Call, place: number): Operator {
  return build(evaluation, argumentNode(node, place), axis)
}

function argumentNode(node: CallNode, place: number): PlanNode {
  const found = node.args[place]
  if (found !== undefined) return found
  throw new NarthexError('QUERY_EXECUTION', `function ${node.name} lacks argument ${place + 1}`)
}

/** The strings from an argument on. */
function texts({ node }: Call, from: number): readonly string[] {
  return node.args.slice(from).map((argument) => (argument.kind === 'string' ? argument.value : ''))
}

function optional({ node }: Call, place: number): readonly number[] {
  return node.args.length > place ? [place] : []
}

function mapped(
  call: Call,
  vector: number,
  scalars: readonly number[],
  change: RowChange,
  histograms?: HistogramChange,
): Operator {
  const { evaluation, axis } = call
  const params = scalars.map((place) => argument(call, place))
  const child = argument(call, vector)
  const rows = new MapRows(evaluation, axis, child, params, 'dropped', change, histograms)
  return unique(evaluation, axis, rows)
}

function scalarOf(call: Call, compute: (...args: number[]) => number): Operator {
  const args = call.node.args.map((_argument, place) => argument(call, place))
  return scalarFrom(call.evaluation, call.axis, args, compute)
}

function fillTimes(
  axis: TimeAxis,
  row: Float64Array,
  compute: (seconds: number) => number = (seconds) => seconds,
): void {
  for (let step = 0; step < axis.steps; step++) row[step] = compute(timeAt(axis, step) / 1000)
}

/** A selector has read the samples' own times; anything else was computed at the step. */
function timestampChange({ node, axis }: Call): RowChange {
  const given = argumentNode(node, 0)
  const inner = given.kind === 'hold' ? given.child : given
  const isSelector = inner.kind === 'vector-selector' && inner.reads === 'timestamp'
  return isSelector ? unchanged : timesOf(axis)
}

/** Only selectors know start timestamps, and only where the engine is to use them. */
function buildStartTimestamp(call: Call): Operator {
  const given = argumentNode(call.node, 0)
  const inner = given.kind === 'hold' ? given.child : given
  const isKnown =
    call.evaluation.options.useStartTimestamps &&
    inner.kind === 'vector-selector' &&
    inner.reads === 'start-timestamp'
  return mapped(call, 0, [], isKnown ? unchanged : noFloats)
}

const noFloats: RowChange = (batch, row) => filterRow(batch, row, () => false)

function timesOf(axis: TimeAxis): RowChange {
  return (batch, row) => {
    const offset = row * batch.steps
    for (let step = 0; step < batch.steps; step++) {
      batch.values[offset + step] = timeAt(axis, step) / 1000
    }
  }
}

function timesOfHistograms(axis: TimeAxis): HistogramChange {
  return floatOf((_histogram, step) => timeAt(axis, step) / 1000)
}

const roundRow: RowChange = (batch, row, params) => {
  if (params.length === 0) mapValues((value) => roundTo(value, 1))(batch, row, params)
  else mapWithScalar(roundTo)(batch, row, params)
}

/** Nothing is left of a step whose lower bound is above its upper one. */
function clampRow(
  bounds: (params: readonly Float64Array[]) => readonly (Float64Array | undefined)[],
): RowChange {
  return (batch, row, params) => {
    const [leasts, mosts] = bounds(params)
    const least = (step: number) => leasts?.[step] ?? Number.NEGATIVE_INFINITY
    const most = (step: number) => mosts?.[step] ?? Number.POSITIVE_INFINITY
    filterRow(batch, row, (value, step) => {
      batch.values[row * batch.steps + step] = clampTo(value, least(step), most(step))
      return !(most(step) < least(step))
    })
  }
}

function buildVector(call: Call): Operator {
  const scalar = argument(call, 0)
  return new OneRow(call.evaluation, call.axis, async (row) => {
    row.set(await scalarRow(scalar, call.axis.steps))
  })
}

function buildAbsent(call: Call): Operator {
  const { matchers = [] } = call.node
  return new Absent(call.evaluation, argument(call, 0), matchers, call.axis)
}

/**
 * Over many steps series are ordered by labels anyway: upstream warns and leaves them. By value
 * only floats are ordered, and histograms are left out.
 */
function sorted(call: Call, order: SeriesOrder, dropsHistograms: boolean): Operator {
  const { evaluation, axis, node } = call
  if (axis.steps <= 1 && (axis.endMs ?? axis.startMs) === axis.startMs) {
    return new SortSeries(evaluation, argument(call, 0), order)
  }
  evaluation.annotations.warn(
    'sort is ineffective for range queries since results are always ordered by labels',
    node.span,
  )
  const series = argument(call, 0)
  return dropsHistograms ? new MapRows(evaluation, axis, series, [], 'kept', unchanged) : series
}

function checkedLabel(kind: string, node: CallNode, label: string): string {
  if (isValidLabelName(label, 'utf8')) return label
  throw new NarthexError(
    'QUERY_EXECUTION',
    `invalid ${kind} label name in ${node.name}(): ${label}`,
  )
}

function buildLabelReplace(call: Call): Operator {
  const { evaluation, axis, node } = call
  const [destination = '', replacement = '', source = '', pattern = ''] = texts(call, 1)
  const newLabel = labelReplacement(pattern, replacement, source)
  checkedLabel('destination', node, destination)
  const relabeled = new RelabelSeries(evaluation, argument(call, 0), destination, newLabel)
  return mergedAlways(evaluation, axis, relabeled)
}

function buildLabelJoin(call: Call): Operator {
  const { evaluation, axis, node } = call
  const [destination = '', separator = '', ...sources] = texts(call, 1)
  for (const source of sources) checkedLabel('source', node, source)
  checkedLabel('destination', node, destination)
  const newLabel = labelJoin(separator, sources)
  const relabeled = new RelabelSeries(evaluation, argument(call, 0), destination, newLabel)
  return mergedAlways(evaluation, axis, relabeled)
}

function buildInfo(call: Call): Operator {
  const { evaluation, node, axis } = call
  return new InfoJoin(evaluation, node, argument(call, 0), axis)
}

const nanInfo: ReadonlyMap<NanEffect, string> = new Map([
  ['result', 'input to histogram_quantile has NaN observations, result is NaN'],
  ['skew', 'input to histogram_quantile has NaN observations, result is skewed higher'],
])

function quantileFunction(
  call: Call,
  place: number,
  label: BucketFunction['label'],
): BucketFunction {
  const { evaluation, node } = call
  const span = node.argSpans[place] ?? node.span
  const native = new Lazy(() => new HistogramQuantile())
  const share = new ObservedScalar(argument(call, place), (q) => {
    if (!(q >= 0 && q <= 1)) evaluation.annotations.warn(invalidQuantile(q), span)
  })
  return {
    label,
    params: [share],
    needsRising: ([q = 0]) => trivialQuantile(q) === undefined,
    compute: (buckets, [q = 0]) => bucketQuantile(q, buckets),
    computeNative: (histogram, [q = 0]) => native.value.of(q, histogram),
    nativeInfo: () => nanInfo.get(native.value.nanEffect),
  }
}

function buildHistogramQuantile(call: Call): Operator {
  const functions = [quantileFunction(call, 0, undefined)]
  return histogramBuckets(call, 1, functions)
}

function buildHistogramQuantiles(call: Call): Operator {
  const [name = ''] = texts(call, 1)
  const label = { name, valueOf: ([q = 0]: readonly number[]) => quantileText(q) }
  const functions = call.node.args
    .slice(2)
    .map((_argument, place) => quantileFunction(call, place + 2, label))
  return histogramBuckets(call, 0, functions)
}

/** Upstream writes whole numbers with a decimal, as OpenMetrics does. */
function quantileText(quantile: number): string {
  const text = goG(quantile)
  return Number.isFinite(quantile) && !/[.e]/.test(text) ? `${text}.0` : text
}

const excludedNan =
  'input to histogram_fraction has NaN observations, which are excluded from all fractions'

function buildHistogramFraction(call: Call): Operator {
  const native = new Lazy(() => new HistogramFraction())
  const fraction: BucketFunction = {
    label: undefined,
    params: [argument(call, 0), argument(call, 1)],
    needsRising: () => false,
    compute: (buckets, [lower = 0, upper = 0]) => bucketFraction(lower, upper, buckets),
    computeNative: (histogram, [lower = 0, upper = 0]) => native.value.of(lower, upper, histogram),
    nativeInfo: () => (native.value.excludesNan ? excludedNan : undefined),
  }
  return histogramBuckets(call, 2, [fraction])
}

function histogramBuckets(
  call: Call,
  vector: number,
  functions: readonly BucketFunction[],
): Operator {
  const { evaluation, axis, node } = call
  const span = node.argSpans[vector] ?? node.span
  const child = argument(call, vector)
  const buckets = new HistogramBuckets(evaluation, child, functions, span, axis)
  return mergedAlways(evaluation, axis, buckets)
}

/** Functions of native histograms answer nothing for floats, and cut nothing but the name. */
function ofHistograms(
  { evaluation, axis, node, build }: Call,
  compute: (histogram: NativeHistogram) => number,
): Operator {
  const vector = build(evaluation, argumentNode(node, 0), axis)
  const rows = new MapRows(evaluation, axis, vector, [], 'name-dropped', noFloats, floatOf(compute))
  return unique(evaluation, axis, rows)
}

const unchanged: RowChange = () => {}
