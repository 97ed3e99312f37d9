import type { MetricType } from '../storage/metadata.ts'
import {
  type EntryKind,
  type ExpositionParser,
  entryKind,
  type ParserOptions,
} from './exposition.ts'
import { withMetadataLabels } from './metadata-labels.ts'
import { PageParser } from './page-parser.ts'
import { TextLexer } from './text-lexer.ts'
import { type Token, token } from './token.ts'

const types: ReadonlyMap<string, MetricType> = new Map([
  ['counter', 'counter'],
  ['gauge', 'gauge'],
  ['histogram', 'histogram'],
  ['summary', 'summary'],
  ['untyped', 'unknown'],
])

/**
 * The Prometheus text format, 0.0.4 and 1.0.0 with quoted names (rows S1.5, S1.6). The caller's
 * buffer must have room for one byte behind the page: a line break is put there.
 */
export class TextParser extends PageParser implements ExpositionParser {
  readonly exemplar = undefined
  #kind: EntryKind = entryKind.end
  readonly #hasMetadataLabels: boolean

  constructor(
    bytes: Uint8Array,
    lengthBytes: number,
    options: Pick<ParserOptions, 'typeAndUnitLabels'> = { typeAndUnitLabels: false },
  ) {
    bytes[lengthBytes] = 0x0a
    super(bytes, lengthBytes + 1, new TextLexer(bytes, lengthBytes + 1))
    this.#hasMetadataLabels = options.typeAndUnitLabels
  }

  next(): EntryKind {
    this.#kind = this.#next()
    return this.#kind
  }

  #next(): EntryKind {
    for (;;) {
      this.start = this.lexer.position
      const found = this.nextToken()
      switch (found) {
        case token.eof:
          return entryKind.end
        case token.lineBreak:
          continue
        case token.help:
        case token.type:
          return this.#metadata(found)
        case token.comment:
          this.textStart = this.lexer.start
          this.textEnd = this.lexer.position
          this.#lineBreak('linebreak expected after comment')
          return entryKind.comment
        case token.braceOpen:
        case token.metricName:
          return this.#series(found)
        default:
          throw this.unexpected('expected a valid start token', found)
      }
    }
  }

  entryText(): string {
    const text = this.text(this.textStart, this.textEnd)
    if (this.#kind !== entryKind.help) return text
    return text.replace(/\\([\\n])/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped))
  }

  override labelPairs(): readonly string[] {
    const pairs = super.labelPairs()
    return this.#hasMetadataLabels ? withMetadataLabels(pairs, this.metricType, '') : pairs
  }

  protected nextToken(): Token {
    let next = this.lexer.lex()
    while (next === token.whitespace) next = this.lexer.lex()
    return next
  }

  /** Commas are optional here: `a="b" c="d"` is accepted, as upstream does. */
  protected afterLabel(next: Token): Token {
    return next === token.comma ? this.nextToken() : next
  }

  #metadata(keyword: Token): EntryKind {
    this.readFamily(keyword)
    this.nextToken()
    this.textStart = Math.min(this.lexer.start + 1, this.lexer.position)
    this.textEnd = this.lexer.position
    const isType = keyword === token.type
    if (isType) this.#setType()
    else this.checkHelp()
    this.#lineBreak('linebreak expected after metadata')
    return isType ? entryKind.type : entryKind.help
  }

  #setType(): void {
    const raw = this.bytes.subarray(this.textStart, this.textEnd)
    const type = types.get(Buffer.from(raw).toString('latin1'))
    if (type === undefined)
      throw this.fault(`invalid metric type ${this.excerpt(this.textStart, this.textEnd)}`)
    this.metricType = type
  }

  #lineBreak(expected: string): void {
    const next = this.nextToken()
    if (next !== token.lineBreak) throw this.unexpected(expected, next)
  }

  #series(first: Token): EntryKind {
    this.labelPlaces.length = 0
    this.seriesStart = this.start
    let next = first
    if (first === token.metricName) {
      this.nameStart = this.start
      this.nameEnd = this.lexer.position
      this.seriesEnd = this.lexer.position
      next = this.nextToken()
    } else {
      this.nameStart = -1
    }
    if (next === token.braceOpen) {
      this.readLabels(this.labelPlaces, false)
      this.seriesEnd = this.lexer.position
      next = this.nextToken()
    }
    this.#suffix(next)
    return entryKind.series
  }

  /** Value, then a timestamp in milliseconds or the end of the line. */
  #suffix(found: Token): void {
    if (this.nameStart === -1) {
      throw this.fault(`metric name not set while parsing: ${this.quoted()}`)
    }
    if (found !== token.value) throw this.unexpected('expected value after metric', found)
    this.value = this.float(this.lexer.start, this.lexer.position)
    this.hasTimestamp = false
    const next = this.nextToken()
    if (next === token.lineBreak) return
    if (next !== token.timestamp) {
      throw this.unexpected('expected timestamp or new record', next)
    }
    this.hasTimestamp = true
    this.timestampMs = this.#timestamp()
    this.#lineBreak('expected next entry after timestamp')
  }

  /** What is beyond whole doubles is too far ahead for any database: that refuses the sample alone. */
  #timestamp(): number {
    const text = this.text(this.lexer.start, this.lexer.position)
    if (isBeyondInt64(text)) {
      const reason = `strconv.ParseInt: parsing ${JSON.stringify(text)}: value out of range`
      throw this.fault(`${reason} while parsing: ${this.quoted()}`)
    }
    return Number(text)
  }
}

const int64Max = '9223372036854775807'

/** Of digits. */
function isBeyondInt64(text: string): boolean {
  if (text.length < int64Max.length) return false
  const digits = text.replace(/^0+/, '')
  return digits.length > int64Max.length || (digits.length === int64Max.length && digits > int64Max)
}
