import type { TokenType } from 'chevrotain'
import type { VectorMatching } from './ast.ts'
import { tokens as t } from './tokens.ts'

/** What stands between a binary operator and its right operand. */
export interface BinaryModifiers {
  readonly returnBool: boolean
  readonly matching: VectorMatching
}

export const noMatching: VectorMatching = {
  card: 'one-to-one',
  on: false,
  labels: [],
  include: [],
  fillLeft: undefined,
  fillRight: undefined,
}

export const noModifiers: BinaryModifiers = { returnBool: false, matching: noMatching }

/** What a modifier begins with. */
export const modifierWords: ReadonlySet<TokenType> = new Set([
  t.Bool,
  t.On,
  t.Ignoring,
  t.Fill,
  t.FillLeft,
  t.FillRight,
])

/** Both sides once, together or one after the other; then such a word is a name. */
export function mayFill({ fillLeft, fillRight }: VectorMatching, word: TokenType): boolean {
  if (word === t.FillLeft) return fillLeft === undefined
  if (word === t.FillRight) return fillRight === undefined
  return fillLeft === undefined && fillRight === undefined
}
