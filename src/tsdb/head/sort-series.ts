import { type Looks, noLooks } from '../../base/looks.ts'
import {
  compareTexts,
  radixOrder,
  rowsOf,
  type Texts,
  textOrder,
} from '../../storage/text-order.ts'
import type { Postings } from '../index/set-operations.ts'
import type { SeriesColumns } from './series-columns.ts'

/** So few are compared with each other, more are distributed by the next symbol of their sets. */
const comparedMax = 48

/**
 * The series in the order of their label sets: names and values by bytes, pair by pair, a prefix
 * first. Each text is compared once, with the other texts; series are then ordered by ranks.
 */
export async function sortSeries(
  series: Postings,
  columns: SeriesColumns,
  texts: Texts,
  looks: Looks,
): Promise<Postings> {
  // Of our own before anybody else has a turn: lists are lent.
  const sorted = series.slice()
  if (sorted.length <= comparedMax) {
    // Ranks take a column as long as there are symbols.
    const byText = (a: number, b: number) => compareTexts(texts, a, b)
    return sorted.sort(looked(looks, comparison(columns, byText, 0)))
  }
  const ranks = await ranksOf(sorted, columns, texts, looks)
  const sort = new SeriesSort(sorted, columns, ranks, looks)
  while (sort.hasRuns) {
    sort.sortRun()
    const over = looks.turn()
    if (over !== undefined) await over
  }
  return sorted
}

/** In place, by what each symbol of theirs ranks. */
export function sortByRanks(
  series: Uint32Array,
  columns: SeriesColumns,
  ranks: Uint32Array,
): Uint32Array {
  const sort = new SeriesSort(series, columns, ranks, noLooks)
  while (sort.hasRuns) sort.sortRun()
  return series
}

type Compare = (left: number, right: number) => number

/** Of series that are equal before `first`. */
function comparison(columns: SeriesColumns, compareSymbols: Compare, first: number): Compare {
  const { labels, labelStart, labelCount } = columns
  return (a, b) => {
    const [startA, startB] = [labelStart.get(a), labelStart.get(b)]
    const [lengthA, lengthB] = [labelCount.get(a) * 2, labelCount.get(b) * 2]
    const length = Math.min(lengthA, lengthB)
    for (let at = first; at < length; at++) {
      const [symbolA, symbolB] = [labels.get(startA + at), labels.get(startB + at)]
      if (symbolA !== symbolB) return compareSymbols(symbolA, symbolB)
    }
    return lengthA - lengthB
  }
}

function looked(looks: Looks, compare: Compare): Compare {
  return (a, b) => {
    looks.item()
    return compare(a, b)
  }
}

/** Place after place of the label sets; only those that are equal so far meet at the next one. */
class SeriesSort {
  readonly #series: Uint32Array
  readonly #columns: SeriesColumns
  readonly #ranks: Uint32Array
  readonly #looks: Looks
  readonly #keys: Uint32Array
  /** Those left, three numbers each: from which series to which all are equal before which place. */
  readonly #runs: number[] = []

  constructor(series: Uint32Array, columns: SeriesColumns, ranks: Uint32Array, looks: Looks) {
    this.#series = series
    this.#columns = columns
    this.#ranks = ranks
    this.#looks = looks
    this.#keys = new Uint32Array(series.length)
    if (series.length > 1) this.#runs.push(0, series.length, 0)
  }

  get hasRuns(): boolean {
    return this.#runs.length > 0
  }

  /** One run, by one place; what is equal there is left as another one. */
  sortRun(): void {
    const place = this.#runs.pop() ?? 0
    const end = this.#runs.pop() ?? 0
    const from = this.#runs.pop() ?? 0
    const series = this.#series.subarray(from, end)
    if (series.length <= comparedMax) {
      series.sort(looked(this.#looks, comparison(this.#columns, this.#byRank, place)))
      return
    }
    const keys = this.#keys.subarray(0, series.length)
    const [least, most] = this.#fill(keys, series, place)
    if (least < most) this.#distribute(series, keys, from, place)
    // Else all ended here.
    else if (most > 0) this.#runs.push(from, end, place + 1)
  }

  readonly #byRank: Compare = (a, b) => (this.#ranks[a] ?? 0) - (this.#ranks[b] ?? 0)

  #distribute(series: Uint32Array, keys: Uint32Array, start: number, place: number): void {
    const order = radixOrder(rowsOf(series.length), keys)
    const sorted = order.map((row) => series[row] ?? 0)
    series.set(sorted)
    for (let from = 0; from < series.length; ) {
      this.#looks.item()
      const key = keys[order[from] ?? 0]
      let end = from + 1
      while (end < series.length && keys[order[end] ?? 0] === key) end++
      if (end - from > 1) this.#runs.push(start + from, start + end, place + 1)
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
}

/** By symbol: its place among the texts of these series; others have none. */
async function ranksOf(
  series: Postings,
  columns: SeriesColumns,
  texts: Texts,
  looks: Looks,
): Promise<Uint32Array> {
  const { labels, labelStart, labelCount } = columns
  let symbolMax = 0
  await looks.inTurns(series.length, (from, to) => {
    for (let index = from; index < to; index++) {
      const id = series[index] ?? 0
      const end = labelStart.get(id) + labelCount.get(id) * 2
      for (let at = labelStart.get(id); at < end; at++)
        symbolMax = Math.max(symbolMax, labels.get(at))
    }
  })
  const ranks = new Uint32Array(symbolMax + 1)
  const seen: number[] = []
  await looks.inTurns(series.length, (from, to) => {
    for (let index = from; index < to; index++) {
      const id = series[index] ?? 0
      const end = labelStart.get(id) + labelCount.get(id) * 2
      for (let at = labelStart.get(id); at < end; at++) {
        const symbol = labels.get(at)
        if (ranks[symbol] !== 0) continue
        ranks[symbol] = 1
        seen.push(symbol)
      }
    }
  })
  const order = textOrder(texts, Uint32Array.from(seen), looks)
  await looks.inTurns(order.length, (from, to) => {
    for (let rank = from; rank < to; rank++) ranks[order[rank] ?? 0] = rank
  })
  return ranks
}
