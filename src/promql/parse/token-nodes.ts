import { type IToken, tokenMatcher } from 'chevrotain'
import type { Expr } from './ast.ts'
import { categories as c, tokens as t } from './tokens.ts'

/** Behind the last byte of a token. */
export function endOf(token: IToken): number {
  return token.startOffset + token.image.length
}

export function isFunctionKeyword(type: IToken['tokenType']): boolean {
  return type === t.Preprocessor || type === t.DurationWord || type === t.Extreme
}

export function isSign(token: IToken): boolean {
  return tokenMatcher(token, c.Sign)
}

/** A sign is folded into a number, as upstream does. */
export function signed(token: IToken, node: Expr): Expr {
  const span = { start: token.startOffset, end: node.span.end }
  const op = token.image === '-' ? '-' : '+'
  if (node.kind !== 'number') return { kind: 'unary', op, expr: node, span }
  return { ...node, value: op === '-' ? -node.value : node.value, span }
}
