import { isUtf8 } from 'node:buffer'
import { limits } from '../base/limits.ts'
import { goQuoteBytes } from '../model/go-quote.ts'
import type { MetricType } from '../storage/metadata.ts'
import { ExpositionError } from './exposition.ts'
import { FloatError, openMetricsFloat, parseGoFloat } from './go-float.ts'
import { type Lexer, type Token, token, tokenNames } from './token.ts'

/**
 * What the parsers of both text formats share: the entry that was read last, as places in the
 * page, and the words for what is wrong with it.
 */
export abstract class PageParser {
  metricType: MetricType = 'unknown'
  seriesStart = 0
  seriesEnd = 0
  value = 0
  hasTimestamp = false
  timestampMs = 0
  protected readonly bytes: Uint8Array
  protected readonly length: number
  protected readonly lexer: Lexer
  /** Start of the entry that is being read. */
  protected start = 0
  /** Of the name; -1 while a series in braces has not told it. */
  protected nameStart = -1
  protected nameEnd = -1
  /** Start and end of label name and label value in turn. */
  protected readonly labelPlaces: number[] = []
  protected textStart = 0
  protected textEnd = 0
  protected unit = ''

  constructor(bytes: Uint8Array, length: number, lexer: Lexer) {
    this.bytes = bytes
    this.length = length
    this.lexer = lexer
  }

  get position(): number {
    return this.lexer.position
  }

  set position(position: number) {
    this.lexer.position = position
  }

  familyName(): string {
    return this.text(this.nameStart, this.nameEnd)
  }

  labelPairs(): readonly string[] {
    const name = unescapeLabel(this.text(this.nameStart, this.nameEnd))
    const pairs = ['__name__', name]
    for (let place = 0; place < this.labelPlaces.length; place += 4) {
      const [nameStart = 0, nameEnd = 0, valueStart = 0, valueEnd = 0] = this.labelPlaces.slice(
        place,
        place + 4,
      )
      const label = unescapeLabel(this.text(nameStart, nameEnd))
      const value = unescapeLabel(this.text(valueStart, valueEnd))
      pairs.push(label, normalValue(this.metricType, label, value))
    }
    return pairs
  }

  protected abstract nextToken(): Token

  /**
   * The inside of braces up to the closing one, which is consumed. A quoted string without a value
   * is the metric's name; `places` takes the labels.
   */
  protected readLabels(places: number[], isExemplar: boolean): void {
    let next = this.nextToken()
    for (;;) {
      let from = this.lexer.start
      let to = this.lexer.position
      if (next === token.braceClose) return
      const isQuoted = next === token.quotedString
      if (!isQuoted && next !== token.labelName) throw this.unexpected('expected label name', next)
      next = this.nextToken()
      if (isQuoted && (next === token.comma || next === token.braceClose)) {
        this.#setQuotedName(from, to, isExemplar, next)
        if (next === token.braceClose) return
        next = this.nextToken()
        continue
      }
      if (isQuoted) {
        from++
        to--
      }
      if (next !== token.equal) throw this.unexpected('expected equal', next)
      const valueToken = this.nextToken()
      if (valueToken !== token.labelValue) {
        throw this.unexpected('expected label value', valueToken)
      }
      this.#checkUtf8('invalid UTF-8 label value:')
      places.push(from, to, this.lexer.start + 1, this.lexer.position - 1)
      next = this.afterLabel(this.nextToken())
    }
  }

  /** What may stand between two labels; answers the token that the next label begins with. */
  protected abstract afterLabel(next: Token): Token

  #setQuotedName(from: number, to: number, isExemplar: boolean, next: Token): void {
    if (isExemplar) throw this.unexpected('expected label name', next)
    if (this.nameStart !== -1) {
      throw this.fault(`metric name already set while parsing: ${this.quoted()}`)
    }
    this.nameStart = from + 1
    this.nameEnd = to - 1
  }

  #checkUtf8(text: string): void {
    const { start, position } = this.lexer
    if (isUtf8(this.bytes.subarray(start, position))) return
    throw this.fault(`${text} ${this.excerpt(start, position)}`)
  }

  /** The name behind HELP, TYPE or UNIT, without its quotes. */
  protected readFamily(keyword: Token): void {
    const next = this.nextToken()
    if (next !== token.metricName) {
      throw this.unexpected(`expected metric name after ${tokenNames[keyword]}`, next)
    }
    const isQuoted = this.bytes[this.lexer.start] === 0x22
    this.nameStart = this.lexer.start + (isQuoted ? 1 : 0)
    this.nameEnd = this.lexer.position - (isQuoted ? 1 : 0)
  }

  protected checkHelp(): void {
    const raw = this.bytes.subarray(this.textStart, this.textEnd)
    if (isUtf8(raw)) return
    const text = this.excerpt(this.textStart, this.textEnd)
    throw this.fault(`help text ${text} is not a valid utf8 string`)
  }

  protected float(from: number, to: number): number {
    try {
      return parseGoFloat(Buffer.from(this.bytes.subarray(from, to)).toString('latin1'))
    } catch (thrown) {
      if (!(thrown instanceof FloatError)) throw thrown
      throw this.fault(`${thrown.message} while parsing: ${this.quoted()}`)
    }
  }

  protected text(from: number, to: number): string {
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset + from, to - from).toString('utf8')
  }

  /** The entry so far, quoted. */
  protected quoted(): string {
    return this.excerpt(this.start, this.lexer.position)
  }

  /** Bytes of the page, quoted as Go does; of very many only the first: the text is kept and shown. */
  protected excerpt(from: number, to: number): string {
    const end = Math.min(to, from + limits.pageExcerptBytesMax)
    return `${goQuoteBytes(this.bytes.subarray(from, end))}${end < to ? '...' : ''}`
  }

  protected unexpected(expected: string, found: Token): ExpositionError {
    const end = Math.min(this.length, this.lexer.position + 1)
    const got = this.excerpt(this.lexer.start, end)
    const soFar = this.excerpt(this.start, end)
    const name = tokenNames[found]
    return this.fault(`${expected}, got ${got} ("${name}") while parsing: ${soFar}`)
  }

  protected fault(message: string): ExpositionError {
    const at = Math.min(this.lexer.start, this.length)
    let line = 1
    let lineStart = 0
    for (let offset = 0; offset < at; offset++) {
      if (this.bytes[offset] !== 0x0a) continue
      line++
      lineStart = offset + 1
    }
    return new ExpositionError(message, line, at - lineStart + 1)
  }
}

/** In label names and values \" \\ and \n stand for one character each, any other stays. */
export function unescapeLabel(text: string): string {
  if (!text.includes('\\')) return text
  return text.replace(/\\(["\\n])/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped))
}

/** Buckets and quantiles are told apart by number, so their text is made canonical. */
function normalValue(type: MetricType, label: string, value: string): string {
  const isNumber =
    (type === 'summary' && label === 'quantile') || (type === 'histogram' && label === 'le')
  if (!isNumber) return value
  try {
    return openMetricsFloat(parseGoFloat(value))
  } catch (thrown) {
    if (thrown instanceof FloatError) return value
    throw thrown
  }
}
