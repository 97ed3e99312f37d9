import type { Matcher } from '../../model/matcher.ts'

/** Bytes start to end (exclusive) of the query's UTF-8 text. */
export interface Span {
  readonly start: number
  readonly end: number
}

export type ValueType = 'scalar' | 'vector' | 'matrix' | 'string'

/** The tree of a query as it was written. Every node is immutable and knows its place. */
export type Expr =
  | NumberLiteral
  | StringLiteral
  | VectorSelector
  | RangeSelector
  | Subquery
  | Call
  | Aggregate
  | Binary
  | Unary
  | Paren
  | DurationExpr

export interface NumberLiteral {
  readonly kind: 'number'
  /** Seconds where it was written as a duration. */
  readonly value: number
  readonly isDuration: boolean
  readonly span: Span
}

export interface StringLiteral {
  readonly kind: 'string'
  readonly value: string
  readonly span: Span
}

/** The `@` modifier. */
export type At =
  | { readonly kind: 'none' }
  | { readonly kind: 'time'; readonly timeMs: number }
  | { readonly kind: 'start' }
  | { readonly kind: 'end' }

/** Where in time a selector or a subquery looks. */
interface Placed {
  readonly at: At
  /** As written; 0 where there is none or where `offsetExpr` says it. */
  readonly offsetMs: number
  readonly offsetExpr: DurationExpr | undefined
}

export interface VectorSelector extends Placed {
  readonly kind: 'vector-selector'
  /** '' where the name is not written before the braces. */
  readonly name: string
  /** In the order written; the one for `name` comes last. */
  readonly matchers: readonly Matcher[]
  readonly edges: 'plain' | 'anchored' | 'smoothed'
  readonly span: Span
}

export interface RangeSelector {
  readonly kind: 'range-selector'
  /** Holds the offset, the @ and the edges of the range too. */
  readonly selector: VectorSelector
  /** 0 where `rangeExpr` says it. */
  readonly rangeMs: number
  readonly rangeExpr: DurationExpr | undefined
  readonly span: Span
}

export interface Subquery extends Placed {
  readonly kind: 'subquery'
  readonly expr: Expr
  readonly rangeMs: number
  readonly rangeExpr: DurationExpr | undefined
  /** 0 = the default resolution, unless `stepExpr` says it. */
  readonly stepMs: number
  readonly stepExpr: DurationExpr | undefined
  readonly span: Span
}

export interface Call {
  readonly kind: 'call'
  /** A name of function-signatures.ts. */
  readonly name: string
  readonly args: readonly Expr[]
  readonly span: Span
}

export const aggregateOps = [
  'avg',
  'bottomk',
  'count',
  'count_values',
  'group',
  'max',
  'min',
  'quantile',
  'stddev',
  'stdvar',
  'sum',
  'topk',
  'limitk',
  'limit_ratio',
] as const
export type AggregateOp = (typeof aggregateOps)[number]

export interface Aggregate {
  readonly kind: 'aggregate'
  readonly op: AggregateOp
  readonly expr: Expr
  readonly param: Expr | undefined
  readonly grouping: readonly string[]
  readonly without: boolean
  readonly span: Span
}

export type ArithmeticOp = '+' | '-' | '*' | '/' | '%' | '^' | 'atan2'
export type ComparisonOp = '==' | '!=' | '<' | '<=' | '>' | '>='
export type SetOp = 'and' | 'or' | 'unless'
export type TrimOp = '</' | '>/'
export type BinaryOp = ArithmeticOp | ComparisonOp | SetOp | TrimOp

export type Cardinality = 'one-to-one' | 'many-to-one' | 'one-to-many' | 'many-to-many'

/** How the series of two vectors find each other. */
export interface VectorMatching {
  readonly card: Cardinality
  /** `on` rather than `ignoring`. */
  readonly on: boolean
  readonly labels: readonly string[]
  /** Labels of group_left or group_right. */
  readonly include: readonly string[]
  readonly fillLeft: number | undefined
  readonly fillRight: number | undefined
}

export interface Binary {
  readonly kind: 'binary'
  readonly op: BinaryOp
  readonly left: Expr
  readonly right: Expr
  readonly returnBool: boolean
  /** Undefined unless both sides are vectors. */
  readonly matching: VectorMatching | undefined
  readonly span: Span
}

export interface Unary {
  readonly kind: 'unary'
  readonly op: '+' | '-'
  readonly expr: Expr
  readonly span: Span
}

export interface Paren {
  readonly kind: 'paren'
  readonly expr: Expr
  readonly span: Span
}

export type DurationOp = '+' | '-' | '*' | '/' | '%' | '^' | 'step' | 'range' | 'min_of' | 'max_of'

/** Arithmetic on durations in seconds, in a range, a resolution or an offset. */
export interface DurationExpr {
  readonly kind: 'duration'
  readonly op: DurationOp
  /** Undefined for a sign, for step() and for range(). */
  readonly left: NumberLiteral | DurationExpr | undefined
  readonly right: NumberLiteral | DurationExpr | undefined
  /** Written in parentheses. */
  readonly wrapped: boolean
  readonly span: Span
}
