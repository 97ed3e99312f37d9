import type { Looks } from '../../base/looks.ts'
import { sortInTurns } from '../../base/sort-in-turns.ts'
import { compareBytes } from '../../model/byte-order.ts'
import type { LabelColumns, SymbolTable } from '../../storage/querier.ts'

/**
 * Indexes of label sets in upstream's order of labels: pair by pair, name then value, by bytes, a
 * prefix first. The distinct symbols are sorted once; after that only ranks are compared.
 */
export async function sortedByLabels(
  labels: LabelColumns,
  count: number,
  symbols: SymbolTable,
  looks: Looks,
): Promise<Uint32Array> {
  const order = new Uint32Array(count)
  for (let set = 0; set < count; set++) {
    const over = looks.turn()
    if (over !== undefined) await over
    order[set] = set
  }
  if (count < 2) return order
  const rank = await symbolRanks(labels, count, symbols, looks)
  const { offsets } = labels
  const compare = (left: number, right: number) => {
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
  }
  await sortInTurns(order, compare, looks)
  return order
}

/** For each place of labelIds the rank of its symbol among all that occur. */
async function symbolRanks(
  labels: LabelColumns,
  count: number,
  symbols: SymbolTable,
  looks: Looks,
): Promise<Uint32Array> {
  const end = labels.offsets[count] ?? 0
  const texts = new Map<number, string>()
  for (let at = 0; at < end; at++) {
    const over = looks.turn()
    if (over !== undefined) await over
    const id = labels.labelIds[at] ?? 0
    if (!texts.has(id)) texts.set(id, symbols.text(id))
  }
  const sorted = Uint32Array.from(texts.keys())
  const compare = (left: number, right: number) => {
    looks.item()
    return compareBytes(texts.get(left) ?? '', texts.get(right) ?? '')
  }
  await sortInTurns(sorted, compare, looks)
  const rankOf = new Map<number, number>()
  for (const id of sorted) {
    const over = looks.turn()
    if (over !== undefined) await over
    rankOf.set(id, rankOf.size)
  }
  const ranks = new Uint32Array(end)
  for (let at = 0; at < end; at++) {
    const over = looks.turn()
    if (over !== undefined) await over
    ranks[at] = rankOf.get(labels.labelIds[at] ?? 0) ?? 0
  }
  return ranks
}
