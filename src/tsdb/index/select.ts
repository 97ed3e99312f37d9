import type { Matcher } from '../../model/matcher.ts'
import { intersect, noPostings, type Postings, subtract, union } from './set-operations.ts'

/** An inverted index as matchers need it. */
export interface SearchableIndex {
  /** Every series, ascending. */
  all(): Postings
  /** Series with exactly this pair. */
  postings(name: string, value: string): Postings
  /** Calls with each value of a name; `postings` reads the series of that pair. */
  eachValue(name: string, visit: (value: string, postings: () => Postings) => void): void
}

/**
 * The series that satisfy all matchers. A matcher that an absent label satisfies cannot select by
 * pairs: it takes away the series whose value does not match.
 */
export function selectSeries(index: SearchableIndex, matchers: readonly Matcher[]): Postings {
  const included: Postings[] = []
  const excluded: Postings[] = []
  for (const matcher of matchers) {
    if (matcher.matches('')) excluded.push(seriesOf(index, matcher, false))
    else included.push(seriesOf(index, matcher, true))
  }
  included.sort((a, b) => a.length - b.length)
  let found = included[0] ?? index.all()
  for (const set of included.slice(1)) found = intersect(found, set)
  for (const set of excluded) found = subtract(found, set)
  return found
}

/** Series that have the label with a value that matches, or with one that does not. */
function seriesOf(index: SearchableIndex, matcher: Matcher, wanted: boolean): Postings {
  if (matcher.op === '=' && wanted) return index.postings(matcher.name, matcher.value)
  if (matcher.op === '!=' && !wanted) return index.postings(matcher.name, matcher.value)
  const sets: Postings[] = []
  index.eachValue(matcher.name, (value, postings) => {
    if (matcher.matches(value) === wanted) sets.push(postings())
  })
  return sets.length === 0 ? noPostings : union(sets)
}
