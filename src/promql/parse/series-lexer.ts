import type { IToken, TokenType } from 'chevrotain'
import { isAlpha, isDigit, isSpace, keywordOrIdentifier, QueryLexer, type State } from './lexer.ts'
import { scanNumber } from './scan-number.ts'
import { quoted, tokens } from './tokens.ts'

const plain: ReadonlyMap<string, TokenType> = new Map([
  ['+', tokens.Add],
  ['-', tokens.Sub],
  ['x', tokens.Times],
  ['_', tokens.Blank],
])
const histogramKeys: ReadonlySet<string> = new Set([
  'schema',
  'sum',
  'count',
  'z_bucket',
  'z_bucket_w',
  'custom_values',
  'buckets',
  'offset',
  'n_buckets',
  'n_offset',
  'counter_reset_hint',
])
const resetHints: ReadonlySet<string> = new Set(['unknown', 'reset', 'not_reset', 'gauge'])

/**
 * Cuts a line of the test language's series notation into tokens: labels as in a query, then values,
 * between which spaces count. The text is latin1 of its bytes.
 */
export function seriesTokens(text: string): readonly IToken[] {
  return new QueryLexer(text, values).run()
}

function values(lexer: QueryLexer): State | undefined {
  const place = lexer.at
  const character = lexer.next()
  if (character === '') {
    lexer.at--
    return undefined
  }
  if (character === '{' && lexer.peek() === '{') {
    lexer.at++
    lexer.emit(tokens.OpenHistogram)
    return histogram
  }
  if (isSpace(character)) return space(lexer, values)
  const type = plain.get(character)
  if (type !== undefined) {
    lexer.emit(type)
    return values
  }
  if (isDigit(character) || (character === '.' && isDigit(lexer.peek()))) {
    lexer.at = place
    return number(lexer, values)
  }
  if (isAlpha(character)) return keywordOrIdentifier(lexer)
  return lexer.fail(`unexpected character in series sequence: ${lexer.quotedRune(place)}`)
}

function histogram(lexer: QueryLexer): State | undefined {
  const place = lexer.at
  const character = lexer.next()
  if (isSpace(character)) return space(lexer, histogram)
  if (isAlpha(character)) return descriptor(lexer)
  if (isDigit(character)) {
    lexer.at = place
    return number(lexer, histogram)
  }
  switch (character) {
    case ':':
      lexer.emit(tokens.Colon)
      return histogram
    case '-':
      lexer.emit(tokens.Sub)
      return histogram
    case '[':
      lexer.emit(tokens.LeftBracket)
      return buckets
  }
  if (character === '}' && lexer.peek() === '}') {
    lexer.at++
    lexer.emit(tokens.CloseHistogram)
    return values
  }
  return lexer.fail(`histogram description incomplete unexpected: ${lexer.quotedRune(place)}`)
}

function descriptor(lexer: QueryLexer): State | undefined {
  while (isAlpha(lexer.peek())) lexer.at++
  const written = lexer.text.slice(lexer.start, lexer.at)
  const word = written.toLowerCase()
  if (histogramKeys.has(word)) {
    if (lexer.peek() !== ':') return lexer.fail('missing `:` for histogram descriptor')
    lexer.emit(tokens.HistogramKey)
  } else if (isSpecialNumber(word)) lexer.emit(tokens.Number)
  else if (resetHints.has(word)) lexer.emit(tokens.ResetHint)
  else return lexer.fail(`bad histogram descriptor found: ${quoted(written)}`)
  return histogram
}

function buckets(lexer: QueryLexer): State | undefined {
  const place = lexer.at
  const character = lexer.next()
  if (isSpace(character)) return space(lexer, buckets)
  if (character === '-') {
    lexer.emit(tokens.Sub)
    return number(lexer, buckets)
  }
  if (isDigit(character)) {
    lexer.at = place
    return number(lexer, buckets)
  }
  if (character === ']') {
    lexer.emit(tokens.RightBracket)
    return histogram
  }
  if (isSpecialNumber(lexer.text.slice(place, place + 3).toLowerCase())) {
    lexer.at = place + 3
    lexer.emit(tokens.Number)
    return buckets
  }
  return lexer.fail(`invalid character in buckets description: ${lexer.quotedRune(place)}`)
}

function number(lexer: QueryLexer, next: State): State | undefined {
  if (!scanNumber(lexer, true)) {
    return lexer.fail(`bad number syntax: ${quoted(lexer.text.slice(lexer.start, lexer.at))}`)
  }
  lexer.emit(tokens.Number)
  return next
}

/** A run of spaces is one token, which shows as its first character. */
function space(lexer: QueryLexer, next: State): State {
  lexer.emit(tokens.Space)
  lexer.skipSpaces()
  return next
}

function isSpecialNumber(word: string): boolean {
  return word === 'inf' || word === 'nan'
}
