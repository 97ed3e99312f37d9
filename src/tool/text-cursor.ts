import { textOfBytes } from '../model/byte-text.ts'
import { goQuote } from '../model/go-quote.ts'

/** Why a page is none, in the words of Prometheus' text parser. */
export class TextPageError extends Error {
  override readonly name = 'TextPageError'
  constructor(line: number, words: string) {
    super(`text format parsing error in line ${line}: ${words}`)
  }
}

const nameStart = /[a-zA-Z_"]/
const nameBody = /[a-zA-Z0-9_"]/

/**
 * Reads a page's bytes, a latin1 string, one by one. `byte` is the last one that was read and not
 * yet used. What is read behind the end is TextPageError.
 */
export class TextCursor {
  readonly #bytes: string
  #next = 0
  line = 0
  byte = ''

  constructor(bytes: string) {
    this.#bytes = bytes
  }

  fail(words: string): never {
    throw new TextPageError(this.line, words)
  }

  /** Past blanks, to the first byte of a line; false at the end of the page. */
  startLine(): boolean {
    this.line++
    while (/[ \t]/.test(this.#bytes.charAt(this.#next))) this.#next++
    if (this.#next === this.#bytes.length) return false
    this.advance()
    return true
  }

  advance(): void {
    if (this.#next >= this.#bytes.length) this.fail('unexpected end of input stream')
    this.byte = this.#bytes.charAt(this.#next++)
  }

  get isBlank(): boolean {
    return this.byte === ' ' || this.byte === '\t'
  }

  /** To the next byte that is no blank. */
  skipBlanks(): void {
    do this.advance()
    while (this.isBlank)
  }

  skipBlanksHere(): void {
    if (this.isBlank) this.skipBlanks()
  }

  skipLine(): void {
    while (this.byte !== '\n') this.advance()
  }

  untilWhitespace(): string {
    return this.#take(() => this.isBlank || this.byte === '\n')
  }

  untilNewline(): string {
    return this.#take(() => this.byte === '\n').replaceAll('\\', '')
  }

  /** To the end of the line, with escaped characters. */
  helpText(): string {
    let bytes = ''
    for (; this.byte !== '\n'; this.advance())
      bytes += this.byte === '\\' ? this.#escaped() : this.byte
    return textOfBytes(bytes)
  }

  /** A name, quoted or not; '' where there is none. */
  name(what: 'metric' | 'label'): string {
    const isStart = () => nameStart.test(this.byte) || (what === 'metric' && this.byte === ':')
    if (!isStart()) return ''
    let bytes = ''
    let isQuoted = false
    for (;;) {
      if (this.byte === '"') {
        isQuoted = !isQuoted
        if (!isQuoted) {
          this.advance()
          return textOfBytes(bytes)
        }
      } else if (this.byte === '\n') {
        this.fail(`${what} name ${goQuote(textOfBytes(bytes))} contains unescaped new-line`)
      } else bytes += this.byte === '\\' ? this.#escaped() : this.byte
      this.advance()
      const goesOn =
        isQuoted || nameBody.test(this.byte) || (what === 'metric' && this.byte === ':')
      if (!goesOn) return textOfBytes(bytes)
    }
  }

  /** Behind the quote that begins it; ends on the one that ends it. */
  labelValue(): string {
    let bytes = ''
    for (this.advance(); this.byte !== '"'; this.advance()) {
      if (this.byte === '\n') {
        this.fail(`label value ${goQuote(textOfBytes(bytes))} contains unescaped new-line`)
      }
      bytes += this.byte === '\\' ? this.#escaped() : this.byte
    }
    const text = textOfBytes(bytes)
    if (/[\ud800-\udfff]/u.test(text)) this.fail(`invalid label value ${goQuote(text)}`)
    return text
  }

  #escaped(): string {
    this.advance()
    if (this.byte === 'n') return '\n'
    if (this.byte === '"' || this.byte === '\\') return this.byte
    return this.fail(`invalid escape sequence '\\${this.byte}'`)
  }

  #take(isEnd: () => boolean): string {
    let bytes = ''
    for (; !isEnd(); this.advance()) bytes += this.byte
    return textOfBytes(bytes)
  }
}
