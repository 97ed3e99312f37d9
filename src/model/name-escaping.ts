const prefix = 'U__'

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
