import { mixHash } from '../../base/shared-hash-table.ts'
import type { LabelColumns } from '../../storage/querier.ts'

/** Finds equal label sets among those of several sources, whose ids are of one symbol table. */
export class LabelRowTable {
  /** Row + 1 by place; 0 = free. */
  readonly #places: Int32Array
  readonly #hashes: Int32Array
  #labelIds: Uint32Array
  #labelCount = 0
  readonly #offsets: Uint32Array
  count = 0

  /** `rowsMax` and `labelIdsMax` are what all sources have together. */
  constructor(rowsMax: number, labelIdsMax: number) {
    const size = 2 ** Math.ceil(Math.log2(Math.max(rowsMax, 1) * 2))
    this.#places = new Int32Array(size)
    this.#hashes = new Int32Array(size)
    this.#labelIds = new Uint32Array(labelIdsMax)
    this.#offsets = new Uint32Array(rowsMax + 1)
  }

  /** The row of a source's label set, added when new. */
  row(labels: LabelColumns, series: number): number {
    const start = labels.offsets[series] ?? 0
    const end = labels.offsets[series + 1] ?? 0
    let hash = end - start
    for (let at = start; at < end; at++) hash = mixHash(hash, labels.labelIds[at] ?? 0)
    const signed = hash | 0
    const mask = this.#places.length - 1
    for (let place = hash & mask; ; place = (place + 1) & mask) {
      const row = (this.#places[place] ?? 0) - 1
      if (row < 0) return this.#add(place, signed, labels.labelIds, start, end)
      if (this.#hashes[place] === signed && this.#isRow(row, labels.labelIds, start, end)) {
        return row
      }
    }
  }

  #isRow(row: number, labelIds: Uint32Array, start: number, end: number): boolean {
    const from = this.#offsets[row] ?? 0
    if ((this.#offsets[row + 1] ?? 0) - from !== end - start) return false
    for (let at = start; at < end; at++) {
      if (this.#labelIds[from + at - start] !== labelIds[at]) return false
    }
    return true
  }

  #add(place: number, hash: number, labelIds: Uint32Array, start: number, end: number): number {
    this.#places[place] = this.count + 1
    this.#hashes[place] = hash
    this.#labelIds.set(labelIds.subarray(start, end), this.#labelCount)
    this.#labelCount += end - start
    this.#offsets[this.count + 1] = this.#labelCount
    return this.count++
  }

  get labels(): LabelColumns {
    return {
      offsets: this.#offsets.subarray(0, this.count + 1),
      labelIds: this.#labelIds.subarray(0, this.#labelCount),
    }
  }
}
