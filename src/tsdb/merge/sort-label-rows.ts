import { compareBytes } from '../../model/byte-order.ts'
import type { LabelColumns, SymbolTable } from '../../storage/querier.ts'

/**
 * The rows in the order of their label sets: names and values by bytes, pair by pair, a prefix
 * first. Each text is compared once, with the other texts; rows are then compared by its rank.
 */
export function sortedLabelRows(labels: LabelColumns, texts: SymbolTable): Uint32Array {
  const { offsets, labelIds } = labels
  const ranks = ranksOf(labelIds, texts)
  const rows = Uint32Array.from({ length: offsets.length - 1 }, (_, row) => row)
  return rows.sort((a, b) => {
    const [startA, startB] = [offsets[a] ?? 0, offsets[b] ?? 0]
    const [lengthA, lengthB] = [(offsets[a + 1] ?? 0) - startA, (offsets[b + 1] ?? 0) - startB]
    const length = Math.min(lengthA, lengthB)
    for (let at = 0; at < length; at++) {
      const [idA, idB] = [labelIds[startA + at] ?? 0, labelIds[startB + at] ?? 0]
      if (idA !== idB) return (ranks.get(idA) ?? 0) - (ranks.get(idB) ?? 0)
    }
    return lengthA - lengthB
  })
}

/** By id: its text's place among all of them. */
function ranksOf(labelIds: Uint32Array, texts: SymbolTable): ReadonlyMap<number, number> {
  const ids = [...new Set(labelIds)]
  const named = ids.map((id) => ({ id, text: texts.text(id) }))
  named.sort((a, b) => compareBytes(a.text, b.text))
  return new Map(named.map(({ id }, rank) => [id, rank]))
}
