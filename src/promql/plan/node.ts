import type { Matcher } from '../../model/matcher.ts'
import type { AggregateOp, BinaryOp, Span, ValueType, VectorMatching } from '../parse/ast.ts'

/**
 * The logical plan: what the AST means for one time axis, with start(), end(), step(), duration
 * expressions and parentheses resolved. Immutable; a pass answers a new tree (plan/passes.ts).
 */
export type PlanNode =
  | NumberNode
  | StringNode
  | VectorSelectorNode
  | RangeSelectorNode
  | SubqueryNode
  | WindowNode
  | CallNode
  | AggregateNode
  | BinaryNode
  | NegateNode
  | HoldNode

/** A select of the storage; selectors with the same id share what it found. */
export interface SelectPlan {
  readonly id: number
  readonly matchers: readonly Matcher[]
}

/** What is read of native histograms: counts and sums only where nobody asks for buckets. */
export type HistogramParts = 'whole' | 'statistics'

/** Looks at `atMs` (else at the step's time), `offsetMs` earlier. */
interface Placed {
  readonly offsetMs: number
  readonly atMs: number | undefined
  readonly span: Span
}

interface NumberNode {
  readonly kind: 'number'
  readonly value: number
  readonly span: Span
}

interface StringNode {
  readonly kind: 'string'
  readonly value: string
  readonly span: Span
}

export interface VectorSelectorNode extends Placed {
  readonly kind: 'vector-selector'
  readonly select: SelectPlan
  /**
   * timestamp(selector) reads when the sample was taken, in seconds, start_timestamp(selector) its
   * start timestamp; info() the time of floats only, and gets histograms as they are.
   */
  readonly reads: 'value' | 'timestamp' | 'start-timestamp' | 'float-timestamp'
  readonly histograms: HistogramParts
}

/** (t - rangeMs, t] of a selector. */
export interface RangeSelectorNode extends Placed {
  readonly kind: 'range-selector'
  readonly select: SelectPlan
  readonly rangeMs: number
  readonly edges: 'plain' | 'anchored' | 'smoothed'
  readonly histograms: HistogramParts
}

/** (t - rangeMs, t] of an expression, evaluated at whole multiples of stepMs. */
export interface SubqueryNode extends Placed {
  readonly kind: 'subquery'
  readonly child: PlanNode
  readonly rangeMs: number
  readonly stepMs: number
}

/** Name of the function over a range of 0 that a smoothed instant selector is (row Q2.11). */
export const smoothedSelector = 'smoothed selector'

/** A function over a range vector; `params` are its other, scalar, arguments in order. */
export interface WindowNode {
  readonly kind: 'window'
  readonly name: string
  readonly source: RangeSelectorNode | SubqueryNode
  readonly params: readonly PlanNode[]
  /** Of the first argument, where upstream places annotations. */
  readonly firstSpan: Span
  readonly span: Span
}

export interface CallNode {
  readonly kind: 'call'
  readonly name: string
  readonly args: readonly PlanNode[]
  /** Where annotations on an argument are placed: a plus before it counts, though it has no node. */
  readonly argSpans: readonly Span[]
  /** Of absent: those of the selector that its argument plainly is. */
  readonly matchers?: readonly Matcher[]
  readonly span: Span
}

export interface AggregateNode {
  readonly kind: 'aggregate'
  readonly op: AggregateOp
  readonly grouping: readonly string[]
  readonly without: boolean
  readonly param: PlanNode | undefined
  readonly child: PlanNode
  /** As `argSpans` of a call. */
  readonly paramSpan: Span | undefined
  readonly childSpan: Span
  readonly span: Span
}

export interface BinaryNode {
  readonly kind: 'binary'
  readonly op: BinaryOp
  readonly returnBool: boolean
  readonly matching: VectorMatching | undefined
  readonly left: PlanNode
  readonly right: PlanNode
  readonly span: Span
}

interface NegateNode {
  readonly kind: 'negate'
  readonly child: PlanNode
  readonly span: Span
}

/** A subtree with the same answer at every step: evaluated at the first one, then repeated. */
interface HoldNode {
  readonly kind: 'hold'
  readonly child: PlanNode
  readonly span: Span
}

const scalarCalls: ReadonlySet<string> = new Set(['time', 'pi', 'scalar', 'max_of', 'min_of'])

export function typeOf(node: PlanNode): ValueType {
  switch (node.kind) {
    case 'number':
      return 'scalar'
    case 'string':
      return 'string'
    case 'range-selector':
    case 'subquery':
      return 'matrix'
    case 'call':
      return scalarCalls.has(node.name) ? 'scalar' : 'vector'
    case 'binary':
      return typeOf(node.left) === 'scalar' && typeOf(node.right) === 'scalar' ? 'scalar' : 'vector'
    case 'negate':
    case 'hold':
      return typeOf(node.child)
    case 'vector-selector':
    case 'window':
    case 'aggregate':
      return 'vector'
  }
}
