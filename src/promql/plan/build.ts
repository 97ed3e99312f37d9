import { NarthexError } from '../../base/errors.ts'
import type { ExactTimes } from '../../model/exact-time.ts'
import type {
  At,
  Call,
  DurationExpr,
  Expr,
  RangeSelector,
  Span,
  Subquery,
  VectorSelector,
} from '../parse/ast.ts'
import { documentedTypes, typeOf } from '../parse/check-types.ts'
import { durationMs } from './durations.ts'
import {
  type PlanNode,
  type RangeSelectorNode,
  type SubqueryNode,
  smoothedSelector,
  type VectorSelectorNode,
} from './node.ts'

/** When a query is evaluated; the step of an instant query is 0. */
export interface PlanTimes {
  readonly kind: 'instant' | 'range'
  readonly startMs: number
  readonly endMs: number
  readonly stepMs: number
  /** Where one is beyond the safe integers, of which the others are the nearest floats. */
  readonly exact?: ExactTimes | undefined
}

/** What a plan depends on beside the query and its times. */
export interface PlanOptions {
  /** Step of a subquery that names none: the global evaluation interval. */
  readonly subqueryStepMs: number
  /** Whether selectors and subqueries may say `@`. */
  readonly atModifier: boolean
  /** Whether they may look ahead of their time. */
  readonly negativeOffset: boolean
}

/**
 * The AST as a plan for these times. Throws QUERY_PARSE for what upstream refuses before it
 * evaluates: a range query for something that has no value per step, whatever else is wrong with it,
 * durations that are none, and modifiers that are off.
 */
export function buildPlan(expr: Expr, times: PlanTimes, options: PlanOptions): PlanNode {
  return planOf(expr, times, options).plan
}

/**
 * The same, and whether the times stand in the plan: else it is that of any instant query, as those
 * have no range and no step.
 */
export function planOf(
  expr: Expr,
  times: PlanTimes,
  options: PlanOptions,
): { readonly plan: PlanNode; readonly isTimed: boolean } {
  const type = typeOf(expr)
  if (times.kind === 'range' && type !== 'scalar' && type !== 'vector') {
    throw new NarthexError(
      'QUERY_PARSE',
      `invalid expression type "${documentedTypes[type]}" for range query, must be Scalar or instant Vector`,
    )
  }
  const builder = new PlanBuilder(times, options)
  const plan = builder.build(expr)
  return { plan, isTimed: builder.isTimed }
}

class PlanBuilder {
  isTimed = false
  #selects = 0

  constructor(
    readonly times: PlanTimes,
    readonly options: PlanOptions,
  ) {}

