import { limits } from '../base/limits.ts'
import { ApiError } from './error-reply.ts'

/** Parameters by name, each with its values in order. */
export type FormValues = ReadonlyMap<string, readonly string[]>

/**
 * Reads `a=1&b=2` as Go does, which is what clients are tried against: a pair with a semicolon or
 * a broken escape is left out, the others count. Bytes that are no UTF-8 become U+FFFD.
 */
export function parseForm(text: string): FormValues {
  const values = new Map<string, string[]>()
  let pairs = 0
  for (let from = 0; from < text.length; ) {
    const ampersand = text.indexOf('&', from)
    const end = ampersand < 0 ? text.length : ampersand
    const pair = text.slice(from, end)
    from = end + 1
    if (pair === '') continue
    if (++pairs > limits.httpParametersMax) {
      throw new ApiError('bad_data', `more than ${limits.httpParametersMax} parameters`)
    }
    addPair(values, pair)
  }
  return values
}

function addPair(values: Map<string, string[]>, pair: string): void {
  if (pair.includes(';')) return
  const equals = pair.indexOf('=')
  const name = unescaped(equals < 0 ? pair : pair.slice(0, equals))
  const value = unescaped(equals < 0 ? '' : pair.slice(equals + 1))
  if (name === undefined || value === undefined) return
  const list = values.get(name)
  if (list === undefined) values.set(name, [value])
  else list.push(value)
}

/** Undefined where a percent sign is not followed by two hexadecimal digits. */
function unescaped(text: string): string | undefined {
  const spaced = text.replaceAll('+', ' ')
  if (!spaced.includes('%')) return spaced
  if (/%(?![0-9a-fA-F]{2})/.test(spaced)) return undefined
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
  return Buffer.from(plain, 'latin1').toString()
}
