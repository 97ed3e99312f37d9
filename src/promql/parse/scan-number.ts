import type { ScanCursor } from './scan-cursor.ts'

/** Takes one character of the set; false where the next is another. */
function accept(cursor: ScanCursor, set: string): boolean {
  const character = cursor.text.charAt(cursor.at)
  if (character === '' || !set.includes(character)) return false
  cursor.at++
  return true
}

function is(cursor: ScanCursor, set: string): boolean {
  const character = cursor.text.charAt(cursor.at)
  return character !== '' && set.includes(character)
}

const decimals = '0123456789'

/**
 * Takes a number: decimal, hexadecimal, with exponent, with single underscores between digits.
 * False where what stands there is none; the cursor is then behind what was tried, which is what a
 * message shows and where a duration goes on. In the values of a series line an x repeats, so that
 * there are no hexadecimal numbers.
 */
export function scanNumber(cursor: ScanCursor, isInSeries = false): boolean {
  const start = cursor.at
  let digits = decimals
  if (!isInSeries && accept(cursor, '0') && accept(cursor, 'xX')) {
    accept(cursor, '_')
    digits = `${decimals}abcdefABCDEF`
  }
  accept(cursor, '.')
  accept(cursor, digits)
  const hasEnded = scanTail(cursor, digits)
  if (!hasEnded || cursor.at === start) return false
  const next = cursor.text.charAt(cursor.at)
  return (isInSeries && next === 'x') || !/[0-9A-Za-z_]/.test(next)
}

/** Digits with at most one point, one exponent, and underscores that stand alone. */
function scanTail(cursor: ScanCursor, digits: string): boolean {
  let hasPoint = false
  let hasExponent = false
  const atEnd = () => cursor.at >= cursor.text.length
  while (is(cursor, `${digits}._eE`)) {
    if (is(cursor, '.') && hasPoint) return !accept(cursor, '.')
    if (is(cursor, 'eE') && hasExponent) return !accept(cursor, 'eE')
    if (accept(cursor, '.')) {
      hasPoint = true
      if (accept(cursor, '_.') || digits !== decimals) return false
    } else if (accept(cursor, 'eE')) {
      hasExponent = true
      accept(cursor, '+-')
      if (accept(cursor, '._eE') || atEnd()) return false
    } else if (accept(cursor, '_')) {
      if (accept(cursor, '._eE') || atEnd()) return false
    } else while (accept(cursor, digits));
  }
  return true
}

/** Behind a number that was none: the units of a duration such as `1h30m`. */
export function scanRestOfDuration(cursor: ScanCursor): boolean {
  if (!accept(cursor, 'smhdwy')) return false
  accept(cursor, 's')
  while (accept(cursor, decimals)) {
    while (accept(cursor, decimals));
    if (!accept(cursor, 'smhdw')) return false
    accept(cursor, 's')
  }
  if (!/[0-9A-Za-z_]/.test(cursor.text.charAt(cursor.at))) return true
  cursor.at++
  return false
}
