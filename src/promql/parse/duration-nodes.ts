import type { IToken } from 'chevrotain'
import type { DurationExpr, DurationOp, NumberLiteral, Span } from './ast.ts'
import { type NodeBuilder, spanOf } from './node-builder.ts'

export type DurationNode = NumberLiteral | DurationExpr

/** 64 bits of nanoseconds, in seconds. */
const secondsMax = 2 ** 63 / 1e9

/** Upstream keeps a literal as whole nanoseconds, and cuts them to milliseconds where it selects. */
export function literalMs(seconds: number): number {
  return Math.trunc(Math.round(seconds * 1e9) / 1e6)
}

/** Where errors say that a duration is: from its first operand, where it has two, to its last. */
export function durationPlace(node: DurationNode): Span {
  if (node.kind === 'number') return node.span
  const { left, right, span } = node
  const last = right ?? left
  if (last === undefined) return span
  const first = left !== undefined && right !== undefined ? durationPlace(left) : span
  return { start: first.start, end: durationPlace(last).end }
}

/** Makes the nodes of a duration expression. */
export class DurationBuilder {
  readonly #builder: NodeBuilder
  constructor(builder: NodeBuilder) {
    this.#builder = builder
  }

  /** A number, behind the sign of an offset where there is one. */
  literal(token: IToken, sign: IToken | undefined): DurationNode {
    const node = this.#builder.number(token)
    if (sign === undefined) return this.#inRange(node, spanOf(token))
    return this.#signedNumber(sign, node)
  }

  /** `nextEnd` is where the token ends behind which the next has told that the operand is whole; so below. */
  sign(token: IToken, node: DurationNode, nextEnd?: number): DurationNode {
    const start = token.startOffset
    if (node.kind === 'number') return this.#signedNumber(token, node, nextEnd)
    return token.image === '-'
      ? expression('-', undefined, node, { start, end: node.span.end })
      : node
  }

  binary(left: DurationNode, token: IToken, right: DurationNode, nextEnd: number): DurationNode {
    this.#experimental(durationPlace(left), nextEnd)
    const op = durationOp(token)
    const byZero = right.kind === 'number' && right.value === 0
    if (byZero && (op === '/' || op === '%')) {
      const words = op === '/' ? 'division by zero' : 'modulo by zero'
      this.#builder.fault(spanOf(token), words, nextEnd)
      return { kind: 'number', value: 0, isDuration: false, span: { start: 0, end: 0 } }
    }
    return expression(op, left, right, { start: left.span.start, end: right.span.end })
  }

  /**
   * step(), range(), min_of(a, b), max_of(a, b). A sign before it is that of an offset, whose node
   * ends, as upstream's, with the last argument.
   */
  call(
    token: IToken,
    args: readonly DurationNode[],
    end: number,
    sign: IToken | undefined,
  ): DurationNode {
    if (sign === undefined) {
      const span = { start: token.startOffset, end }
      const node = expression(durationOp(token), args[0], args[1], span)
      this.#experimental(durationPlace(node))
      return node
    }
    const span = { start: token.startOffset, end: args[1]?.span.end ?? end }
    const inner = expression(durationOp(token), args[0], args[1], span)
    const outer = { start: sign.startOffset, end: span.end }
    this.#experimental(outer)
    return expression(durationOp(sign), undefined, inner, outer)
  }

  /**
   * Parentheses keep a number from being folded into its surroundings. Behind the sign of an offset
   * they are not experimental.
   */
  wrapped(node: DurationNode, open: IToken, end: number, sign: IToken | undefined): DurationNode {
    if (sign === undefined) this.#experimental(durationPlace(node))
    const span = sign === undefined ? { start: open.startOffset, end } : node.span
    const wrapped =
      node.kind === 'duration'
        ? { ...node, wrapped: true }
        : { ...expression('+', undefined, node, span), wrapped: true }
    return sign === undefined ? wrapped : this.sign(sign, wrapped)
  }

  /** What a range or step may be. */
  positive(node: DurationNode, nextEnd: number): DurationNode {
    if (node.kind === 'duration' || node.value > 0 || Number.isNaN(node.value)) return node
    this.#builder.fault(node.span, 'duration must be greater than 0', nextEnd)
    return node
  }

  #signedNumber(sign: IToken, node: NumberLiteral, nextEnd?: number): DurationNode {
    const value = sign.image === '-' ? -node.value : node.value
    const span = { start: sign.startOffset, end: node.span.end }
    return this.#inRange({ ...node, value, span }, spanOf(sign), nextEnd)
  }

  #inRange(node: NumberLiteral, place: Span, nextEnd?: number): NumberLiteral {
    if (Math.abs(node.value) <= secondsMax) return node
    this.#builder.fault(place, 'duration out of range', nextEnd)
    return { kind: 'number', value: 0, isDuration: false, span: { start: 0, end: 0 } }
  }

  #experimental(span: Span, nextEnd?: number): void {
    if (this.#builder.options.durationExpressions) return
    this.#builder.fault(span, 'experimental duration expression is not enabled', nextEnd)
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
