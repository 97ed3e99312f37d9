import type { IToken, TokenType } from 'chevrotain'
import { runeLength, textOfBytes } from '../../model/byte-text.ts'
import { goQuoteRune } from '../../model/go-quote.ts'
import { demandNesting } from './nesting.ts'
import { scanNumber, scanRestOfDuration } from './scan-number.ts'
import { scanString } from './scan-string.ts'
import { keywords, tokens } from './tokens.ts'

export type State = (lexer: QueryLexer) => State | undefined

/** Single characters that are the same token everywhere outside of braces. */
const plain: ReadonlyMap<string, TokenType> = new Map([
  [',', tokens.Comma],
  ['*', tokens.Arithmetic],
  ['/', tokens.Arithmetic],
  ['%', tokens.Arithmetic],
  ['^', tokens.Arithmetic],
  ['+', tokens.Add],
  ['-', tokens.Sub],
])

/**
 * Cuts a query into tokens. The text is latin1 of its UTF-8 bytes, so that every offset is one of
 * bytes. A lexical error becomes the last token, with upstream's message as its payload.
 */
export class QueryLexer {
  readonly tokens: IToken[] = []
  at = 0
  start = 0
  parenDepth = 0
  inBrackets = false
  gotColon = false
  gotDuration = false

  /** `afterLabels` takes over behind the labels of a series line, where its values stand. */
  constructor(
    readonly text: string,
    readonly afterLabels?: State,
  ) {}

  run(): readonly IToken[] {
    for (let state: State | undefined = outside; state !== undefined; ) state = state(this)
    return this.tokens
  }

  emit(type: TokenType): void {
    this.#push(type, this.text.slice(this.start, this.at), undefined)
    this.start = this.at
  }

  /** The same where the error takes the place of the token before it. */
  failLast(message: string): undefined {
    this.tokens.pop()
    return this.fail(message)
  }

  /** Ends the lexing: the parser meets this token where it would have gone on. */
  fail(message: string): undefined {
    this.#push(tokens.Wrong, '', message)
    return undefined
  }

  #push(type: TokenType, image: string, payload: string | undefined): void {
    this.tokens.push({
      image,
      startOffset: this.start,
      endOffset: this.at - 1,
      tokenType: type,
      tokenTypeIdx: type.tokenTypeIdx ?? 0,
      payload,
    })
  }

  peek(): string {
    return this.text.charAt(this.at)
  }

  /** The next character; '' at the end. */
  next(): string {
    return this.text.charAt(this.at++)
  }

  skipSpaces(): void {
    while (isSpace(this.peek())) this.at++
    this.start = this.at
  }

  /** The whole character that begins at the place, as Go's %q prints it. */
  quotedRune(place: number): string {
    const length = place < this.text.length ? runeLength(this.text, place) : 0
    return goQuoteRune(
      length === 0 ? '\ufffd' : textOfBytes(this.text.slice(place, place + length)),
    )
  }

  openParen(): void {
    this.emit(tokens.LeftParen)
    this.parenDepth++
    demandNesting(this.parenDepth, 'parentheses', this.at - 1)
  }

  /** False when there was none to close. */
  closeParen(): boolean {
    this.emit(tokens.RightParen)
    return --this.parenDepth >= 0
  }
}

function outside(lexer: QueryLexer): State | undefined {
  const place = lexer.at
  const character = lexer.next()
  if (character === '') return endOfText(lexer)
  if (character === '#') return comment(lexer, outside)
  if (isSpace(character)) {
    lexer.skipSpaces()
    return outside
  }
  const type = plain.get(character)
  if (type !== undefined) {
    lexer.emit(type)
    return outside
  }
  if (isDigit(character) || (character === '.' && isDigit(lexer.peek()))) {
    lexer.at = place
    return numberOrDuration(lexer)
  }
  if (character === '"' || character === "'" || character === '`')
    return string(lexer, character, outside)
  if (isAlpha(character) || character === ':') return word(lexer, character)
  return symbol(lexer, character, place)
}

function endOfText(lexer: QueryLexer): undefined {
  lexer.at--
  if (lexer.parenDepth !== 0) return lexer.fail('unclosed left parenthesis')
  if (lexer.inBrackets) return lexer.fail('unclosed left bracket')
  return undefined
}

