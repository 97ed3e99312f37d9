import { compareBytes } from '../../model/byte-order.ts'
import type { LabelList } from '../../storage/querier.ts'
import type { QuerySymbols } from './query-symbols.ts'

/** The texts of symbols, sorted by bytes; at most `limit` (0 = all). */
export function listOf(
  symbols: ReadonlySet<number>,
  texts: QuerySymbols,
  limit: number,
): LabelList {
  const names = [...symbols].map((symbol) => texts.text(symbol)).sort(compareBytes)
  const truncated = limit > 0 && names.length > limit
  return { names: truncated ? names.slice(0, limit) : names, truncated, warnings: [] }
}
