import type { LabelSets } from '../../storage/querier.ts'
import type { SeriesColumns } from './series-columns.ts'

/** The label sets of series of the head, read where they stand when each is asked for. */
export class HeadLabelSets implements LabelSets {
  readonly warnings: readonly string[] = []
  ids = new Uint32Array(64)
  length = 0
  readonly #columns: SeriesColumns
  readonly #series: Uint32Array
  readonly #isSeen: (series: number) => boolean
  #next = 0

  constructor(columns: SeriesColumns, series: Uint32Array, isSeen: (series: number) => boolean) {
    this.#columns = columns
    this.#series = series
    this.#isSeen = isSeen
  }

  next(): boolean {
    while (this.#next < this.#series.length) {
      const series = this.#series[this.#next++] ?? 0
      if (!this.#isSeen(series)) continue
      this.#read(series)
      return true
    }
    return false
  }

  #read(series: number): void {
    const { labels, labelStart, labelCount } = this.#columns
    const start = labelStart.get(series)
    const segment = labels.segment(start >>> labels.shift)
    const from = start & labels.mask
    const length = labelCount.get(series) * 2
    if (length > this.ids.length) this.ids = new Uint32Array(length * 2)
    for (let at = 0; at < length; at++) this.ids[at] = segment[from + at] ?? 0
    this.length = length
  }
}
