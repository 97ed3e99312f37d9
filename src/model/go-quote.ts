import { bytesOfText, textOfBytes } from './byte-text.ts'

const named: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
}
/** What Go prints as it is: letters, marks, numbers, punctuation, symbols and the ASCII space. */
const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u

/** A text in double quotes as Go's %q has it, which messages and printed queries show. */
export function goQuote(text: string): string {
  if (/^[ !#-[\]-~]*$/.test(text)) return `"${text}"`
  let quoted = '"'
  for (const character of text) quoted += character === '"' ? '\\"' : shown(character)
  return `${quoted}"`
}

/** The same for the bytes of a text, which need not be UTF-8. */
export function goQuoteBytes(bytes: Uint8Array): string {
  return goQuote(textOfBytes(Buffer.from(bytes).toString('latin1')))
}

/** One character in single quotes as Go's %q has it. */
export function goQuoteRune(character: string): string {
  return character === "'" ? `'\\''` : `'${shown(character)}'`
}

function shown(character: string): string {
  const known = named[character]
  if (known !== undefined) return known
  if (printable.test(character)) return character
  const code = character.codePointAt(0) ?? 0
  if (code < 0x80) return `\\x${hex(code, 2)}`
  // A byte that is no UTF-8.
  if (code >= 0xdc80 && code < 0xdd00) return `\\x${bytesHex(character)}`
  return code < 0x10000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`
}

function bytesHex(character: string): string {
  return hex(bytesOfText(character).charCodeAt(0), 2)
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0')
}
