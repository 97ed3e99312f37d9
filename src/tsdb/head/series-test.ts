import { noEntry } from '../../base/shared-hash-table.ts'
import type { QuerySymbols } from './query-symbols.ts'
import type { SeriesColumns } from './series-columns.ts'

/**
 * Whether a series' value of a name passes; an absent label has the empty value. Each value is tried
 * but once.
 */
export function seriesTest(
  columns: SeriesColumns,
  symbols: QuerySymbols,
  name: string,
  test: (value: string) => boolean,
): (series: number) => boolean {
  const symbol = symbols.find(name)
  const verdicts = new Map<number, boolean>()
  return (series) => {
    const value = symbol === noEntry ? noEntry : columns.valueOf(series, symbol)
    let verdict = verdicts.get(value)
    if (verdict === undefined) {
      verdict = test(value === noEntry ? '' : symbols.text(value))
      verdicts.set(value, verdict)
    }
    return verdict
  }
}
