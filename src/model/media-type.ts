/** The signs of a token of RFC 2045. */
const name = /^[!#-'*+\-.0-9A-Z^-~]*/
/** A name and a value, in quotes or without; a backslash escapes only what could not stand in a token. */
const parameter =
  /^\s*;\s*([!#-'*+\-.0-9A-Z^-~]+)\s*=\s*(?:"((?:[^"\\\r\n]|\\(?![()<>@,;:\\"/[\]?=])|\\[()<>@,;:\\"/[\]?=])*)"|([!#-'*+\-.0-9A-Z^-~]+))\s*/
const escaped = /\\([()<>@,;:\\"/[\]?=])/g

/** What a header of a content type says, or why it says nothing in the words of Go's parser. */
export type MediaType =
  | { readonly name: string; readonly fault?: undefined }
  | { readonly fault: string }

/** The name is in small letters; a subtype need not be there. Parameters have to be well formed. */
export function parseMediaType(header: string): MediaType {
  const end = header.indexOf(';')
  const base = (end < 0 ? header : header.slice(0, end)).trim().toLowerCase()
  const fault = nameFault(base) ?? (end < 0 ? undefined : parametersFault(header.slice(end)))
  return fault === undefined ? { name: base } : { fault: `mime: ${fault}` }
}

function nameFault(text: string): string | undefined {
  const type = name.exec(text)?.[0] ?? ''
  if (type === '') return 'no media type'
  if (type === text) return undefined
  if (text[type.length] !== '/') return 'expected slash after first token'
  const rest = text.slice(type.length + 1)
  const subtype = name.exec(rest)?.[0] ?? ''
  if (subtype === '') return 'expected token after slash'
  return subtype === rest ? undefined : 'unexpected content after media subtype'
}

function parametersFault(text: string): string | undefined {
  const known = new Map<string, string>()
  for (let rest = text.trimEnd(); rest !== ''; ) {
    const found = parameter.exec(rest)
    if (found === null) return rest === ';' ? undefined : 'invalid media parameter'
    const [whole, key = '', quoted, plain = ''] = found
    const value = quoted === undefined ? plain : quoted.replace(escaped, '$1')
    const before = known.get(key.toLowerCase())
    if (before !== undefined && before !== value) return 'duplicate parameter name'
    known.set(key.toLowerCase(), value)
    rest = rest.slice(whole.length)
  }
  return undefined
}
