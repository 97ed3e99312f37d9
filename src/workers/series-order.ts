import { compareBytes } from '../model/byte-order.ts'
import type { LabelColumns, SymbolTable } from '../storage/querier.ts'

/**
 * Label sets of several selects, each once, in the order of their labels by bytes: by symbol ids,
 * some 100 bytes a series where their texts take a kilobyte. Answers the places in `labels`.
 */
export function orderedSeries(
  symbols: SymbolTable,
  { offsets, labelIds }: LabelColumns,
): Uint32Array {
  const ranks = ranksOf(symbols, labelIds)
  const order = (a: number, b: number): number => {
    const [startA = 0, startB = 0] = [offsets[a], offsets[b]]
    const [lengthA, lengthB] = [(offsets[a + 1] ?? 0) - startA, (offsets[b + 1] ?? 0) - startB]
    const length = Math.min(lengthA, lengthB)
    for (let index = 0; index < length; index++) {
      const [left = 0, right = 0] = [labelIds[startA + index], labelIds[startB + index]]
      if (left !== right) return (ranks[left] ?? 0) - (ranks[right] ?? 0)
    }
    return lengthA - lengthB
  }
  const places = Uint32Array.from({ length: Math.max(0, offsets.length - 1) }, (_, place) => place)
  places.sort(order)
  let kept = 0
  for (const place of places) {
    if (kept === 0 || order(places[kept - 1] ?? 0, place) !== 0) places[kept++] = place
  }
  return places.subarray(0, kept)
}

/** By symbol id, its place among the texts that are there. */
function ranksOf(symbols: SymbolTable, labelIds: Uint32Array): Uint32Array {
  let idMax = 0
  for (const id of labelIds) idMax = Math.max(idMax, id)
  const ranks = new Uint32Array(idMax + 1)
  for (const id of labelIds) ranks[id] = 1
  const ids: number[] = []
  ranks.forEach((isThere, id) => {
    if (isThere === 1) ids.push(id)
  })
  const texts = new Map(ids.map((id) => [id, symbols.text(id)]))
  ids.sort((a, b) => compareBytes(texts.get(a) ?? '', texts.get(b) ?? ''))
  ids.forEach((id, rank) => {
    ranks[id] = rank
  })
  return ranks
}

/** The label sets of several selects behind each other. */
export function joinedLabels(columns: readonly LabelColumns[]): LabelColumns {
  const [only] = columns
  if (columns.length === 1 && only !== undefined) return only
  const series = columns.reduce((sum, { offsets }) => sum + offsets.length - 1, 0)
  const ids = columns.reduce((sum, { offsets }) => sum + (offsets.at(-1) ?? 0), 0)
  const joined = { offsets: new Uint32Array(series + 1), labelIds: new Uint32Array(ids) }
  let [place, end] = [0, 0]
  for (const { offsets, labelIds } of columns) {
    const length = offsets.at(-1) ?? 0
    joined.labelIds.set(labelIds.subarray(0, length), end)
    for (let one = 1; one < offsets.length; one++) {
      joined.offsets[++place] = end + (offsets[one] ?? 0)
    }
    end += length
  }
  return joined
}
