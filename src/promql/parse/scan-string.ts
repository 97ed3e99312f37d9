import { runeLength } from '../../model/byte-text.ts'
import type { ScanCursor } from './scan-cursor.ts'

/** Escapes of one character, beside the quote itself. */
const simple: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
}

/**
 * Takes a quoted string whose opening quote was taken; answers what is wrong with it, in upstream's
 * words. The text is latin1 of UTF-8 bytes.
 */
export function scanString(cursor: ScanCursor, quote: string): string | undefined {
  for (;;) {
    const place = cursor.at
    const character = cursor.text.charAt(cursor.at++)
    if (character === quote) return undefined
    if (character === '' || (character === '\n' && quote !== '`')) {
      if (character === '') cursor.at--
      return quote === '`' ? 'unterminated raw string' : 'unterminated quoted string'
    }
    if (character === '\\' && quote !== '`') {
      const fault = scanEscape(cursor, quote)
      if (fault !== undefined) return fault
    } else if (character >= '\x80') {
      const length = runeLength(cursor.text, place)
      // Upstream cannot tell a wrong byte from the character that stands for one.
      if (length === 0 || cursor.text.startsWith('\xef\xbf\xbd', place)) return 'invalid UTF-8 rune'
      cursor.at = place + length
    }
  }
}

function scanEscape(cursor: ScanCursor, quote: string): string | undefined {
  const place = cursor.at
  const character = cursor.text.charAt(cursor.at++)
  if (character === '') {
    cursor.at--
    return 'escape sequence not terminated'
  }
  if (character in simple || character === quote) return undefined
  const form = numericForm(character)
  if (form === undefined) return `unknown escape sequence ${runeName(cursor.text, place)}`
  if (character < '0' || character > '7') cursor.at = place + 1
  else cursor.at = place
  let value = 0
  for (let digit = 0; digit < form.digits; digit++) {
    const text = cursor.text.charAt(cursor.at)
    const number = Number.parseInt(text, form.base)
    if (text === '') return 'escape sequence not terminated'
    if (Number.isNaN(number))
      return `illegal character ${runeName(cursor.text, cursor.at)} in escape sequence`
    value = value * form.base + number
    cursor.at++
  }
  if (value > form.max || (value >= 0xd800 && value < 0xe000)) {
    return 'escape sequence is an invalid Unicode code point'
  }
  return undefined
}

function numericForm(character: string): { digits: number; base: number; max: number } | undefined {
  if (character >= '0' && character <= '7') return { digits: 3, base: 8, max: 255 }
  if (character === 'x') return { digits: 2, base: 16, max: 255 }
  if (character === 'u') return { digits: 4, base: 16, max: 0x10ffff }
  if (character === 'U') return { digits: 8, base: 16, max: 0x10ffff }
  return undefined
}

/** Go's %#U: the code point and the character. */
function runeName(text: string, place: number): string {
  const length = runeLength(text, place) || 1
  const rune = Buffer.from(text.slice(place, place + length), 'latin1').toString('utf8')
  const code = (rune.codePointAt(0) ?? 0xfffd).toString(16).toUpperCase().padStart(4, '0')
  return `U+${code} '${rune}'`
}

/** A string literal that does not unquote. */
export class UnquoteError extends Error {
  override readonly name = 'UnquoteError'
}

/**
 * The text of a literal with its quotes, bytes as latin1 in and out: an escape such as \xff makes a
 * byte that need not be UTF-8. Throws UnquoteError.
 */
export function unquote(literal: string): string {
  const quote = literal.charAt(0)
  const cursor = { text: literal, at: 1 }
  const isQuote = quote === '"' || quote === "'" || quote === '`'
  if (!isQuote || scanString(cursor, quote) !== undefined || cursor.at !== literal.length) {
    throw new UnquoteError('invalid syntax')
  }
  const body = literal.slice(1, -1)
  if (quote === '`') return body
  return body.replace(escapes, (whole, escaped: string) => characterOf(whole, escaped))
}

const escapes = /\\([0-7]{3}|x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)/g

function characterOf(whole: string, escaped: string): string {
  const kind = escaped.charAt(0)
  if (escaped.length === 1) return simple[escaped] ?? escaped
  if (kind === 'x') return String.fromCharCode(Number.parseInt(escaped.slice(1), 16))
  if (kind === 'u' || kind === 'U') {
    return Buffer.from(String.fromCodePoint(Number.parseInt(escaped.slice(1), 16))).toString(
      'latin1',
    )
  }
  return kind >= '0' && kind <= '7' ? String.fromCharCode(Number.parseInt(escaped, 8)) : whole
}
