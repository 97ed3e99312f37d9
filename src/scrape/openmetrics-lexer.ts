import { ByteScanner } from './byte-scanner.ts'
import {
  byteClass,
  colon,
  digit,
  type Lexer,
  lexState,
  nameStart,
  type Token,
  token,
} from './token.ts'

const space = 0x20
const newline = 0x0a

/** Tokens of OpenMetrics text: single spaces, no blank lines, `# EOF` at the end. */
export class OpenMetricsLexer extends ByteScanner implements Lexer {
  lex(): Token {
    if (this.position >= this.length) return token.eof
    this.start = this.position
    const byte = this.current()
    switch (this.state) {
      case lexState.start:
        return this.#lineStart(byte)
      case lexState.family:
        return this.#family(byte)
      case lexState.text:
        return this.#text()
      case lexState.labels:
        return this.#labels(byte)
      case lexState.labelValue:
        return this.#quotedValue(byte, lexState.labels)
      case lexState.value:
        return this.#value(byte)
      case lexState.timestamp:
        return this.#timestamp(byte)
      case lexState.exemplar:
        return this.#exemplar(byte)
      case lexState.exemplarValue:
        return byte === 0x22 ? this.#quotedValue(byte, lexState.exemplar) : this.#exemplarNumber()
      default:
        return this.#exemplarTimestamp(byte)
    }
  }

  #lineStart(byte: number): Token {
    if (byte === 0x23) return this.#hash()
    if (byte === 0x7b) {
      this.position++
      this.state = lexState.labels
      return token.braceOpen
    }
    if (((byteClass[byte] ?? 0) & (nameStart | colon)) === 0) return token.invalid
    this.skipName()
    this.state = lexState.value
    return token.metricName
  }

  #hash(): Token {
    if (this.advance() !== space) return token.invalid
    const byte = this.advance()
    this.state = lexState.comment
    switch (byte) {
      case 0x48:
        return this.#keyword('HELP ', token.help)
      case 0x54:
        return this.#keyword('TYPE ', token.type)
      case 0x55:
        return this.#keyword('UNIT ', token.unit)
    }
    if (!this.skipWord('EOF')) return token.invalid
    if (this.current() === newline) this.position++
    this.state = lexState.start
    return token.eofWord
  }

  #keyword(word: string, found: Token): Token {
    if (!this.skipWord(word)) return token.invalid
    this.state = lexState.family
    return found
  }

  #family(byte: number): Token {
    if (byte === 0x22) {
      if (!this.skipQuoted(true)) return token.invalid
    } else {
      if (((byteClass[byte] ?? 0) & (nameStart | colon)) === 0) return token.invalid
      this.skipName()
    }
    this.state = lexState.text
    return token.metricName
  }

  /** A space, anything, and the line break, which is part of the token. */
  #text(): Token {
    if (this.current() !== space) return token.invalid
    let byte = this.advance()
    while (byte !== newline) {
      if (byte === 0) return token.invalid
      byte = this.advance()
    }
    this.position++
    this.state = lexState.start
    return token.text
  }

  #labels(byte: number): Token {
    if (byte === 0x7d) {
      this.position++
      this.state = lexState.value
      return token.braceClose
    }
    if (byte === 0x3d) {
      this.position++
      this.state = lexState.labelValue
      return token.equal
    }
    return this.#labelPart(byte, true)
  }

  #exemplar(byte: number): Token {
    if (byte === 0x7d || byte === 0x3d) {
      this.position++
      this.state = lexState.exemplarValue
      return byte === 0x7d ? token.braceClose : token.equal
    }
    return this.#labelPart(byte, false)
  }

  #labelPart(byte: number, allowsNewline: boolean): Token {
    if (byte === 0x22) return this.skipQuoted(allowsNewline) ? token.quotedString : token.invalid
    if (byte === 0x2c) {
      this.position++
      return token.comma
    }
    if (((byteClass[byte] ?? 0) & nameStart) === 0) return token.invalid
    this.skipClass(nameStart | digit)
    return token.labelName
  }

  #quotedValue(byte: number, after: typeof this.state): Token {
    if (byte !== 0x22 || !this.skipQuoted(false)) return token.invalid
    this.state = after
    return token.labelValue
  }

  #value(byte: number): Token {
    if (byte === 0x7b) {
      this.position++
      this.state = lexState.labels
      return token.braceOpen
    }
    if (!this.#spacedWord()) return token.invalid
    this.state = lexState.timestamp
    return token.value
  }

  /** After the value: a timestamp, the line's end, or ` # {`, which opens an exemplar. */
  #timestamp(byte: number): Token {
    if (byte === newline) {
      this.position++
      this.state = lexState.start
      return token.lineBreak
    }
    if (byte !== space) return token.invalid
    if (this.bytes[this.position + 1] === 0x23 && this.bytes[this.position + 2] === space) {
      this.position += 3
      if (this.current() !== 0x7b) return token.invalid
      this.position++
      this.state = lexState.exemplar
      return token.comment
    }
    return this.#spacedWord() ? token.timestamp : token.invalid
  }

  #exemplarNumber(): Token {
    if (!this.#spacedWord()) return token.invalid
    this.state = lexState.exemplarTimestamp
    return token.value
  }

  #exemplarTimestamp(byte: number): Token {
    if (byte === newline) {
      this.position++
      this.state = lexState.start
      return token.lineBreak
    }
    return this.#spacedWord() ? token.timestamp : token.invalid
  }

  /** One space and at least one byte that is neither space nor line break. */
  #spacedWord(): boolean {
    if (this.current() !== space) return false
    let byte = this.advance()
    const wordStart = this.position
    while (byte !== space && byte !== newline && byte !== 0) byte = this.advance()
    return this.position > wordStart
  }
}
