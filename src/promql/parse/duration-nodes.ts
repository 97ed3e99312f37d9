import type { IToken } from 'chevrotain'
import type { DurationExpr, DurationOp, NumberLiteral, Span } from './ast.ts'
import { type NodeBuilder, spanOf } from './node-builder.ts'

export type DurationNode = NumberLiteral | DurationExpr

/** 64 bits of nanoseconds, in seconds. */
const secondsMax = 2 ** 63 / 1e9

/** Makes the nodes of a duration expression. */
export class DurationBuilder {
  readonly #builder: NodeBuilder
  constructor(builder: NodeBuilder) {
    this.#builder = builder
  }

  literal(token: IToken): DurationNode {
    return this.#inRange(this.#builder.number(token), spanOf(token))
  }

  sign(token: IToken, node: DurationNode): DurationNode {
    const start = token.startOffset
    if (node.kind === 'number') {
      const value = token.image === '-' ? -node.value : node.value
      return this.#inRange({ ...node, value, span: { start, end: node.span.end } }, spanOf(token))
    }
    return token.image === '-'
      ? expression('-', undefined, node, { start, end: node.span.end })
      : node
  }

  binary(left: DurationNode, token: IToken, right: DurationNode): DurationNode {
    this.#experimental(left.span)
    const op = durationOp(token)
    const byZero = right.kind === 'number' && right.value === 0
    if (byZero && (op === '/' || op === '%')) {
      const words = op === '/' ? 'division by zero' : 'modulo by zero'
      this.#builder.fault(spanOf(token), words)
      return { kind: 'number', value: 0, isDuration: false, span: { start: 0, end: 0 } }
    }
    return expression(op, left, right, { start: left.span.start, end: right.span.end })
  }

  /** step(), range(), min_of(a, b), max_of(a, b). */
  call(token: IToken, args: readonly DurationNode[], end: number): DurationNode {
    const span = { start: token.startOffset, end }
    this.#experimental(span)
    return expression(durationOp(token), args[0], args[1], span)
  }

  /** Parentheses keep a number from being folded into its surroundings. */
  wrapped(node: DurationNode, open: IToken, end: number): DurationNode {
    this.#experimental(node.span)
    if (node.kind === 'duration') return { ...node, wrapped: true }
    const span = { start: open.startOffset, end }
    return { ...expression('+', undefined, node, span), wrapped: true }
  }

  #inRange(node: NumberLiteral, place: Span): NumberLiteral {
    if (Math.abs(node.value) <= secondsMax) return node
    this.#builder.fault(place, 'duration out of range')
    return { kind: 'number', value: 0, isDuration: false, span: { start: 0, end: 0 } }
  }

  #experimental(span: Span): void {
    if (this.#builder.options.durationExpressions) return
    this.#builder.fault(span, 'experimental duration expression is not enabled')
  }
}

function expression(
  op: DurationOp,
  left: DurationNode | undefined,
  right: DurationNode | undefined,
  span: Span,
): DurationExpr {
  return { kind: 'duration', op, left, right, wrapped: false, span }
}

/** The grammar hands over only these. */
function durationOp(token: IToken): DurationOp
function durationOp(token: IToken): string {
  return token.image.toLowerCase()
}
