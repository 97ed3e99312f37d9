import type { Looks } from '../../base/looks.ts'
import { compareBytes } from '../../model/byte-order.ts'
import type { LabelColumns, SymbolTable } from '../../storage/querier.ts'

/**
 * Indexes of label sets in upstream's order of labels: pair by pair, name then value, by bytes, a
 * prefix first. The distinct symbols are sorted once; after that only ranks are compared.
 */
export function sortedByLabels(
  labels: LabelColumns,
  count: number,
  symbols: SymbolTable,
  looks: Looks,
): Uint32Array {
  const order = new Uint32Array(count)
  for (let set = 0; set < count; set++) {
    looks.item()
    order[set] = set
  }
  if (count < 2) return order
  const rank = symbolRanks(labels, count, symbols, looks)
  const { offsets } = labels
  return order.sort((left, right) => {
    looks.item()
    let a = offsets[left] ?? 0
    let b = offsets[right] ?? 0
    const aEnd = offsets[left + 1] ?? 0
    const bEnd = offsets[right + 1] ?? 0
    for (; a < aEnd && b < bEnd; a++, b++) {
      const difference = (rank[a] ?? 0) - (rank[b] ?? 0)
      if (difference !== 0) return difference
    }
    return aEnd - a - (bEnd - b) || left - right
  })
}

/** For each place of labelIds the rank of its symbol among all that occur. */
function symbolRanks(
  labels: LabelColumns,
  count: number,
  symbols: SymbolTable,
  looks: Looks,
): Uint32Array {
  const end = labels.offsets[count] ?? 0
  const texts = new Map<number, string>()
  for (let at = 0; at < end; at++) {
    looks.item()
    const id = labels.labelIds[at] ?? 0
    if (!texts.has(id)) texts.set(id, symbols.text(id))
  }
  const sorted = [...texts].sort((a, b) => {
    looks.item()
    return compareBytes(a[1], b[1])
  })
  const rankOf = new Map<number, number>()
  for (const [id] of sorted) {
    looks.item()
    rankOf.set(id, rankOf.size)
  }
  const ranks = new Uint32Array(end)
  for (let at = 0; at < end; at++) {
    looks.item()
    ranks[at] = rankOf.get(labels.labelIds[at] ?? 0) ?? 0
  }
  return ranks
}
