import { plainText } from '../template-format.ts'
import { type GoValue, SafeHtml } from '../template-values.ts'

/** Stands where a value was that is not safe there; easy to search for. */
export const unsafeValue = 'ZgotmplZ'

/** What a value is before it is escaped; nothing where there is none. */
export function printedText(value: GoValue): string {
  if (typeof value === 'string') return value
  if (value === undefined) return ''
  return value instanceof SafeHtml ? value.text : plainText(value)
}
