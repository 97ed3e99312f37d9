import { NarthexError } from '../base/errors.ts'
import type { Matcher } from '../model/matcher.ts'
import { parseSelector } from '../promql/parse/parse.ts'

/**
 * Every match[] of a request; one that does not parse is told before one that matches nothing at
 * all. Throws PARAMETER_INVALID, `prefix` before its words.
 */
export function parsedMatches(
  texts: readonly string[],
  prefix: string,
): readonly (readonly Matcher[])[] {
  const sets = texts.map((text) => parsedMatch(text, prefix))
  if (sets.every((matchers) => matchers.some((matcher) => !matcher.matches('')))) return sets
  const words = 'match[] must contain at least one non-empty matcher'
  throw new NarthexError('PARAMETER_INVALID', prefix + words)
}

function parsedMatch(text: string, prefix: string): readonly Matcher[] {
  try {
    return parseSelector(text)
  } catch (thrown) {
    if (!(thrown instanceof NarthexError)) throw thrown
    throw new NarthexError('PARAMETER_INVALID', prefix + thrown.message)
  }
}
