import type { IToken, TokenType } from 'chevrotain'
import { NodeBuilder, spanOf } from './node-builder.ts'
import { QueryParseError } from './parse-error.ts'
import { defaultParseOptions } from './parse-options.ts'
import { seriesTokens } from './series-lexer.ts'
import { syntaxMessage } from './syntax-fault.ts'
import { quoted, tokens as t } from './tokens.ts'

/** The tokens of a series line, read from front to back. The first fault ends the reading. */
export class SeriesTokens {
  readonly #text: string
  readonly #tokens: readonly IToken[]
  readonly #builder = new NodeBuilder(defaultParseOptions)
  #at = 0

  /** `text` is latin1 of the line's bytes. */
  constructor(text: string) {
    this.#text = text
    this.#tokens = seriesTokens(text)
  }

  /** Undefined at the end of the line. */
  peek(): IToken | undefined {
    return this.#tokens[this.#at]
  }

  is(type: TokenType): boolean {
    return this.peek()?.tokenType === type
  }

  isAtEnd(): boolean {
    return this.peek() === undefined
  }

  next(): IToken {
    const token = this.peek()
    if (token === undefined) throw this.unexpected('series values')
    this.#at++
    return token
  }

  /** Takes a token of the type; false where the next is another. */
  take(type: TokenType): boolean {
    if (!this.is(type)) return false
    this.#at++
    return true
  }

  /** Throws upstream's words for a token that does not fit, or for the lexical error that it is. */
  unexpected(context: string, expected = ''): never {
    const token = this.peek()
    if (token?.tokenType === t.Wrong) throw this.failure(token, String(token.payload))
    throw this.failure(token, syntaxMessage(token, context, expected))
  }

  /** An error at a token; at the end of the line where there is none. */
  failure(token: IToken | undefined, message: string): QueryParseError {
    const end = this.#text.length
    const span = token === undefined ? { start: end, end } : spanOf(token)
    return new QueryParseError([{ span, message }], this.#text)
  }

  number(token: IToken): number {
    return this.#built(this.#builder.numberValue(token))
  }

  text(token: IToken): string {
    return this.#built(this.#builder.unquoted(token))
  }

  /** A number without sign, point or exponent. */
  wholeNumber(token: IToken): number {
    const number = /^\d+$/.test(token.image) ? Number(token.image) : Number.NaN
    const problem = Number.isNaN(number)
      ? 'invalid syntax'
      : number >= 2 ** 64
        ? 'value out of range'
        : ''
    if (problem === '') return number
    const words = `strconv.ParseUint: parsing ${quoted(token.image)}: ${problem}`
    throw this.failure(token, `invalid repetition in series values: ${words}`)
  }

  #built<Value>(value: Value): Value {
    if (this.#builder.faults.length > 0) {
      throw new QueryParseError(this.#builder.faults, this.#text)
    }
    return value
  }
}
