import { bytesOfText } from '../../src/model/byte-text.ts'
import type { At, DurationExpr, Expr, VectorSelector } from '../../src/promql/parse/ast.ts'

/** A tree as the data writes it: upstream's names of types and fields, zero values left out. */
export function upstreamTree(expr: Expr): object {
  const pos = [expr.span.start, expr.span.end]
  switch (expr.kind) {
    case 'number':
      return clean({
        type: 'NumberLiteral',
        Val: number(expr.value),
        Duration: expr.isDuration || undefined,
        pos,
      })
    case 'string':
      return { type: 'StringLiteral', Val: textOrBytes(expr.value), pos }
    case 'vector-selector':
      return selectorTree(expr, pos)
    case 'range-selector':
      return clean({
        type: 'MatrixSelector',
        endPos: expr.span.end,
        Range: expr.rangeMs || undefined,
        RangeExpr: durationTree(expr.rangeExpr),
        VectorSelector: selectorTree(expr.selector, [
          expr.selector.span.start,
          expr.selector.span.end,
        ]),
      })
    case 'subquery':
      return clean({
        type: 'SubqueryExpr',
        Expr: upstreamTree(expr.expr),
        endPos: expr.span.end,
        Range: expr.rangeMs || undefined,
        RangeExpr: durationTree(expr.rangeExpr),
        Step: expr.stepMs || undefined,
        StepExpr: durationTree(expr.stepExpr),
        OriginalOffset: expr.offsetMs || undefined,
        OriginalOffsetExpr: durationTree(expr.offsetExpr),
        ...atFields(expr.at),
      })
    case 'call':
      return { type: 'Call', Func: expr.name, Args: expr.args.map(upstreamTree), pos }
    case 'aggregate':
      return clean({
        type: 'AggregateExpr',
        Op: expr.op,
        Expr: upstreamTree(expr.expr),
        Param: expr.param && upstreamTree(expr.param),
        Grouping: expr.grouping.length === 0 ? undefined : expr.grouping,
        Without: expr.without || undefined,
        pos,
      })
    case 'binary':
      return binaryTree(expr)
    case 'unary':
      return clean({
        type: 'UnaryExpr',
        Op: expr.op,
        Expr: upstreamTree(expr.expr),
        StartPos: expr.span.start || undefined,
      })
    case 'paren':
      return { type: 'ParenExpr', Expr: upstreamTree(expr.expr), pos }
    case 'duration':
      return durationTree(expr) ?? {}
  }
}

function binaryTree(expr: Extract<Expr, { kind: 'binary' }>): object {
  const { matching } = expr
  return clean({
    type: 'BinaryExpr',
    Op: expr.op,
    LHS: upstreamTree(expr.left),
    RHS: upstreamTree(expr.right),
    ReturnBool: expr.returnBool || undefined,
    VectorMatching:
      matching &&
      clean({
        type: 'VectorMatching',
        Card: matching.card,
        On: matching.on || undefined,
        MatchingLabels: matching.labels.length === 0 ? undefined : matching.labels,
        Include: matching.include.length === 0 ? undefined : matching.include,
        FillValues:
          matching.fillLeft === undefined && matching.fillRight === undefined
            ? undefined
            : { LHS: matching.fillLeft, RHS: matching.fillRight },
      }),
  })
}

function selectorTree(expr: VectorSelector, pos: readonly number[]): object {
  return clean({
    type: 'VectorSelector',
    Name: expr.name || undefined,
    LabelMatchers: expr.matchers.map(({ op, name, value }) => ({ op, name, value })),
    OriginalOffset: expr.offsetMs || undefined,
    OriginalOffsetExpr: durationTree(expr.offsetExpr),
    Anchored: expr.edges === 'anchored' || undefined,
    Smoothed: expr.edges === 'smoothed' || undefined,
    ...atFields(expr.at),
    pos,
  })
}

/** Only nodes without two operands have a place of their own. */
function durationTree(expr: DurationExpr | undefined): object | undefined {
  if (expr === undefined) return undefined
  const { op, left, right, wrapped, span } = expr
  const hasPlace = left === undefined || op === 'min_of' || op === 'max_of'
  // Upstream gives a sign its own end only before the extremes of an offset.
  const isOfExtreme = right?.kind === 'duration' && /^m(?:in|ax)_of$/.test(right.op)
  const isSign = left === undefined && op === '-' && !isOfExtreme
  return clean({
    type: 'DurationExpr',
    Op: op,
    LHS: left && upstreamTree(left),
    RHS: right && upstreamTree(right),
    Wrapped: wrapped || undefined,
    StartPos: hasPlace ? span.start || undefined : undefined,
    endPos: hasPlace && !isSign ? span.end : undefined,
  })
}

function atFields(at: At): object {
  if (at.kind === 'none') return {}
  return at.kind === 'time' ? { Timestamp: at.timeMs } : { StartOrEnd: at.kind }
}

/** Text as the data has it: in base64 where the bytes are not UTF-8. */
function textOrBytes(text: string): string | { readonly base64: string } {
  const bytes = Buffer.from(bytesOfText(text), 'latin1')
  return bytes.toString('utf8') === text ? text : { base64: bytes.toString('base64') }
}

function number(value: number): number | string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  return value
}

function clean(fields: Record<string, unknown>): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}
