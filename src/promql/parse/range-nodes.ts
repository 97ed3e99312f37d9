import type { IToken } from 'chevrotain'
import type { DurationExpr, Expr, VectorSelector } from './ast.ts'
import { type DurationNode, literalMs } from './duration-nodes.ts'
import type { NodeBuilder } from './node-builder.ts'

export interface Bracketed {
  readonly expr: Expr
  readonly open: IToken
  readonly close: IToken
  readonly range: DurationNode
  readonly isSubquery: boolean
  readonly step: DurationNode | undefined
}

/** `expr[range]` or `expr[range:step]`. */
export function rangeOrSubquery(builder: NodeBuilder, found: Bracketed): Expr {
  const { expr, open, close, isSubquery } = found
  const span = { start: expr.span.start, end: close.startOffset + 1 }
  const range = milliseconds(found.range)
  if (!isSubquery) {
    const fault = rangeFault(expr)
    if (fault !== undefined) builder.fault({ start: open.startOffset, end: span.end }, fault)
    const selector = expr.kind === 'vector-selector' ? expr : noSelector(builder, expr)
    return { kind: 'range-selector', selector, rangeMs: range.ms, rangeExpr: range.expr, span }
  }
  const step = found.step === undefined ? { ms: 0, expr: undefined } : milliseconds(found.step)
  return {
    kind: 'subquery',
    expr,
    rangeMs: range.ms,
    rangeExpr: range.expr,
    stepMs: step.ms,
    stepExpr: step.expr,
    at: { kind: 'none' },
    offsetMs: 0,
    offsetExpr: undefined,
    span,
  }
}

function rangeFault(expr: Expr): string | undefined {
  if (expr.kind !== 'vector-selector') return 'ranges only allowed for vector selectors'
  if (expr.offsetMs !== 0 || expr.offsetExpr !== undefined) {
    return 'no offset modifiers allowed before range'
  }
  return expr.at.kind === 'none' ? undefined : 'no @ modifiers allowed before range'
}

/** Stands in for what is no selector; the query has failed by then. */
function noSelector(builder: NodeBuilder, expr: Expr): VectorSelector {
  return builder.selector('nothing', [], expr.span)
}

function milliseconds(node: DurationNode): { ms: number; expr: DurationExpr | undefined } {
  if (node.kind === 'duration') return { ms: 0, expr: node }
  return { ms: literalMs(node.value), expr: undefined }
}
