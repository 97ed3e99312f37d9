import type { Looks } from '../../base/looks.ts'
import type { LabelSets, TimeRange } from '../../storage/querier.ts'
import { isWithinIntervals } from '../index/intervals.ts'
import { SeriesEntry } from './block-index.ts'
import type { BlockReader } from './block-reader.ts'
import type { SymbolMapping } from './series-selection.ts'

/** The label sets of series of a block that have a chunk in a range, in their order. */
export class BlockLabelSets implements LabelSets {
  readonly warnings: readonly string[] = []
  ids = new Uint32Array(64)
  length = 0
  readonly #reader: BlockReader
  readonly #refs: Uint32Array
  readonly #range: TimeRange
  readonly #idOf: SymbolMapping
  readonly #looks: Looks
  readonly #entry = new SeriesEntry()
  #next = 0

  constructor(
    reader: BlockReader,
    refs: Uint32Array,
    range: TimeRange,
    idOf: SymbolMapping,
    looks: Looks,
  ) {
    this.#looks = looks
    this.#reader = reader
    this.#refs = refs
    this.#range = range
    this.#idOf = idOf
  }

  next(): boolean {
    while (this.#next < this.#refs.length) {
      this.#looks.item()
      const ref = this.#refs[this.#next++] ?? 0
      this.#reader.seriesAt(ref, this.#entry)
      if (!this.#hasChunks(ref)) continue
      const { labels, labelLength } = this.#entry
      if (labelLength > this.ids.length) this.ids = new Uint32Array(labelLength * 2)
      for (let at = 0; at < labelLength; at++) this.ids[at] = this.#idOf(labels[at] ?? 0)
      this.length = labelLength
      return true
    }
    return false
  }

  #hasChunks(ref: number): boolean {
    const { count, minTimeMs, maxTimeMs } = this.#entry.chunks
    const deleted = this.#reader.tombstones.of(ref)
    for (let chunk = 0; chunk < count; chunk++) {
      const [first, last] = [minTimeMs[chunk] ?? 0, maxTimeMs[chunk] ?? 0]
      if (last < this.#range.minTimeMs || first > this.#range.maxTimeMs) continue
      if (!isWithinIntervals(deleted, first, last)) return true
    }
    return false
  }
}
