import type { Looks } from '../../base/looks.ts'
import type { LabelColumns } from '../../storage/querier.ts'
import type { Texts } from '../../storage/text-order.ts'
import { type MergedRows, mergeRows } from './merged-rows.ts'

interface Kept {
  readonly sources: readonly LabelColumns[]
  readonly rows: MergedRows
}

/**
 * The rows of label sets that were merged last, by the very objects: who keeps what a select found
 * hands the same ones out again. They go with the first of their sources.
 */
export class KeptRows {
  readonly #known = new WeakMap<LabelColumns, Kept>()

  /** As mergeRows. */
  async of(sources: readonly LabelColumns[], texts: Texts, looks: Looks): Promise<MergedRows> {
    const [first] = sources
    const known = first && this.#known.get(first)
    if (known !== undefined && isSame(known.sources, sources)) return known.rows
    const rows = await mergeRows(sources, texts, looks)
    if (first !== undefined) this.#known.set(first, { sources, rows })
    return rows
  }
}

function isSame(known: readonly LabelColumns[], sources: readonly LabelColumns[]): boolean {
  return known.length === sources.length && known.every((labels, at) => labels === sources[at])
}
