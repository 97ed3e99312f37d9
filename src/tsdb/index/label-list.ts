import { type Looks, noLooks } from '../../base/looks.ts'
import type { LabelList } from '../../storage/querier.ts'
import { type Texts, textOrder } from '../../storage/text-order.ts'

/** Symbols, each once, as a list by their bytes; at most `limit` (0 = all). */
export function listOf(
  ids: Uint32Array,
  texts: Texts,
  limit: number,
  warnings: readonly string[] = [],
  looks: Looks = noLooks,
): LabelList {
  return limited(textOrder(texts, ids, looks), limit, warnings)
}

/** The same of symbols that are sorted. */
export function limited(
  sorted: Uint32Array,
  limit: number,
  warnings: readonly string[] = [],
): LabelList {
  const truncated = limit > 0 && sorted.length > limit
  return { ids: truncated ? sorted.slice(0, limit) : sorted, truncated, warnings }
}

/** Several lists of the same symbols as one. */
export function joinedLists(
  lists: readonly LabelList[],
  texts: Texts,
  limit: number,
  looks: Looks,
  warnings: readonly string[] = [],
): LabelList {
  const all = [...warnings, ...lists.flatMap((list) => list.warnings)]
  const filled = lists.filter(({ ids }) => ids.length > 0)
  const [only] = filled
  if (only === undefined) return { ids: new Uint32Array(0), truncated: false, warnings: all }
  if (filled.length === 1) return { ...only, warnings: all }
  const ids = new Set<number>()
  for (const list of filled) {
    for (const id of list.ids) {
      looks.item()
      ids.add(id)
    }
  }
  const joined = listOf(Uint32Array.from(ids), texts, limit, all, looks)
  return { ...joined, truncated: joined.truncated || lists.some((list) => list.truncated) }
}
