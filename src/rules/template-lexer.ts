import { limits } from '../base/limits.ts'
import { goQuote, goQuoteRune } from '../model/go-quote.ts'

export type TemplateTokenKind =
  | 'text'
  | 'left'
  | 'right'
  | 'space'
  | 'assign'
  | 'declare'
  | 'pipe'
  | 'left-paren'
  | 'right-paren'
  | 'string'
  | 'raw-string'
  | 'character'
  | 'number'
  | 'complex'
  | 'bool'
  | 'identifier'
  | 'field'
  | 'variable'
  | 'dot'
  | 'keyword'
  | 'other'
  | 'error'
  | 'end'

/** `offset` counts UTF-16 units; the text of an error token is what is wrong. */
export interface TemplateToken {
  readonly kind: TemplateTokenKind
  readonly offset: number
  readonly text: string
  readonly line: number
}

const keywords: ReadonlySet<string> = new Set([
  'block',
  'break',
  'continue',
  'define',
  'else',
  'end',
  'if',
  'nil',
  'range',
  'template',
  'with',
])

const blank = /[ \t\r\n]/
const wordCharacter = /[_\p{L}\p{Nd}]/u

/**
 * Reads Go's template language token by token, only when asked: an error further on is not met
 * before the parser gets there (https://pkg.go.dev/text/template, "Actions" and "Text and spaces").
 * Behind an error token everything is the end.
 */
export class TemplateLexer {
  readonly #text: string
  #at = 0
  #line = 1
  #parens = 0
  #isInside = false
  #isOver = false

  constructor(text: string) {
    this.#text = text
  }

  next(): TemplateToken {
    if (this.#isOver) return this.#made('end', this.#text.length, 'EOF')
    return this.#isInside ? this.#insideAction() : this.#outside()
  }

  #outside(): TemplateToken {
    const text = this.#text
    const start = this.#at
    const open = text.indexOf('{{', start)
    if (open < 0) {
      this.#at = text.length
      if (start === text.length) return this.#made('end', start, 'EOF')
      return this.#taken('text', start)
    }
    if (open > start) {
      const trims = trimsLeft(text, open + 2)
      const kept = trims ? text.slice(start, open).replace(/[ \t\r\n]+$/, '') : undefined
      const end = kept === undefined ? open : start + kept.length
      this.#at = end
      const token = this.#taken('text', start)
      this.#countLines(end, open)
      this.#at = open
      if (token.text !== '') return token
    }
    return this.#leftDelimiter()
  }

