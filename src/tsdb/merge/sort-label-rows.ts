import type { Looks } from '../../base/looks.ts'
import { compareBytes } from '../../model/byte-order.ts'
import type { LabelColumns, SymbolTable } from '../../storage/querier.ts'
import { rowsOf } from '../index/text-order.ts'

/**
 * The rows in the order of their label sets: names and values by bytes, pair by pair, a prefix
 * first. Each text is compared once, with the other texts; rows are then compared by its rank.
 */
export function sortedLabelRows(
  labels: LabelColumns,
  texts: SymbolTable,
  looks: Looks,
): Uint32Array {
  const { offsets, labelIds } = labels
  const ranks = ranksOf(labelIds, texts, looks)
  return rowsOf(offsets.length - 1).sort((a, b) => {
    looks.item()
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
function ranksOf(
  labelIds: Uint32Array,
  texts: SymbolTable,
  looks: Looks,
): ReadonlyMap<number, number> {
  const named = Array.from(
    new Set(labelIds),
    looks.each((id: number) => ({ id, text: texts.text(id) })),
  )
  named.sort((a, b) => {
    looks.item()
    return compareBytes(a.text, b.text)
  })
  const ranks = new Map<number, number>()
  for (const { id } of named) {
    looks.item()
    ranks.set(id, ranks.size)
  }
  return ranks
}