  build(expr: Expr): PlanNode {
    switch (expr.kind) {
      case 'number':
        return { kind: 'number', value: expr.value, span: expr.span }
      case 'string':
        return { kind: 'string', value: expr.value, span: expr.span }
      case 'paren':
        return this.build(expr.expr)
      case 'vector-selector':
        return this.#instant(expr)
      case 'range-selector':
        return this.#rangeSelector(expr)
      case 'subquery':
        return this.#subquery(expr)
      case 'call':
        return this.#call(expr)
      case 'aggregate': {
        const { op, grouping, without, span } = expr
        const param = expr.param && this.build(expr.param)
        const child = this.build(expr.expr)
        const paramSpan = expr.param && spanOf(expr.param)
        const spans = { paramSpan, childSpan: spanOf(expr.expr), span }
        return { kind: 'aggregate', op, grouping, without, param, child, ...spans }
      }
      case 'binary': {
        const { op, returnBool, matching, span } = expr
        const left = this.build(expr.left)
        const right = this.build(expr.right)
        return { kind: 'binary', op, returnBool, matching, left, right, span }
      }
      case 'unary': {
        const child = this.build(expr.expr)
        return expr.op === '+' ? child : { kind: 'negate', child, span: expr.span }
      }
      case 'duration':
        return { kind: 'number', value: this.#durationMs(0, expr, true) / 1000, span: expr.span }
    }
  }

  #call(call: Call): PlanNode {
    const { name, span } = call
    const argSpans = call.args.map(spanOf)
    const folded = this.#queryContext(name)
    if (folded !== undefined) return { kind: 'number', value: folded, span }
    const [first] = call.args
    const reads = readsOfCalls.get(name)
    if (reads !== undefined && first !== undefined) {
      const argument = unwrapped(first)
      if (argument.kind === 'vector-selector') {
        return { kind: 'call', name, args: [this.#vectorSelector(argument, reads)], argSpans, span }
      }
    }
    const args = call.args.map((argument) => this.build(argument))
    const source = args.find(isSource)
    if (source === undefined) {
      // A sign before a selector makes it any expression, though nothing is left of a plus.
      const selector = first && unwrapped(first)
      const isAbsent = name === 'absent' && selector?.kind === 'vector-selector'
      const { matchers } = isAbsent ? selector : noSelector
      return { kind: 'call', name, args, argSpans, ...(matchers && { matchers }), span }
    }
    const params = args.filter((argument) => argument !== source)
    // Of a subquery upstream has lost the place when it computes with its samples.
    const isLost = args[0]?.kind === 'subquery'
    const firstSpan = isLost ? { start: 0, end: 0 } : (argSpans[0] ?? span)
    return { kind: 'window', name, source, params, firstSpan, span }
  }

  /** start(), end(), range() and step() are constants of a query, in seconds. */
  #queryContext(name: string): number | undefined {
    const { startMs, endMs, stepMs } = this.times
    switch (name) {
      case 'start':
        this.isTimed = true
        return startMs / 1000
      case 'end':
        this.isTimed = true
        return endMs / 1000
      case 'range':
        return rangeMsOf(this.times) / 1000
      case 'step':
        return rangeMsOf(this.times) === 0 ? 0 : stepMs / 1000
      default:
        return undefined
    }
  }

  /** Anchored says nothing of one sample; smoothed looks at a window of its own (row Q2.11). */
  #instant(selector: VectorSelector): PlanNode {
    if (selector.edges !== 'smoothed') return this.#vectorSelector(selector, 'value')
    const source = this.#rangeSelector({
      kind: 'range-selector',
      selector,
      rangeMs: 0,
      rangeExpr: undefined,
      span: selector.span,
    })
    const { span } = selector
    return { kind: 'window', name: smoothedSelector, source, params: [], firstSpan: span, span }
  }

  #vectorSelector(
    selector: VectorSelector,
    reads: VectorSelectorNode['reads'],
  ): VectorSelectorNode {
    const select = { id: this.#selects++, matchers: selector.matchers }
    const placed = this.#placed(selector)
    return { kind: 'vector-selector', select, reads, histograms: 'whole', ...placed }
  }

  #rangeSelector({ selector, rangeMs, rangeExpr, span }: RangeSelector): RangeSelectorNode {
    return {
      kind: 'range-selector',
      select: { id: this.#selects++, matchers: selector.matchers },
      edges: selector.edges,
      histograms: 'whole',
      ...this.#placed(selector),
      rangeMs: this.#durationMs(rangeMs, rangeExpr, false),
      span,
    }
  }

  #subquery(subquery: Subquery): SubqueryNode {
    const { rangeMs, rangeExpr, stepMs, stepExpr } = subquery
    return {
      kind: 'subquery',
      child: this.build(subquery.expr),
      rangeMs: this.#durationMs(rangeMs, rangeExpr, false),
      stepMs: this.#durationMs(stepMs, stepExpr, false) || this.options.subqueryStepMs,
      ...this.#placed(subquery),
    }
  }

  #placed({ at, offsetMs: written, offsetExpr, span }: VectorSelector | Subquery) {
    const { atModifier, negativeOffset } = this.options
    if (at.kind !== 'none' && !atModifier) {
      throw new NarthexError('QUERY_PARSE', '@ modifier is disabled')
    }
    const offsetMs = this.#durationMs(written, offsetExpr, true)
    if (offsetMs < 0 && !negativeOffset) {
      throw new NarthexError('QUERY_PARSE', 'negative offset is disabled')
    }
    return { atMs: this.#at(at), offsetMs, span }
  }

  #at(at: At): number | undefined {
    switch (at.kind) {
      case 'none':
        return undefined
      case 'time':
        return at.timeMs
      case 'start':
        this.isTimed = true
        return this.times.startMs
      case 'end':
        this.isTimed = true
        return this.times.endMs
    }
  }

  #durationMs(written: number, expr: DurationExpr | undefined, isOffset: boolean): number {
    if (expr === undefined) return written
    const { stepMs } = this.times
    return durationMs(expr, { stepMs, rangeMs: rangeMsOf(this.times) }, isOffset)
  }
}

function rangeMsOf({ startMs, endMs, exact }: PlanTimes): number {
  return exact === undefined ? endMs - startMs : Number(exact.endMs - exact.startMs)
}

const noSelector = { matchers: undefined }

function unwrapped(expr: Expr): Expr {
  return expr.kind === 'paren' ? unwrapped(expr.expr) : expr
}

/** What an annotation on an operand tells its place by. */
function spanOf(operand: Expr): Span {
  return unwrapped(operand).span
}

function isSource(node: PlanNode): node is RangeSelectorNode | SubqueryNode {
  return node.kind === 'range-selector' || node.kind === 'subquery'
}

/** Functions that ask a selector for something else than values. */
const readsOfCalls: ReadonlyMap<string, VectorSelectorNode['reads']> = new Map([
  ['timestamp', 'timestamp'],
  ['start_timestamp', 'start-timestamp'],
])
