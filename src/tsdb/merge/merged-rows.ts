import type { Looks } from '../../base/looks.ts'
import type { LabelColumns } from '../../storage/querier.ts'
import type { Texts } from '../../storage/text-order.ts'
import { LabelWalk, noLabels } from './label-walk.ts'
import { noSeries } from './merged-floats.ts'

/** The label sets of several sources, each once. */
export interface MergedRows {
  readonly labels: LabelColumns
  /** Row r's series in source s stands at r * sources + s. */
  readonly members: Int32Array
}

/** Of sources that are in the order of labels, in that order; ids are of one symbol table. */
export async function mergeRows(
  sources: readonly LabelColumns[],
  texts: Texts,
  looks: Looks,
): Promise<MergedRows> {
  const walk = await LabelWalk.through(sources, texts, looks)
  const rows = new RowColumns(sources, walk)
  await looks.inTurns(walk.seriesCount, (from, to) => rows.fill(from, to))
  return { labels: rows.labels, members: rows.members }
}

/** What a walk went through, as rows. */
class RowColumns {
  readonly labels: LabelColumns
  readonly members: Int32Array
  readonly #sources: readonly LabelColumns[]
  readonly #walk: LabelWalk
  /** A source that has every row lends its labels. */
  readonly #isLent: boolean
  readonly #next: Uint32Array
  #row = -1
  #labelEnd = 0

  constructor(sources: readonly LabelColumns[], walk: LabelWalk) {
    const { rowCount, labelCount } = walk
    const lent = sources.find(({ offsets }) => offsets.length - 1 === rowCount)
    this.#sources = sources
    this.#walk = walk
    this.#isLent = lent !== undefined
    this.#next = new Uint32Array(sources.length)
    this.members = new Int32Array(rowCount * sources.length).fill(noSeries)
    this.labels = lent ?? {
      offsets: new Uint32Array(rowCount + 1),
      labelIds: new Uint32Array(labelCount),
    }
  }

  /** Steps `from` to `to` of the walk, which follow those filled before. */
  fill(from: number, to: number): void {
    const { sourceAt, beginsRow } = this.#walk
    const width = this.#sources.length
    for (let step = from; step < to; step++) {
      const source = sourceAt[step] ?? 0
      const series = this.#next[source] ?? 0
      this.#next[source] = series + 1
      if (beginsRow[step] === 1) {
        this.#row++
        if (!this.#isLent) this.#copyLabels(this.#sources[source] ?? noLabels, series)
      }
      this.members[this.#row * width + source] = series
    }
  }

  #copyLabels({ offsets, labelIds }: LabelColumns, series: number): void {
    const end = offsets[series + 1] ?? 0
    let to = this.#labelEnd
    for (let at = offsets[series] ?? 0; at < end; at++)
      this.labels.labelIds[to++] = labelIds[at] ?? 0
    this.#labelEnd = to
    this.labels.offsets[this.#row + 1] = to
  }
}
