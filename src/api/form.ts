import { limits } from '../base/limits.ts'
import { textOfBytes } from '../model/byte-text.ts'
import { goQuote } from '../model/go-quote.ts'
import { ApiError } from './error-reply.ts'

/** Parameters by name, each with its values in order. */
export type FormValues = ReadonlyMap<string, readonly string[]>

/**
 * Reads `a=1&b=2` as Go does, which is what clients are tried against: a pair with a semicolon or
 * a broken escape is left out, the others count. Bytes that are no UTF-8 stay in the texts as
 * textOfBytes has them.
 */
export function parseForm(text: string): FormValues {
  const values = new Map<string, string[]>()
  let pairs = 0
  for (const pair of pairsOf(text)) {
    if (++pairs > limits.httpParametersMax) {
      throw new ApiError('bad_data', `more than ${limits.httpParametersMax} parameters`)
    }
    const read = readPair(pair)
    if (typeof read === 'string') continue
    addValue(values, read.name, read.value)
  }
  return values
}

/** What is wrong with the first pair that parseForm leaves out, in Go's words. */
export function formFault(text: string): string | undefined {
  for (const pair of pairsOf(text)) {
    const read = readPair(pair)
    if (typeof read === 'string') return read
  }
  return undefined
}

function* pairsOf(text: string): Generator<string> {
  for (let from = 0; from < text.length; ) {
    const ampersand = text.indexOf('&', from)
    const end = ampersand < 0 ? text.length : ampersand
    if (end > from) yield text.slice(from, end)
    from = end + 1
  }
}

/** The fields of a JSON object as a form has them; a list is the same name again and again. */
export function parseJsonForm(text: string): FormValues {
  const values = new Map<string, readonly string[]>()
  for (const [name, value] of Object.entries(jsonObject(text))) {
    if (value === null) continue
    values.set(name, (Array.isArray(value) ? value : [value]).map(textOf))
  }
  return values
}

function jsonObject(text: string): object {
  try {
    const found: unknown = JSON.parse(text)
    if (typeof found === 'object' && found !== null && !Array.isArray(found)) return found
  } catch (thrown) {
    if (!(thrown instanceof SyntaxError)) throw thrown
    throw new ApiError('bad_data', `the body is no JSON: ${thrown.message}`)
  }
  throw new ApiError('bad_data', 'the body is no JSON object')
}

function textOf(value: unknown): string {
  if (typeof value === 'object') throw new ApiError('bad_data', 'the body has objects in it')
  return String(value)
}

/** The pair, or why it is none. */
function readPair(pair: string): { readonly name: string; readonly value: string } | string {
  if (pair.includes(';')) return 'invalid semicolon separator in query'
  const equals = pair.indexOf('=')
  const parts = equals < 0 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)]
  const broken = parts.map(brokenEscape).find((found) => found !== undefined)
  if (broken !== undefined) return `invalid URL escape ${goQuote(broken)}`
  const [name = '', value = ''] = parts.map(unescaped)
  return { name, value }
}

/** A percent sign that is not followed by two hexadecimal digits, with the two characters behind it. */
function brokenEscape(text: string): string | undefined {
  return /%(?![0-9a-fA-F]{2}).{0,2}/s.exec(text)?.[0]
}

function unescaped(text: string): string {
  const spaced = text.replaceAll('+', ' ')
  if (!spaced.includes('%')) return spaced
  try {
    return decodeURIComponent(spaced)
  } catch (thrown) {
    if (thrown instanceof URIError) return lenientlyUnescaped(spaced)
    throw thrown
  }
}

function lenientlyUnescaped(text: string): string {
  const bytes = Buffer.from(text).toString('latin1')
  const plain = bytes.replace(/%(..)/g, (_all, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  )
  return textOfBytes(plain)
}

/** Behind those of the same name. */
export function addValue(values: Map<string, string[]>, name: string, value: string): void {
  const list = values.get(name)
  if (list === undefined) values.set(name, [value])
  else list.push(value)
}