function symbol(lexer: QueryLexer, character: string, place: number): State | undefined {
  switch (character) {
    case '(':
      lexer.openParen()
      return outside
    case ')':
      return lexer.closeParen() ? outside : lexer.failLast(`unexpected right parenthesis ')'`)
    case '{':
      lexer.emit(tokens.LeftBrace)
      return insideBraces
    case '[':
      return openBracket(lexer)
    case ']':
      if (!lexer.inBrackets) return lexer.fail(`unexpected right bracket ']'`)
      lexer.emit(tokens.RightBracket)
      lexer.inBrackets = false
      return outside
    case '@':
      lexer.emit(tokens.At)
      return outside
    case '=':
    case '!':
    case '<':
    case '>':
      return comparison(lexer, character)
    default:
      return lexer.fail(`unexpected character: ${lexer.quotedRune(place)}`)
  }
}

function openBracket(lexer: QueryLexer): State | undefined {
  if (lexer.inBrackets) return lexer.fail(`unexpected left bracket '['`)
  lexer.gotColon = false
  lexer.emit(tokens.LeftBracket)
  lexer.skipSpaces()
  lexer.inBrackets = true
  return insideBrackets
}

function comparison(lexer: QueryLexer, character: string): State | undefined {
  const next = lexer.peek()
  if (character === '=' && next === '~') {
    return lexer.fail(`unexpected character after '=': '~'`)
  }
  if (character === '!') {
    lexer.at++
    if (next !== '=')
      return lexer.fail(`unexpected character after '!': ${lexer.quotedRune(lexer.at - 1)}`)
    lexer.emit(tokens.NotEqual)
    return outside
  }
  const isDouble = next === '=' || (next === '/' && character !== '=')
  if (isDouble) lexer.at++
  lexer.emit(character === '=' && !isDouble ? tokens.Equal : tokens.Comparison)
  return outside
}

function word(lexer: QueryLexer, first: string): State | undefined {
  if (!lexer.inBrackets) return keywordOrIdentifier(lexer)
  if (first === ':') {
    if (lexer.gotColon) return lexer.fail(`unexpected colon ':'`)
    lexer.emit(tokens.Colon)
    lexer.gotColon = true
    return outside
  }
  if (durationWord(lexer, first)) return outside
  return lexer.fail(`unexpected character: '${first}', expected ':'`)
}

/** Takes step, range, min_of or max_of; false where the word is another. */
function durationWord(lexer: QueryLexer, first: string): boolean {
  if (!/[srm]/i.test(first)) return false
  while (isAlpha(lexer.peek())) lexer.at++
  const type = keywords.get(lexer.text.slice(lexer.start, lexer.at).toLowerCase())
  if (type !== tokens.DurationWord && type !== tokens.Extreme) return false
  lexer.emit(type)
  return true
}

export function keywordOrIdentifier(lexer: QueryLexer): State {
  while (isAlphaNumeric(lexer.peek()) || lexer.peek() === ':') lexer.at++
  const text = lexer.text.slice(lexer.start, lexer.at)
  const keyword = keywords.get(text.toLowerCase())
  const isFill =
    keyword === tokens.Fill || keyword === tokens.FillLeft || keyword === tokens.FillRight
  if (keyword !== undefined && !(isFill && !parenFollows(lexer))) lexer.emit(keyword)
  else lexer.emit(text.includes(':') ? tokens.MetricIdentifier : tokens.Identifier)
  return lexer.peek() === '{' ? outside : (lexer.afterLabels ?? outside)
}

/** fill and its kin are words like any other unless a parenthesis comes next. */
function parenFollows(lexer: QueryLexer): boolean {
  let place = lexer.at
  while (isSpace(lexer.text.charAt(place))) place++
  return lexer.text.charAt(place) === '('
}

function insideBraces(lexer: QueryLexer): State | undefined {
  const place = lexer.at
  const character = lexer.next()
  if (character === '') {
    lexer.at--
    return lexer.fail('unexpected end of input inside braces')
  }
  if (character === '#') return comment(lexer, insideBraces)
  if (isSpace(character)) {
    lexer.skipSpaces()
    return insideBraces
  }
  if (isAlpha(character)) {
    while (isAlphaNumeric(lexer.peek())) lexer.at++
    lexer.emit(tokens.Identifier)
    return insideBraces
  }
  if (character === '"' || character === "'" || character === '`')
    return string(lexer, character, insideBraces)
  return symbolInBraces(lexer, character, place)
}

