import { type IToken, type TokenType, tokenMatcher } from 'chevrotain'
import type { ParseFault } from './parse-error.ts'
import { categories, describeToken, tokens } from './tokens.ts'

/** Where the grammar gave up. */
export interface Stuck {
  /** The token that does not fit; its offset is not a number at the end of the text. */
  readonly token: IToken
  readonly previous: IToken | undefined
  /** The token before the previous one. */
  readonly earlier: IToken | undefined
  /** Whether it is behind the colon of the brackets it is in. */
  readonly isBehindColon: boolean
  /** Rules under way, the innermost last. */
  readonly rules: readonly string[]
}

/** Upstream's words for a syntax error: what is unexpected, in what, and what was expected. */
export function syntaxFault(stuck: Stuck, textLength: number): ParseFault {
  const { token } = stuck
  const isEnd = Number.isNaN(token.startOffset)
  const start = isEnd ? textLength : token.startOffset
  if (token.tokenType === tokens.Wrong) {
    return { span: { start, end: textLength }, message: String(token.payload) }
  }
  const [context, expected] = situation(stuck)
  const message = syntaxMessage(isEnd ? undefined : token, context, expected)
  return { span: { start, end: isEnd ? start : start + token.image.length }, message }
}

/** `unexpected WHAT in CONTEXT, expected WHAT`; no token is the end of the text. */
export function syntaxMessage(
  token: IToken | undefined,
  context: string,
  expected: string,
): string {
  const what = token === undefined ? 'end of input' : describeToken(token.tokenType, token.image)
  const place = context === '' ? '' : ` in ${context}`
  return `unexpected ${what}${place}${expected === '' ? '' : `, expected ${expected}`}`
}

const durationWords = 'number, duration, step(), or range()'

/** The innermost construct that upstream has words for. */
function situation(stuck: Stuck): readonly [context: string, expected: string] {
  // Within a list of labels the two are names of labels.
  const isLabel = stuck.rules.includes('groupingList')
  if (!isLabel && (after(stuck, tokens.GroupLeft) || after(stuck, tokens.GroupRight))) {
    return ['grouping opts', '"("']
  }
  const rule = [...stuck.rules].reverse().find((name) => name in situations)
  return rule === undefined ? ['', ''] : (situations[rule]?.(stuck) ?? ['', ''])
}

const situations: Readonly<Record<string, (stuck: Stuck) => readonly [string, string]>> = {
  aggregate: () => ['aggregation', ''],
  groupingLabels: (stuck) => ['grouping opts', groupingExpected(stuck)],
  labelMatchers: (stuck) => ['label matching', matcherExpected(stuck)],
  offset: () => ['offset', durationWords],
  at: () => ['@', 'timestamp'],
  brackets: bracketSituation,
}

function groupingExpected(stuck: Stuck): string {
  if (after(stuck, tokens.LeftParen) && stuck.rules.includes('groupingList')) return 'label'
  if (after(stuck, tokens.Comma)) return 'label'
  return stuck.rules.includes('groupingList') ? '"," or ")"' : '"("'
}

function matcherExpected(stuck: Stuck): string {
  if (after(stuck, tokens.LeftBrace) || after(stuck, tokens.Comma)) return 'identifier or "}"'
  if (after(stuck, categories.MatchOperator)) return 'string'
  if (after(stuck, tokens.Identifier)) return 'label matching operator'
  return '"," or "}"'
}

/** Behind a whole duration upstream knows what may follow; within one only that it has begun. */
function bracketSituation(stuck: Stuck): readonly [string, string] {
  const isWhole = stuck.rules.at(-1) === 'brackets' && !after(stuck, tokens.Colon)
  if (stuck.isBehindColon) {
    return ['subquery selector', isWhole ? '"]"' : 'number, duration, step(), range(), or "]"']
  }
  return isWhole
    ? ['subquery or range', '":" or "]"']
    : ['subquery or range selector', durationWords]
}

function after(stuck: Stuck, type: TokenType): boolean {
  return stuck.previous !== undefined && tokenMatcher(stuck.previous, type)
}
