import { isValidMetricName } from './name-validity.ts'

const prefix = 'U__'

/** How a name of any characters is written for who takes only `[a-zA-Z_:][a-zA-Z0-9_:]*` (row S1.9). */
export type EscapingScheme = 'allow-utf-8' | 'underscores' | 'dots' | 'values'

/** The name in a scheme; only `dots`, where `_` is doubled, changes one that is legacy already. */
export function escapeName(name: string, scheme: EscapingScheme): string {
  if (name === '' || scheme === 'allow-utf-8') return name
  if (scheme !== 'dots' && isValidMetricName(name, 'legacy')) return name
  const text = [...name].map((rune, index) => {
    const isLegacy = /^[a-zA-Z_:]$/.test(rune) || (index > 0 && /^[0-9]$/.test(rune))
    if (scheme === 'underscores') return isLegacy ? rune : '_'
    if (scheme === 'dots' && rune === '.') return '_dot_'
    if (rune === '_') return '__'
    if (isLegacy) return rune
    return scheme === 'dots' ? '__' : escapedRune(rune)
  })
  return (scheme === 'values' ? prefix : '') + text.join('')
}

function escapedRune(rune: string): string {
  if (/[\ud800-\udfff]/u.test(rune)) return '_FFFD_'
  return `_${(rune.codePointAt(0) ?? 0).toString(16)}_`
}

/** Undoes what can be undone: underscores stay, and dots lose what was neither letter nor dot. */
export function unescapeName(name: string, scheme: EscapingScheme): string {
  if (scheme === 'values') return unescapeValues(name)
  return scheme === 'dots' ? name.replaceAll('_dot_', '.').replaceAll('__', '_') : name
}

/**
 * Undoes the escaping scheme `values`: `U__` and then `_` for itself as `__`, any other character
 * as `_HEX_` (row S1.9). A name that is not such a form, whole and right, comes back as it is.
 */
export function unescapeValues(name: string): string {
  if (!name.startsWith(prefix)) return name
  let text = ''
  let at = prefix.length
  while (at < name.length) {
    const character = name.charAt(at)
    if (character !== '_') {
      text += character
      at++
    } else if (name.charAt(at + 1) === '_') {
      text += '_'
      at += 2
    } else {
      const end = name.indexOf('_', at + 1)
      const code = end < 0 ? undefined : codePoint(name.slice(at + 1, end))
      if (code === undefined) return name
      text += code
      at = end + 1
    }
  }
  return text
}

/** The character of up to six hexadecimal digits, or undefined where they are none. */
function codePoint(digits: string): string | undefined {
  if (!/^[0-9a-fA-F]{1,6}$/.test(digits)) return undefined
  const code = Number.parseInt(digits, 16)
  const isSurrogate = code >= 0xd800 && code < 0xe000
  return code > 0x10ffff || isSurrogate ? undefined : String.fromCodePoint(code)
}
