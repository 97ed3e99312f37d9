/** What strconv.ParseFloat says of a text that is no number. */
export type NumberProblem = 'invalid syntax' | 'value out of range'

/**
 * The value of a number as the lexer takes it, in small letters: as Go reads it, first as an integer of
 * 64 bits (where 0x is hexadecimal and a leading 0 octal), then as a float (row Q1).
 */
export function numberOfText(text: string): number | NumberProblem {
  if (text === 'inf') return Number.POSITIVE_INFINITY
  if (text === 'nan') return Number.NaN
  const isHex = text.startsWith('0x')
  if (!separatesDigits(text, isHex)) return 'invalid syntax'
  const digits = text.replaceAll('_', '')
  // A hexadecimal float would have an exponent, which the lexer does not take.
  if (isHex) return /^0x0*[0-7]?[0-9a-f]{1,15}$/.test(digits) ? Number(digits) : 'invalid syntax'
  if (/^00*[0-7]{1,21}$/.test(digits)) return Number.parseInt(digits, 8)
  const value = Number(digits)
  if (Number.isNaN(value)) return 'invalid syntax'
  return Number.isFinite(value) ? value : 'value out of range'
}

/** Underscores stand between digits, or between a prefix and digits. */
function separatesDigits(text: string, isHex: boolean): boolean {
  if (!text.includes('_')) return true
  return isHex ? !/_(?![0-9a-f])|(?<![0-9a-fx])_/.test(text) : !/_(?![0-9])|(?<![0-9])_/.test(text)
}
