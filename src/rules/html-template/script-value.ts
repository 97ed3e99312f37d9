import { plainText } from '../template-format.ts'
import { GoDuration, GoInteger, type GoValue } from '../template-values.ts'
import { goJsonOf, JsonFault } from './go-json-value.ts'
import { isWordPart } from './slash-meaning.ts'

/** An expression that is the value, and does nothing. */
export function scriptValue(value: GoValue): string {
  let json: string
  try {
    json = goJsonOf(isNamed(value) ? plainText(value) : value)
  } catch (thrown) {
    if (!(thrown instanceof JsonFault)) throw thrown
    return ` /* ${thrown.message} */null `
  }
  // Words and numbers must not run into what stands beside them.
  const isWord = isWordPart(json.charAt(0)) || isWordPart(json.charAt(json.length - 1))
  return isWord ? ` ${json} ` : json
}

/** Whether Go's type of the value has a text of its own. */
function isNamed(value: GoValue): boolean {
  if (value instanceof GoDuration) return true
  return value instanceof GoInteger && value.type.startsWith('time.')
}