  #leftDelimiter(): TemplateToken {
    const open = this.#at
    const inside = open + (trimsLeft(this.#text, open + 2) ? 4 : 2)
    if (this.#text.startsWith('/*', inside)) return this.#comment(inside)
    this.#at = open + 2
    const token = this.#taken('left', open)
    this.#countLines(this.#at, inside)
    this.#at = inside
    this.#isInside = true
    this.#parens = 0
    return token
  }

  #comment(start: number): TemplateToken {
    const close = this.#text.indexOf('*/', start + 2)
    if (close < 0) return this.#wrong(start, 'unclosed comment')
    const behind = close + 2
    const trims = trimsRight(this.#text, behind)
    if (!trims && !this.#text.startsWith('}}', behind)) {
      return this.#wrong(start, 'comment ends before closing delimiter')
    }
    const end = behind + (trims ? 4 : 2)
    const next = trims ? this.#afterBlanks(end) : end
    this.#countLines(start, next)
    this.#at = next
    return this.#outside()
  }

  #insideAction(): TemplateToken {
    const text = this.#text
    const start = this.#at
    if (trimsRight(text, start) || text.startsWith('}}', start)) {
      if (this.#parens === 0) return this.#rightDelimiter()
      return this.#wrong(start, 'unclosed left paren')
    }
    const character = characterAt(text, start)
    if (character === '') return this.#wrong(start, 'unclosed action')
    if (blank.test(character)) return this.#space(start)
    this.#at += character.length
    switch (character) {
      case '=':
        return this.#taken('assign', start)
      case ':':
        if (text[this.#at] !== '=') return this.#wrong(start, 'expected :=')
        this.#at++
        return this.#taken('declare', start)
      case '|':
        return this.#taken('pipe', start)
      case '"':
        return this.#quoted(start, '"', 'string', 'unterminated quoted string')
      case "'":
        return this.#quoted(start, "'", 'character', 'unterminated character constant')
      case '`':
        return this.#raw(start)
      case '$':
        return this.#word(start, 'variable')
      case '(':
        this.#parens++
        return this.#taken('left-paren', start)
      case ')':
        if (--this.#parens < 0) return this.#wrong(start, 'unexpected right paren')
        return this.#taken('right-paren', start)
      default:
        return this.#other(start, character)
    }
  }

  #other(start: number, character: string): TemplateToken {
    const isFraction = character === '.' && /\d/.test(this.#text[this.#at] ?? '')
    if (character === '.' && !isFraction) return this.#word(start, 'field')
    if (isFraction || /[+\-\d]/.test(character)) return this.#number(start)
    if (wordCharacter.test(character)) return this.#identifier(start)
    if (/^[!-~]$/.test(character)) return this.#taken('other', start)
    const found = `unrecognized character in action: ${shownRune(character)}`
    return this.#wrong(start, found)
  }

  #rightDelimiter(): TemplateToken {
    const trims = trimsRight(this.#text, this.#at)
    if (trims) {
      this.#countLines(this.#at, this.#at + 2)
      this.#at += 2
    }
    const start = this.#at
    this.#at += 2
    const token = this.#taken('right', start)
    if (trims) {
      const next = this.#afterBlanks(this.#at)
      this.#countLines(this.#at, next)
      this.#at = next
    }
    this.#isInside = false
    return token
  }

  #space(start: number): TemplateToken {
    while (blank.test(this.#text[this.#at] ?? '') && !trimsRight(this.#text, this.#at)) this.#at++
    return this.#taken('space', start)
  }

  #quoted(
    start: number,
    quote: string,
    kind: TemplateTokenKind,
    unterminated: string,
  ): TemplateToken {
    for (;;) {
      const character = this.#text[this.#at++]
      if (character === quote) return this.#taken(kind, start)
      const isEscape = character === '\\'
      const last = isEscape ? this.#text[this.#at++] : character
      if (last === undefined || last === '\n') return this.#wrong(start, unterminated)
    }
  }

  #raw(start: number): TemplateToken {
    const close = this.#text.indexOf('`', this.#at)
    if (close < 0) return this.#wrong(start, 'unterminated raw quoted string')
    this.#at = close + 1
    return this.#taken('raw-string', start)
  }

  #word(start: number, kind: 'field' | 'variable'): TemplateToken {
    this.#skipWord()
    const fault = this.#badEnd(start)
    if (fault !== undefined) return fault
    const isBare = this.#at === start + 1
    return this.#taken(isBare && kind === 'field' ? 'dot' : kind, start)
  }

  #identifier(start: number): TemplateToken {
    this.#skipWord()
    const fault = this.#badEnd(start)
    if (fault !== undefined) return fault
    const word = this.#text.slice(start, this.#at)
    if (keywords.has(word)) return this.#taken('keyword', start)
    return this.#taken(word === 'true' || word === 'false' ? 'bool' : 'identifier', start)
  }

  #skipWord(): void {
    for (;;) {
      const character = characterAt(this.#text, this.#at)
      if (character === '' || !wordCharacter.test(character)) return
      this.#at += character.length
    }
  }

  /** What may stand behind a word: blanks, the end, some signs and the closing braces. */
  #badEnd(start: number): TemplateToken | undefined {
    const character = characterAt(this.#text, this.#at)
    const isEnd = character === '' || /[ \t\r\n.,|:()]/.test(character)
    if (isEnd || this.#text.startsWith('}}', this.#at)) return undefined
    return this.#wrong(start, `bad character ${shownRune(character)}`)
  }

  #number(start: number): TemplateToken {
    this.#at = start
    const isOne = this.#scanNumber()
    const sign = this.#text[this.#at]
    if (isOne && sign !== '+' && sign !== '-') return this.#taken('number', start)
    if (isOne && this.#scanNumber() && this.#text[this.#at - 1] === 'i') {
      return this.#taken('complex', start)
    }
    return this.#wrong(start, `bad number syntax: ${goQuote(this.#text.slice(start, this.#at))}`)
  }

  #scanNumber(): boolean {
    const rest = this.#text.slice(this.#at, this.#at + limits.templateNumberUnitsMax)
    const pattern =
      /^[+-]?(?:0[xX][0-9a-fA-F_]*\.?[0-9a-fA-F_]*(?:[pP][+-]?[0-9_]*)?|0[oO][0-7_]*\.?[0-7_]*|0[bB][01_]*\.?[01_]*|[0-9_]*\.?[0-9_]*(?:[eE][+-]?[0-9_]*)?)i?/
    this.#at += pattern.exec(rest)?.[0].length ?? 0
    const behind = characterAt(this.#text, this.#at)
    if (behind === '' || !wordCharacter.test(behind)) return true
    this.#at += behind.length
    return false
  }

  #afterBlanks(from: number): number {
    let at = from
    while (blank.test(this.#text[at] ?? '')) at++
    return at
  }

  #taken(kind: TemplateTokenKind, start: number): TemplateToken {
    const token = this.#made(kind, start, this.#text.slice(start, this.#at))
    this.#countLines(start, this.#at)
    return token
  }

  #wrong(start: number, what: string): TemplateToken {
    this.#isOver = true
    return this.#made('error', start, what)
  }

  #made(kind: TemplateTokenKind, offset: number, text: string): TemplateToken {
    return { kind, offset, text, line: this.#line }
  }

  #countLines(from: number, to: number): void {
    for (let at = this.#text.indexOf('\n', from); at >= 0 && at < to; ) {
      this.#line++
      at = this.#text.indexOf('\n', at + 1)
    }
  }
}

function trimsLeft(text: string, at: number): boolean {
  return text[at] === '-' && blank.test(text[at + 1] ?? '')
}

function trimsRight(text: string, at: number): boolean {
  return blank.test(text[at] ?? '') && text.startsWith('-}}', at + 1)
}

function characterAt(text: string, at: number): string {
  const code = text.codePointAt(at)
  return code === undefined ? '' : String.fromCodePoint(code)
}

/** Go's %#U: the code point, and the character where it can be printed. */
function shownRune(character: string): string {
  const hex = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
  const isShown = goQuoteRune(character) === `'${character}'` || character === "'"
  return isShown ? `U+${hex} '${character}'` : `U+${hex}`
}
