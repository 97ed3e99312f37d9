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
const tab = 0x09
const newline = 0x0a

/** Tokens of the Prometheus text format. The page must end in a line break. */
export class TextLexer extends ByteScanner implements Lexer {
  lex(): Token {
    if (this.position >= this.length) return token.eof
    this.start = this.position
    const byte = this.current()
    if (this.state !== lexState.text && (byte === space || byte === tab)) return this.#whitespace()
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
        if (byte !== 0x22 || !this.skipQuoted(true)) return token.invalid
        this.state = lexState.labels
        return token.labelValue
      case lexState.value:
        return this.#value(byte)
      default:
        return this.#timestamp(byte)
    }
  }

  #whitespace(): Token {
    let byte = this.current()
    while (byte === space || byte === tab) byte = this.advance()
    return token.whitespace
  }

  #lineStart(byte: number): Token {
    if (byte === 0) {
      this.position++
      return token.eof
    }
    if (byte === newline) {
      this.position++
      return token.lineBreak
    }
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

  /** A comment that begins with HELP or TYPE is an entry; any other runs to the line's end. */
  #hash(): Token {
    let byte = this.advance()
    if (byte !== space && byte !== tab) return this.#comment()
    while (byte === space || byte === tab) byte = this.advance()
    this.state = lexState.comment
    const found = byte === 0x48 ? token.help : token.type
    if (!this.skipWord(found === token.help ? 'HELP' : 'TYPE')) return this.#comment()
    byte = this.current()
    if (byte !== space && byte !== tab) return this.#comment()
    while (byte === space || byte === tab) byte = this.advance()
    this.state = lexState.family
    return found
  }

  #comment(): Token {
    let byte = this.current()
    while (byte !== newline) {
      if (byte === 0) return token.eof
      byte = this.advance()
    }
    this.state = lexState.start
    return token.comment
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

  /** All to the line's end; blanks alone are no text, which the parser skips. */
  #text(): Token {
    let byte = this.current()
    let isBlank = byte === space || byte === tab
    while (byte !== newline && this.position < this.length) {
      if (byte !== space && byte !== tab) isBlank = false
      byte = this.advance()
    }
    if (isBlank) return token.whitespace
    this.state = lexState.start
    return token.text
  }

  #labels(byte: number): Token {
    switch (byte) {
      case 0x22:
        return this.skipQuoted(true) ? token.quotedString : token.invalid
      case 0x7d:
        this.position++
        this.state = lexState.value
        return token.braceClose
      case 0x3d:
        this.position++
        this.state = lexState.labelValue
        // A zero byte right behind the sign is not part of a value yet.
        return token.equal
      case 0x2c:
        this.position++
        return token.comma
    }
    if (((byteClass[byte] ?? 0) & nameStart) === 0) return token.invalid
    this.skipClass(nameStart | digit)
    return token.labelName
  }

  #value(byte: number): Token {
    if (byte === 0x7b) {
      this.position++
      this.state = lexState.labels
      return token.braceOpen
    }
    let next = byte
    while (next !== 0x7b && next !== space && next !== tab && next !== newline && next !== 0) {
      next = this.advance()
    }
    if (this.position === this.start) return token.invalid
    this.state = lexState.timestamp
    return token.value
  }

  #timestamp(byte: number): Token {
    if (byte === newline) {
      this.position++
      this.state = lexState.start
      return token.lineBreak
    }
    if (((byteClass[byte] ?? 0) & digit) === 0) return token.invalid
    this.skipClass(digit)
    return token.timestamp
  }
}
