import { goQuoteBytes } from '../model/go-quote.ts'
import { ApiError } from './error-reply.ts'

const labelValues = /^\/api\/v1\/label\/((?:[^%/?]|%[\da-f]{2})+)\/values(?:\?|$)/i

/** What to answer where the path is no UTF-8, or has a broken escape, as `words` say. */
export function badUrl(url: string, words: string): ApiError {
  const label = labelValues.exec(url)?.[1]
  if (label === undefined) return new ApiError('bad_data', words)
  // Only a label's name may have any bytes; it is none then.
  const bytes = label.replace(/%(..)/g, (_all, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  )
  const name = goQuoteBytes(Buffer.from(bytes, 'latin1'))
  return new ApiError('bad_data', `invalid label name: ${name}`)
}
