import type { At, DurationExpr, Expr, RangeSelector, Subquery, VectorSelector } from './ast.ts'
import { type DurationNode, literalMs } from './duration-nodes.ts'
import type { NodeBuilder } from './node-builder.ts'

type Placeable = VectorSelector | Subquery

/** offset, @, anchored and smoothed: each answers the expression with the modifier in it. */
export class PlaceModifiers {
  readonly #builder: NodeBuilder
  constructor(builder: NodeBuilder) {
    this.#builder = builder
  }

  offset(expr: Expr, duration: DurationNode, end: number): Expr {
    return this.#place(expr, end, 'offset modifier', (placed) => {
      if (placed.offsetMs !== 0 || placed.offsetExpr !== undefined) {
        this.#builder.fault(expr.span, 'offset may not be set multiple times')
        return placed
      }
      return { ...placed, ...written(duration) }
    })
  }

  /** `@ seconds`. */
  atTime(expr: Expr, seconds: number, end: number): Expr {
    if (!(Math.abs(seconds) < 2 ** 63)) {
      this.#builder.fault(
        expr.span,
        `timestamp out of bounds for @ modifier: ${fixedText(seconds)}`,
      )
    }
    return this.#at(expr, { kind: 'time', timeMs: Math.round(seconds * 1000) }, end)
  }

  atEdge(expr: Expr, edge: 'start' | 'end', end: number): Expr {
    return this.#at(expr, { kind: edge }, end)
  }

  #at(expr: Expr, at: At, end: number): Expr {
    return this.#place(expr, end, '@ modifier', (placed) => {
      if (placed.at.kind !== 'none') {
        this.#builder.fault(expr.span, '@ <timestamp> may not be set multiple times')
        return placed
      }
      return { ...placed, at }
    })
  }

  edges(expr: Expr, edges: 'anchored' | 'smoothed', end: number): Expr {
    if (!this.#builder.options.extendedRangeSelectors) {
      this.#builder.fault(expr.span, `${edges} modifier is experimental and not enabled`)
      return expr
    }
    const selector = expr.kind === 'range-selector' ? expr.selector : expr
    if (selector.kind !== 'vector-selector') {
      const words = expr.kind === 'subquery' ? 'is not supported for subqueries' : 'not implemented'
      this.#builder.fault(expr.span, `${edges} modifier ${words}`)
      return expr
    }
    if (selector.edges !== 'plain' && selector.edges !== edges) {
      this.#builder.fault(expr.span, 'anchored and smoothed modifiers cannot be used together')
    }
    const changed = { ...selector, edges }
    return expr.kind === 'range-selector'
      ? { ...expr, selector: changed }
      : { ...changed, span: { ...expr.span, end: Math.max(expr.span.end, end) } }
  }

  #place(
    expr: Expr,
    end: number,
    what: string,
    change: <P extends Placeable>(placed: P) => P,
  ): Expr {
    const span = { start: expr.span.start, end }
    if (expr.kind === 'range-selector') return { ...this.#inRange(expr, change), span }
    if (expr.kind === 'vector-selector' || expr.kind === 'subquery')
      return { ...change(expr), span }
    const words =
      'must be preceded by an instant vector selector or range vector selector or a subquery'
    this.#builder.fault(expr.span, `${what} ${words}`)
    return expr
  }

  #inRange(expr: RangeSelector, change: <P extends Placeable>(placed: P) => P): RangeSelector {
    return { ...expr, selector: change(expr.selector) }
  }
}

function written(duration: DurationNode): {
  offsetMs: number
  offsetExpr: DurationExpr | undefined
} {
  if (duration.kind === 'duration') return { offsetMs: 0, offsetExpr: duration }
  return { offsetMs: literalMs(duration.value), offsetExpr: undefined }
}

/** Go's %f. */
function fixedText(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  return `${BigInt(value)}.000000`
}
