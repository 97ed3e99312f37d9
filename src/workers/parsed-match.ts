import { NarthexError } from '../base/errors.ts'
import type { Matcher } from '../model/matcher.ts'
import { parseSelector } from '../promql/parse/parse.ts'

/** A match[] of a request. Throws PARAMETER_INVALID, `prefix` before its words. */
export function parsedMatch(text: string, prefix: string): readonly Matcher[] {
  let matchers: readonly Matcher[]
  try {
    matchers = parseSelector(text)
  } catch (thrown) {
    if (!(thrown instanceof NarthexError)) throw thrown
    throw new NarthexError('PARAMETER_INVALID', prefix + thrown.message)
  }
  if (matchers.some((matcher) => !matcher.matches(''))) return matchers
  const words = 'match[] must contain at least one non-empty matcher'
  throw new NarthexError('PARAMETER_INVALID', prefix + words)
}
