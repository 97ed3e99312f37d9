import type { LabelColumns, LabelSets } from '../../storage/querier.ts'

/** Label sets that stand in columns already. */
export class ColumnLabelSets implements LabelSets {
  readonly warnings: readonly string[]
  ids: Uint32Array = new Uint32Array(0)
  length = 0
  readonly #columns: LabelColumns
  #next = 0

  constructor(columns: LabelColumns, warnings: readonly string[]) {
    this.#columns = columns
    this.warnings = warnings
  }

  next(): boolean {
    const { offsets, labelIds } = this.#columns
    if (this.#next + 1 >= offsets.length) return false
    this.ids = labelIds.subarray(offsets[this.#next], offsets[this.#next + 1])
    this.length = this.ids.length
    this.#next++
    return true
  }
}
