import { type Looks, noLooks } from '../../base/looks.ts'
import type { Postings } from '../index/set-operations.ts'
import { radixOrder, rowsOf, type Texts, textOrder } from '../index/text-order.ts'
import type { SeriesColumns } from './series-columns.ts'

/**
 * The series in the order of their label sets: names and values by bytes, pair by pair, a prefix
 * first. Each text is compared once, with the other texts; series are then ordered by ranks.
 */
export function sortSeries(
  series: Postings,
  columns: SeriesColumns,
  texts: Texts,
  looks: Looks,
): Postings {
  return sortByRanks(series.slice(), columns, ranksOf(series, columns, texts, looks), looks)
}

/** In place, by what each symbol of theirs ranks. */
export function sortByRanks(
  series: Uint32Array,
  columns: SeriesColumns,
  ranks: Uint32Array,
  looks: Looks = noLooks,
): Uint32Array {
  if (series.length > 1) new SeriesSort(columns, ranks, looks).sort(series, 0)
  return series
}

/** So few are compared with each other, more are distributed by the next symbol of their sets. */
const comparedMax = 48

/** Place after place of the label sets; only those that are equal so far meet at the next one. */
class SeriesSort {
  readonly #columns: SeriesColumns
  readonly #ranks: Uint32Array
  readonly #looks: Looks

  constructor(columns: SeriesColumns, ranks: Uint32Array, looks: Looks) {
    this.#looks = looks
    this.#columns = columns
    this.#ranks = ranks
  }

  /** Series that are equal before `first`. */
  sort(series: Uint32Array, first: number): void {
    if (series.length <= comparedMax) {
      series.sort((a, b) => this.#compare(a, b, first))
      return
    }
    const keys = new Uint32Array(series.length)
    for (let place = first; ; place++) {
      const [least, most] = this.#fill(keys, series, place)
      if (least < most) {
        this.#distribute(series, keys, place)
        return
      }
      // All ended here.
      if (most === 0) return
    }
  }

  #distribute(series: Uint32Array, keys: Uint32Array, place: number): void {
    const order = radixOrder(rowsOf(series.length), keys)
    const sorted = order.map((row) => series[row] ?? 0)
    series.set(sorted)
    for (let from = 0; from < series.length; ) {
      this.#looks.item()
      const key = keys[order[from] ?? 0]
      let end = from + 1
      while (end < series.length && keys[order[end] ?? 0] === key) end++
      if (end - from > 1) this.sort(series.subarray(from, end), place + 1)
      from = end
    }
  }

  /** 1 + the rank of each set's symbol at a place, 0 where it has ended; answers the range. */
  #fill(keys: Uint32Array, series: Uint32Array, place: number): readonly [number, number] {
    const { labels, labelStart, labelCount } = this.#columns
    let [least, most] = [Number.POSITIVE_INFINITY, 0]
    for (let index = 0; index < series.length; index++) {
      this.#looks.item()
      const id = series[index] ?? 0
      const hasEnded = place >= labelCount.get(id) * 2
      const key = hasEnded ? 0 : 1 + (this.#ranks[labels.get(labelStart.get(id) + place)] ?? 0)
      keys[index] = key
      if (key < least) least = key
      if (key > most) most = key
    }
    return [least, most]
  }

  #compare(a: number, b: number, first: number): number {
    this.#looks.item()
    const { labels, labelStart, labelCount } = this.#columns
    const [startA, startB] = [labelStart.get(a), labelStart.get(b)]
    const [lengthA, lengthB] = [labelCount.get(a) * 2, labelCount.get(b) * 2]
    const length = Math.min(lengthA, lengthB)
    for (let index = first; index < length; index++) {
      const [symbolA, symbolB] = [labels.get(startA + index), labels.get(startB + index)]
      if (symbolA !== symbolB) return (this.#ranks[symbolA] ?? 0) - (this.#ranks[symbolB] ?? 0)
    }
    return lengthA - lengthB
  }
}

/** By symbol: its place among the texts of these series; others have none. */
function ranksOf(
  series: Postings,
  columns: SeriesColumns,
  texts: Texts,
  looks: Looks,
): Uint32Array {
  const { labels, labelStart, labelCount } = columns
  let symbolMax = 0
  for (const id of series) {
    looks.item()
    const end = labelStart.get(id) + labelCount.get(id) * 2
    for (let at = labelStart.get(id); at < end; at++)
      symbolMax = Math.max(symbolMax, labels.get(at))
  }
  const ranks = new Uint32Array(symbolMax + 1)
  const seen: number[] = []
  for (const id of series) {
    looks.item()
    const end = labelStart.get(id) + labelCount.get(id) * 2
    for (let at = labelStart.get(id); at < end; at++) {
      const symbol = labels.get(at)
      if (ranks[symbol] !== 0) continue
      ranks[symbol] = 1
      seen.push(symbol)
    }
  }
  textOrder(texts, Uint32Array.from(seen), looks).forEach((symbol, rank) => {
    looks.item()
    ranks[symbol] = rank
  })
  return ranks
}
