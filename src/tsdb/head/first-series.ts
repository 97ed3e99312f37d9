import type { Matcher } from '../../model/matcher.ts'
import { valueTest } from '../index/value-test.ts'
import { HeadIndex, shortestList } from './head-index.ts'
import { isBorn } from './head-memory.ts'
import type { SearchTools } from './head-value-search.ts'
import { seriesTest } from './series-test.ts'

/** Trying so many series for each that is wanted costs no more than reading the lists whole. */
const triesPerSeries = 8

/**
 * Series that satisfy all matchers and pass, the first `most` of them on the shortest list that a
 * matcher names: the rest of it is not read. Undefined where there is no such list, or few on it satisfy the
 * others.
 */
export function firstSeries(
  { view, published, symbols, looks }: SearchTools,
  matchers: readonly Matcher[],
  most: number,
  passes: (series: number) => boolean,
): Uint32Array | undefined {
  const list = shortestList(new HeadIndex(view, published, symbols), matchers)
  if (list === undefined) return undefined
  const tests = matchers.map((matcher) =>
    seriesTest(view.series, symbols, matcher.name, valueTest(matcher)),
  )
  // A list that changes meanwhile is gone through anew.
  const found = new Set<number>()
  const triesMax = most * triesPerSeries
  let tries = 0
  const isOver = looks.each((series: number): boolean => {
    const isSeen = isBorn(view.series, published, series)
    if (isSeen && tests.every((test) => test(series)) && passes(series)) found.add(series)
    return found.size === most || ++tries > triesMax
  })
  const isCut = view.index.anyOfPair(list.pair, isOver)
  return isCut && found.size < most ? undefined : Uint32Array.from(found)
}
