import type { Matcher } from '../../model/matcher.ts'

/** Signs of a pattern that stand for something else than themselves. */
const patternSign = /[\\.+*?()|[\]{}^$]/

/**
 * The values that a pattern allows when it is an alternation of literals ("a|b|c", as dashboards
 * send them); undefined for any other pattern.
 */
export function literalsOf(pattern: string): readonly string[] | undefined {
  const literals = pattern.split('|')
  return literals.some((literal) => patternSign.test(literal)) ? undefined : literals
}

/**
 * The same answers as matcher.matches, made for many values: patterns that are literals, a prefix
 * ("a.*"), or anything at all (".*", ".+") are compared, and of others the literal beginning is
 * asked before the regular expression.
 */
export function valueTest(matcher: Matcher): (value: string) => boolean {
  if (matcher.op === '=' || matcher.op === '!=') return (value) => matcher.matches(value)
  const wanted = matcher.op === '=~'
  const pattern = matcher.value
  const literals = literalsOf(pattern)
  if (literals !== undefined) {
    const set = new Set(literals)
    return (value) => set.has(value) === wanted
  }
  const prefix = literalBeginning(pattern)
  const rest = pattern.slice(prefix.length)
  // Patterns are anchored, and `.` matches newlines too.
  if (rest === '.*') return (value) => value.startsWith(prefix) === wanted
  if (rest === '.+')
    return (value) => (value.length > prefix.length && value.startsWith(prefix)) === wanted
  if (prefix === '') return (value) => matcher.matches(value)
  return (value) => (value.startsWith(prefix) ? matcher.matches(value) : !wanted)
}

/** What every match of a pattern begins with, as far as that is plain to see. */
function literalBeginning(pattern: string): string {
  if (pattern.includes('|')) return ''
  const end = pattern.search(patternSign)
  if (end <= 0) return end === 0 ? '' : pattern
  // A count after a character, all of its code point, is about that character, and may be none.
  const isCounted = '*?+{'.includes(pattern.charAt(end))
  return isCounted ? pattern.slice(0, end).replace(/.$/su, '') : pattern.slice(0, end)
}
