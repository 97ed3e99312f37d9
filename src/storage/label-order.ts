import type { Looks } from '../base/looks.ts'
import { sortInTurns } from '../base/sort-in-turns.ts'
import { compareBytes } from '../model/byte-order.ts'
import type { LabelColumns, SymbolTable } from './querier.ts'
import { compareTexts, rowsOf, type Texts } from './text-order.ts'

/**
 * Upstream's order of label sets: pair by pair, name then value, by bytes, a prefix first. Below zero
 * where the first is less.
 */
export function compareLabelSets(
  texts: Texts,
  a: LabelColumns,
  setA: number,
  b: LabelColumns,
  setB: number,
): number {
  const [idsA, idsB] = [a.labelIds, b.labelIds]
  let atA = a.offsets[setA] ?? 0
  let atB = b.offsets[setB] ?? 0
  const endA = a.offsets[setA + 1] ?? 0
  const endB = b.offsets[setB + 1] ?? 0
  for (; atA < endA && atB < endB; atA++, atB++) {
    const [idA = 0, idB = 0] = [idsA[atA], idsB[atB]]
    if (idA !== idB) return compareTexts(texts, idA, idB)
  }
  return endA - atA - (endB - atB)
}

/**
 * Indexes of label sets in that order, equal ones as they stood. What is in order already, as series
 * of a block are, is only looked through. Else the distinct symbols are sorted once; after that only
 * ranks are compared.
 */
export async function sortedByLabels(
  labels: LabelColumns,
  count: number,
  symbols: SymbolTable,
  looks: Looks,
): Promise<Uint32Array> {
  const order = rowsOf(count)
  if (await isSorted(labels, count, symbols, looks)) return order
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

async function isSorted(
  labels: LabelColumns,
  count: number,
  texts: Texts,
  looks: Looks,
): Promise<boolean> {
  let sorted = 1
  await looks.inTurns(count - 1, (from, to) => {
    for (let set = from + 1; set <= to && sorted === set; set++) {
      if (compareLabelSets(texts, labels, set - 1, labels, set) <= 0) sorted++
    }
  })
  return sorted >= count
}

/** For each place of labelIds the rank of its symbol among all that occur. */
async function symbolRanks(
  { labelIds, offsets }: LabelColumns,
  count: number,
  symbols: SymbolTable,
  looks: Looks,
): Promise<Uint32Array> {
  const end = offsets[count] ?? 0
  const texts = new Map<number, string>()
  await looks.inTurns(end, (from, to) => {
    for (let at = from; at < to; at++) {
      const id = labelIds[at] ?? 0
      if (!texts.has(id)) texts.set(id, symbols.text(id))
    }
  })
  const sorted = Uint32Array.from(texts.keys())
  const compare = (left: number, right: number) => {
    looks.item()
    return compareBytes(texts.get(left) ?? '', texts.get(right) ?? '')
  }
  await sortInTurns(sorted, compare, looks)
  const rankOf = new Map<number, number>()
  await looks.inTurns(sorted.length, (from, to) => {
    for (let rank = from; rank < to; rank++) rankOf.set(sorted[rank] ?? 0, rank)
  })
  const ranks = new Uint32Array(end)
  await looks.inTurns(end, (from, to) => {
    for (let at = from; at < to; at++) ranks[at] = rankOf.get(labelIds[at] ?? 0) ?? 0
  })
  return ranks
}
