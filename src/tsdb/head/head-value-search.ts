import type { Looks } from '../../base/looks.ts'
import type { Matcher } from '../../model/matcher.ts'
import { mostSelected, selectSeries } from '../index/select.ts'
import { valueTest } from '../index/value-test.ts'
import { HeadIndex } from './head-index.ts'
import { valuesOf } from './head-label-lists.ts'
import { type HeadView, isBorn, type Published } from './head-memory.ts'
import type { QuerySymbols } from './query-symbols.ts'
import { seriesTest } from './series-test.ts'

/** What matchers are looked up in. */
export interface SearchTools {
  readonly view: HeadView
  readonly published: Published
  readonly symbols: QuerySymbols
  readonly looks: Looks
}

/** After so many values it is told from them how many series all would take. */
const valuesBeforeGuess = 32
/** Trying a series costs as much as so many series of a list that is read whole. */
const seriesPerTry = 32

/** Symbols of the values of a name, which has these pairs, among the series that match. */
export function valuesOfMatching(
  tools: SearchTools,
  name: number,
  pairs: Uint32Array,
  matchers: readonly Matcher[],
): Uint32Array {
  const { view, published, symbols, looks } = tools
  const index = new HeadIndex(view, published, symbols)
  const triedMax = mostSelected(index, matchers, published.series, looks) / seriesPerTry
  const found = pairsOfMatching(tools, pairs, matchers, triedMax)
  if (found !== undefined) return view.index.valuesOfPairs(found)
  return valuesOf(tools, name, pairs, selectSeries(index, matchers, looks))
}

/**
 * Those of the pairs that a series which satisfies all matchers has, found without the list of those
 * series: each pair's list is gone through until one of them comes, which for matchers that many
 * series satisfy is soon. Undefined where it would take more than `triedMax` series.
 */
function pairsOfMatching(
  { view, published, symbols, looks }: SearchTools,
  pairs: Uint32Array,
  matchers: readonly Matcher[],
  triedMax: number,
): Uint32Array | undefined {
  if (pairs.length > triedMax) return undefined
  const tests = matchers.map((matcher) =>
    seriesTest(view.series, symbols, matcher.name, valueTest(matcher)),
  )
  let tried = 0
  const isWanted = looks.each(
    (series: number): boolean =>
      ++tried > triedMax ||
      (isBorn(view.series, published, series) && tests.every((passes) => passes(series))),
  )
  const found = new Uint32Array(pairs.length)
  let count = 0
  for (let at = 0; at < pairs.length; at++) {
    const pair = pairs[at] ?? 0
    if (view.index.anyOfPair(pair, isWanted)) found[count++] = pair
    const guess = at < valuesBeforeGuess ? tried : (tried / (at + 1)) * pairs.length
    if (guess > triedMax) return undefined
  }
  return found.subarray(0, count)
}
