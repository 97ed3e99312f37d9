import { type Looks, noLooks } from '../../base/looks.ts'
import type { Matcher } from '../../model/matcher.ts'
import { intersect, noPostings, type Postings, subtract, union } from './set-operations.ts'
import { literalsOf, valueTest } from './value-test.ts'

/** An inverted index as matchers need it. */
export interface SearchableIndex {
  /** Every series, ascending. */
  all(): Postings
  /** Series with exactly this pair. */
  postings(name: string, value: string): Postings
  /** How many series have the pair: at least as many as `postings` has. */
  count(name: string, value: string): number
  /** How many values the name has. */
  valueCount(name: string): number
  /** Series that have the name with a value that passes. */
  having(name: string, test: (value: string) => boolean, looks: Looks): Postings
  /** Those of the series whose value of the name passes; an absent label has the empty value. */
  filter(series: Postings, name: string, test: (value: string) => boolean, looks: Looks): Postings
}

/** Looking at a label of a series costs about a quarter of trying a value and reading its list. */
const filtersPerValue = 4
/** And some eight times as much as one step through a list. */
const stepsPerFilter = 8

/**
 * The series that satisfy all matchers: first what names pairs directly, from the shortest list to
 * the longest, then patterns, then what an absent label satisfies too, which can only take away. A
 * few series are looked at one by one where reading the matcher's lists would cost more.
 */
export function selectSeries(
  index: SearchableIndex,
  matchers: readonly Matcher[],
  looks: Looks = noLooks,
): Postings {
  const direct: DirectMatcher[] = []
  const tested: Matcher[] = []
  const removing: Matcher[] = []
  for (const matcher of matchers) {
    const values = directValues(matcher)
    if (matcher.matches('')) removing.push(matcher)
    else if (values === undefined) tested.push(matcher)
    else direct.push({ matcher, values, count: totalCount(index, matcher.name, values, looks) })
  }
  let found: Postings | undefined
  for (const each of direct.sort((a, b) => a.count - b.count)) {
    found = withDirect(index, found, each, looks)
    if (found.length === 0) return found
  }
  for (const matcher of tested) found = withTested(index, found, matcher, looks)
  found ??= index.all()
  for (const matcher of removing) found = without(index, found, matcher, looks)
  return found
}

/** Whether any of some series satisfies all matchers. */
export function anySelected(
  index: SearchableIndex,
  series: Postings,
  matchers: readonly Matcher[],
  looks: Looks,
): boolean {
  let left = series
  for (const matcher of matchers) {
    if (left.length === 0) return false
    left = index.filter(left, matcher.name, valueTest(matcher), looks)
  }
  return left.length > 0
}

/** How many series satisfy all matchers at most, of so many, as lists tell without being read. */
export function mostSelected(
  index: SearchableIndex,
  matchers: readonly Matcher[],
  seriesCount: number,
  looks: Looks,
): number {
  let most = seriesCount
  for (const matcher of matchers) {
    const values = matcher.matches('') ? undefined : directValues(matcher)
    if (values === undefined) continue
    most = Math.min(most, totalCount(index, matcher.name, values, looks))
  }
  return most
}

interface DirectMatcher {
  readonly matcher: Matcher
  readonly values: readonly string[]
  readonly count: number
}

/** The values that a matcher allows where it lists them. */
function directValues(matcher: Matcher): readonly string[] | undefined {
  if (matcher.op === '=') return [matcher.value]
  return matcher.op === '=~' ? literalsOf(matcher.value) : undefined
}

function totalCount(
  index: SearchableIndex,
  name: string,
  values: readonly string[],
  looks: Looks,
): number {
  let total = 0
  for (const value of values) {
    looks.item()
    total += index.count(name, value)
  }
  return total
}

function withDirect(
  index: SearchableIndex,
  found: Postings | undefined,
  { matcher, values, count }: DirectMatcher,
  looks: Looks,
): Postings {
  const { name } = matcher
  if (found !== undefined && found.length * stepsPerFilter < count)
    return index.filter(found, name, valueTest(matcher), looks)
  const postings = looks.each((value: string) => index.postings(name, value))
  const set = union(Array.from(new Set(values), postings))
  return found === undefined ? set : intersect(found, set)
}

function withTested(
  index: SearchableIndex,
  found: Postings | undefined,
  matcher: Matcher,
  looks: Looks,
): Postings {
  const test = valueTest(matcher)
  if (found === undefined) return index.having(matcher.name, test, looks)
  if (isFew(index, found, matcher)) return index.filter(found, matcher.name, test, looks)
  return intersect(found, index.having(matcher.name, test, looks))
}

function without(
  index: SearchableIndex,
  found: Postings,
  matcher: Matcher,
  looks: Looks,
): Postings {
  if (found.length === 0) return noPostings
  const test = valueTest(matcher)
  if (isFew(index, found, matcher)) return index.filter(found, matcher.name, test, looks)
  return subtract(
    found,
    index.having(matcher.name, (value) => !test(value), looks),
  )
}

function isFew(index: SearchableIndex, found: Postings, matcher: Matcher): boolean {
  return found.length < index.valueCount(matcher.name) * filtersPerValue
}
