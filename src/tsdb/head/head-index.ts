import type { Looks } from '../../base/looks.ts'
import { noEntry } from '../../base/shared-hash-table.ts'
import type { Matcher } from '../../model/matcher.ts'
import type { SearchableIndex } from '../index/select.ts'
import { noPostings, type Postings, union } from '../index/set-operations.ts'
import { type HeadView, isBorn, type Published } from './head-memory.ts'
import type { QuerySymbols } from './query-symbols.ts'
import { seriesTest } from './series-test.ts'

/** A pair's list at one moment: as long as both numbers are the same, so are its values. */
export interface ListState {
  readonly pair: number
  readonly version: number
  readonly count: number
}

/** What came onto a list. */
interface AddedSeries {
  /** Those that may be seen: the others were made after what was published. */
  readonly visible: Postings
  /** Where that is all of them. */
  readonly state: ListState | undefined
}

/** The head's inverted index in texts, as far as it was published to a query. */
export class HeadIndex implements SearchableIndex {
  readonly #view: HeadView
  readonly #published: Published
  readonly #symbols: QuerySymbols

  constructor(view: HeadView, published: Published, symbols: QuerySymbols) {
    this.#view = view
    this.#published = published
    this.#symbols = symbols
  }

  /** Series with a smaller number of birth are seen. */
  get births(): number {
    return this.#published.births
  }

  all(): Postings {
    const all = new Uint32Array(this.#published.series)
    let count = 0
    for (let series = 0; series < all.length; series++) {
      if (this.#isVisible(series)) all[count++] = series
    }
    return all.subarray(0, count)
  }

  postings(name: string, value: string): Postings {
    const pair = this.#pair(name, value)
    return pair === noEntry ? noPostings : this.#read(pair)
  }

  count(name: string, value: string): number {
    const pair = this.#pair(name, value)
    return pair === noEntry ? 0 : this.#view.index.lengthOfPair(pair)
  }

  /** Of the list of a pair; undefined where there is none, or series are just being taken off it. */
  stateOf(name: string, value: string): ListState | undefined {
    const pair = this.#pair(name, value)
    if (pair === noEntry) return undefined
    const { index } = this.#view
    const version = index.versionOfPair(pair)
    return version % 2 === 1 ? undefined : { pair, version, count: index.lengthOfPair(pair) }
  }

  /** Whether the list has neither got nor lost a series since. */
  isUnchanged({ pair, version, count }: ListState): boolean {
    const { index } = this.#view
    return index.lengthOfPair(pair) === count && index.versionOfPair(pair) === version
  }

  /**
   * The series that came onto the list since, and its state with those; undefined where some were
   * taken off it, too.
   */
  addedSince({ pair, version, count }: ListState): AddedSeries | undefined {
    const { index } = this.#view
    const length = index.lengthOfPair(pair)
    if (length < count) return undefined
    const added = index.seriesAdded(pair, count, length)
    if (added === undefined || index.versionOfPair(pair) !== version) return undefined
    const visible = added.filter(this.#isVisible)
    const areAllVisible = visible.length === added.length
    return { visible, state: areAllVisible ? { pair, version, count: length } : undefined }
  }

  /** Whether every series on it may be seen: none was made after what was published. */
  isAllVisible({ pair, count }: ListState): boolean {
    return this.#read(pair).length === count
  }

  valueCount(name: string): number {
    return this.#pairs(name).length
  }

  having(name: string, test: (value: string) => boolean, looks: Looks): Postings {
    const { index } = this.#view
    const sets: Postings[] = []
    for (const pair of this.#pairs(name)) {
      looks.item()
      if (test(this.#symbols.text(index.valueOfPair(pair)))) sets.push(this.#read(pair))
    }
    return union(sets)
  }

  filter(series: Postings, name: string, test: (value: string) => boolean, looks: Looks): Postings {
    const passes = looks.each(seriesTest(this.#view.series, this.#symbols, name, test))
    return series.filter(passes)
  }

  #pair(name: string, value: string): number {
    const [nameSymbol, valueSymbol] = [this.#symbols.find(name), this.#symbols.find(value)]
    if (nameSymbol === noEntry || valueSymbol === noEntry) return noEntry
    return this.#view.index.findPair(nameSymbol, valueSymbol, this.#published.labels)
  }

  #pairs(name: string): Uint32Array {
    const symbol = this.#symbols.find(name)
    if (symbol === noEntry) return noPostings
    return this.#view.index.pairs(symbol, this.#published.labels)
  }

  #read(pair: number): Postings {
    return this.#view.index.seriesOfPair(pair, this.#isVisible)
  }

  readonly #isVisible = (series: number): boolean =>
    isBorn(this.#view.series, this.#published, series)
}

/** The shortest list that an `=` matcher names; undefined where there is none that holds still. */
export function shortestList(
  index: HeadIndex,
  matchers: readonly Matcher[],
): ListState | undefined {
  let shortest: ListState | undefined
  for (const { op, name, value } of matchers) {
    if (op !== '=' || value === '') continue
    const list = index.stateOf(name, value)
    if (list !== undefined && list.count < (shortest?.count ?? Number.POSITIVE_INFINITY)) {
      shortest = list
    }
  }
  return shortest
}
