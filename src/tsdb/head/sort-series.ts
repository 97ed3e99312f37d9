import { compareBytes } from '../../model/byte-order.ts'
import type { SymbolTable } from '../../storage/querier.ts'
import type { Postings } from '../index/set-operations.ts'
import type { SeriesColumns } from './series-columns.ts'

/**
 * The series in the order of their label sets: names and values by bytes, pair by pair, a prefix
 * first. Each text is compared once, with the other texts; series are then compared by its rank.
 */
export function sortSeries(series: Postings, columns: SeriesColumns, texts: SymbolTable): Postings {
  const ranks = ranksOf(series, columns, texts)
  const { labels, labelStart, labelCount } = columns
  return series.slice().sort((a, b) => {
    const [startA, startB] = [labelStart.get(a), labelStart.get(b)]
    const [lengthA, lengthB] = [labelCount.get(a) * 2, labelCount.get(b) * 2]
    const length = Math.min(lengthA, lengthB)
    for (let index = 0; index < length; index++) {
      const [symbolA, symbolB] = [labels.get(startA + index), labels.get(startB + index)]
      if (symbolA !== symbolB) return (ranks[symbolA] ?? 0) - (ranks[symbolB] ?? 0)
    }
    return lengthA - lengthB
  })
}

/** By symbol: its place among the texts of these series; others have none. */
function ranksOf(series: Postings, columns: SeriesColumns, texts: SymbolTable): Uint32Array {
  let symbolMax = 0
  for (const id of series)
    for (const symbol of columns.labelSet(id)) symbolMax = Math.max(symbolMax, symbol)
  const ranks = new Uint32Array(symbolMax + 1)
  const seen: { readonly symbol: number; readonly text: string }[] = []
  for (const id of series) {
    for (const symbol of columns.labelSet(id)) {
      if (ranks[symbol] !== 0) continue
      ranks[symbol] = 1
      seen.push({ symbol, text: texts.text(symbol) })
    }
  }
  seen.sort((a, b) => compareBytes(a.text, b.text))
  seen.forEach(({ symbol }, rank) => {
    ranks[symbol] = rank
  })
  return ranks
}
