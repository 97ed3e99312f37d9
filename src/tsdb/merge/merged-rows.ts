import type { Looks } from '../../base/looks.ts'
import type { LabelColumns, SymbolTable } from '../../storage/querier.ts'
import { LabelRowTable } from './label-row-table.ts'
import { noSeries } from './merged-floats.ts'
import { sortedLabelRows } from './sort-label-rows.ts'

/** The label sets of several sources, each once. */
export interface MergedRows {
  readonly labels: LabelColumns
  /** Row r's series in source s stands at r * sources + s. */
  readonly members: Int32Array
}

/** `sorted` by label set; else in the order of the sources. */
export function mergeRows(
  sources: readonly LabelColumns[],
  symbols: SymbolTable,
  sorted: boolean,
  looks: Looks,
): MergedRows {
  const total = sources.reduce((sum, { offsets }) => sum + offsets.length - 1, 0)
  const ids = sources.reduce((sum, { labelIds }) => sum + labelIds.length, 0)
  const table = new LabelRowTable(total, ids)
  const width = sources.length
  const members = new Int32Array(total * width).fill(noSeries)
  sources.forEach((labels, source) => {
    const count = labels.offsets.length - 1
    for (let series = 0; series < count; series++) {
      looks.item()
      members[table.row(labels, series) * width + source] = series
    }
  })
  const found = members.subarray(0, table.count * width)
  if (!sorted) return { labels: table.labels, members: found }
  const order = sortedLabelRows(table.labels, symbols, looks)
  return {
    labels: reordered(table.labels, order, looks),
    members: reorderedMembers(found, order, width, looks),
  }
}

interface Kept {
  readonly sources: readonly LabelColumns[]
  readonly sorted: boolean
  readonly rows: MergedRows
}

/**
 * The rows of label sets that were merged last, by the very objects: who keeps what a select found
 * hands the same ones out again. They go with the first of their sources.
 */
export class KeptRows {
  readonly #known = new WeakMap<LabelColumns, Kept>()

  /** As mergeRows. */
  of(
    sources: readonly LabelColumns[],
    symbols: SymbolTable,
    sorted: boolean,
    looks: Looks,
  ): MergedRows {
    const [first] = sources
    const known = first && this.#known.get(first)
    if (known?.sorted === sorted && isSame(known.sources, sources)) return known.rows
    const rows = withoutRoom(mergeRows(sources, symbols, sorted, looks))
    if (first !== undefined) this.#known.set(first, { sources, sorted, rows })
    return rows
  }
}

function isSame(known: readonly LabelColumns[], sources: readonly LabelColumns[]): boolean {
  return known.length === sources.length && known.every((labels, at) => labels === sources[at])
}

/** The table has room for the labels of every source. */
function withoutRoom({ labels, members }: MergedRows): MergedRows {
  const { offsets, labelIds } = labels
  return {
    labels: { offsets: offsets.slice(), labelIds: labelIds.slice() },
    members: members.slice(),
  }
}

function reordered(
  { offsets, labelIds }: LabelColumns,
  order: Uint32Array,
  looks: Looks,
): LabelColumns {
  const newOffsets = new Uint32Array(offsets.length)
  const newIds = new Uint32Array(labelIds.length)
  let end = 0
  order.forEach((row, index) => {
    looks.item()
    const set = labelIds.subarray(offsets[row], offsets[row + 1])
    newIds.set(set, end)
    end += set.length
    newOffsets[index + 1] = end
  })
  return { offsets: newOffsets, labelIds: newIds }
}

function reorderedMembers(
  members: Int32Array,
  order: Uint32Array,
  width: number,
  looks: Looks,
): Int32Array {
  const sorted = new Int32Array(members.length)
  order.forEach((row, index) => {
    looks.item()
    sorted.set(members.subarray(row * width, (row + 1) * width), index * width)
  })
  return sorted
}