function symbolInBraces(lexer: QueryLexer, character: string, place: number): State | undefined {
  switch (character) {
    case ',':
      lexer.emit(tokens.Comma)
      return insideBraces
    case '=':
      if (lexer.peek() === '~') lexer.at++
      lexer.emit(lexer.at - lexer.start === 2 ? tokens.RegexMatch : tokens.Equal)
      return insideBraces
    case '!': {
      const next = lexer.next()
      if (next === '~') lexer.emit(tokens.RegexMatch)
      else if (next === '=') lexer.emit(tokens.NotEqual)
      else {
        return lexer.fail(
          `unexpected character after '!' inside braces: ${lexer.quotedRune(place + 1)}`,
        )
      }
      return insideBraces
    }
    case '{':
      return lexer.fail(`unexpected left brace '{'`)
    case '}':
      lexer.emit(tokens.RightBrace)
      return lexer.afterLabels ?? outside
    default:
      return lexer.fail(`unexpected character inside braces: ${lexer.quotedRune(place)}`)
  }
}

/** A duration expression, until its first number: behind that `outside` goes on, as upstream does. */
function insideBrackets(lexer: QueryLexer): State | undefined {
  const place = lexer.at
  const character = lexer.next()
  if (character === '') {
    lexer.at--
    return lexer.fail('unexpected end of input in duration expression')
  }
  if (isSpace(character)) {
    lexer.skipSpaces()
    return insideBrackets
  }
  const type = plain.get(character)
  if (type !== undefined) {
    lexer.emit(type)
    return insideBrackets
  }
  if (isDigit(character) || (character === '.' && isDigit(lexer.peek()))) {
    lexer.at = place
    lexer.gotDuration = true
    return numberOrDuration(lexer)
  }
  return symbolInBrackets(lexer, character, place)
}

function symbolInBrackets(lexer: QueryLexer, character: string, place: number): State | undefined {
  switch (character) {
    case ']':
      lexer.emit(tokens.RightBracket)
      lexer.inBrackets = false
      lexer.gotColon = false
      return outside
    case ':':
      lexer.emit(tokens.Colon)
      if (!lexer.gotDuration)
        return lexer.failLast('unexpected colon before duration in duration expression')
      if (lexer.gotColon) return lexer.failLast('unexpected repeated colon in duration expression')
      lexer.gotColon = true
      return insideBrackets
    case '(':
      lexer.openParen()
      return insideBrackets
    case ')':
      return lexer.closeParen()
        ? insideBrackets
        : lexer.failLast(`unexpected right parenthesis ')'`)
    default:
      if (durationWord(lexer, character)) return insideBrackets
      return lexer.fail(`unexpected character in duration expression: ${lexer.quotedRune(place)}`)
  }
}

function numberOrDuration(lexer: QueryLexer): State | undefined {
  if (scanNumber(lexer)) lexer.emit(tokens.Number)
  else if (scanRestOfDuration(lexer)) lexer.emit(tokens.Duration)
  else
    return lexer.fail(`bad number or duration syntax: "${lexer.text.slice(lexer.start, lexer.at)}"`)
  return outside
}

function string(lexer: QueryLexer, quote: string, next: State): State | undefined {
  const fault = scanString(lexer, quote)
  if (fault !== undefined) return lexer.fail(fault)
  lexer.emit(tokens.String)
  return next
}

function comment(lexer: QueryLexer, next: State): State {
  while (!/^[\r\n]?$/.test(lexer.peek())) lexer.at++
  lexer.start = lexer.at
  return next
}

export function isSpace(character: string): boolean {
  return character === ' ' || character === '\t' || character === '\n' || character === '\r'
}

export function isDigit(character: string): boolean {
  return character >= '0' && character <= '9' && character.length === 1
}

export function isAlpha(character: string): boolean {
  return /^[A-Za-z_]$/.test(character)
}

export function isAlphaNumeric(character: string): boolean {
  return isDigit(character) || isAlpha(character)
}
