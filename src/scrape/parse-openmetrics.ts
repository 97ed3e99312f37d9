import type { MetricType } from '../storage/metadata.ts'
import {
  type EntryKind,
  type Exemplar,
  type ExpositionError,
  type ExpositionParser,
  entryKind,
  type ParserOptions,
} from './exposition.ts'
import { withMetadataLabels } from './metadata-labels.ts'
import { OpenMetricsLexer } from './openmetrics-lexer.ts'
import { PageParser, unescapeLabel } from './page-parser.ts'
import { type Token, token, tokenNames } from './token.ts'

const types: ReadonlyMap<string, MetricType> = new Map([
  ['counter', 'counter'],
  ['gauge', 'gauge'],
  ['histogram', 'histogram'],
  ['gaugehistogram', 'gaugehistogram'],
  ['summary', 'summary'],
  ['info', 'info'],
  ['stateset', 'stateset'],
  ['unknown', 'unknown'],
])

/**
 * OpenMetrics text 0.0.1 and 1.0.0 (row S1.7): UNIT, exemplars, timestamps in seconds, `# EOF`.
 * _created lines are series like any other unless the options skip them.
 */
export class OpenMetricsParser extends PageParser implements ExpositionParser {
  exemplar: Exemplar | undefined
  readonly #options: ParserOptions

  constructor(bytes: Uint8Array, lengthBytes: number, options: ParserOptions) {
    super(bytes, lengthBytes, new OpenMetricsLexer(bytes, lengthBytes))
    this.#options = options
  }

  next(): EntryKind {
    for (;;) {
      this.start = this.lexer.position
      this.exemplar = undefined
      const found = this.nextToken()
      switch (found) {
        case token.eofWord:
          if (this.nextToken() !== token.eof) throw this.fault('unexpected data after # EOF')
          return entryKind.end
        case token.eof:
          throw this.#unfinished()
        case token.help:
        case token.type:
        case token.unit:
          return this.#metadata(found)
        case token.braceOpen:
        case token.metricName:
          this.#series(found)
          if (this.#options.skipCreated && this.#isCreated()) continue
          return entryKind.series
        default:
          throw this.unexpected('expected a valid start token', found)
      }
    }
  }

  entryText(): string {
    return unescapeLabel(this.text(this.textStart, this.textEnd))
  }

  override labelPairs(): readonly string[] {
    const pairs = super.labelPairs()
    if (!this.#options.typeAndUnitLabels) return pairs
    return withMetadataLabels(pairs, this.metricType, this.unit)
  }

  protected nextToken(): Token {
    return this.lexer.lex()
  }

  protected afterLabel(next: Token): Token {
    if (next === token.comma) return this.nextToken()
    if (next !== token.braceClose) throw this.unexpected('expected comma or brace close', next)
    return next
  }

  #metadata(keyword: Token): EntryKind {
    this.readFamily(keyword)
    if (this.nextToken() !== token.text) {
      throw this.fault(`expected text in ${tokenNames[keyword]}`)
    }
    this.textStart = this.lexer.start + 1
    this.textEnd = this.lexer.position - 1
    switch (keyword) {
      case token.type:
        this.#setType()
        return entryKind.type
      case token.help:
        this.checkHelp()
        return entryKind.help
      default:
        this.#setUnit()
        return entryKind.unit
    }
  }

  #setType(): void {
    const raw = this.bytes.subarray(this.textStart, this.textEnd)
    const type = types.get(Buffer.from(raw).toString('latin1'))
    if (type === undefined)
      throw this.fault(`invalid metric type ${this.excerpt(this.textStart, this.textEnd)}`)
    this.metricType = type
  }

  #setUnit(): void {
    this.unit = this.text(this.textStart, this.textEnd)
    const family = this.familyName()
    if (this.unit === '' || family.endsWith(`_${this.unit}`)) return
    const name = this.excerpt(this.nameStart, this.nameEnd)
    const unit = this.excerpt(this.textStart, this.textEnd)
    throw this.fault(`unit ${unit} not a suffix of metric ${name}`)
  }

  #series(first: Token): void {
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
  }

  #suffix(found: Token): void {
    if (this.nameStart === -1) {
      throw this.fault(`metric name not set while parsing: ${this.quoted()}`)
    }
    this.value = this.#number(found, 'metric')
    this.hasTimestamp = false
    const next = this.nextToken()
    switch (next) {
      case token.eof:
        throw this.#unfinished()
      case token.comment:
        this.#exemplar()
        return
      case token.timestamp:
        this.#timestamp()
        return
      // Anything else is left for the next entry to complain about, as upstream does.
    }
  }

  #timestamp(): void {
    const seconds = this.float(this.lexer.start + 1, this.lexer.position)
    if (!Number.isFinite(seconds)) throw this.fault(`invalid timestamp ${infinityText(seconds)}`)
    this.hasTimestamp = true
    this.timestampMs = Math.trunc(seconds * 1_000)
    const next = this.nextToken()
    if (next === token.comment) this.#exemplar()
    else if (next !== token.lineBreak) {
      throw this.unexpected('expected next entry after timestamp', next)
    }
  }

  #exemplar(): void {
    const places: number[] = []
    this.readLabels(places, true)
    const value = this.#number(this.nextToken(), 'exemplar labels')
    const timestampMs = this.#exemplarTimestamp(this.nextToken())
    const labelPairs: string[] = []
    for (let place = 0; place < places.length; place += 2) {
      labelPairs.push(this.text(places[place] ?? 0, places[place + 1] ?? 0))
    }
    this.exemplar = { labelPairs, value, timestampMs }
  }

  #exemplarTimestamp(next: Token): number | undefined {
    if (next === token.eof) throw this.#unfinished()
    if (next === token.lineBreak) return undefined
    if (next !== token.timestamp) throw this.unexpected('expected timestamp or comment', next)
    const seconds = this.float(this.lexer.start + 1, this.lexer.position)
    if (!Number.isFinite(seconds)) {
      throw this.fault(`invalid exemplar timestamp ${infinityText(seconds)}`)
    }
    const end = this.nextToken()
    if (end !== token.lineBreak) {
      throw this.unexpected('expected next entry after exemplar timestamp', end)
    }
    return Math.trunc(seconds * 1_000)
  }

  #number(found: Token, after: string): number {
    if (found !== token.value) throw this.unexpected(`expected value after ${after}`, found)
    return this.float(this.lexer.start + 1, this.lexer.position)
  }

  #isCreated(): boolean {
    const hasCreated = ['counter', 'summary', 'histogram'].includes(this.metricType)
    return hasCreated && this.familyName().endsWith('_created')
  }

  #unfinished(): ExpositionError {
    return this.fault('data does not end with # EOF')
  }
}

function infinityText(value: number): string {
  return value === Infinity ? '+Inf' : value === -Infinity ? '-Inf' : 'NaN'
}
