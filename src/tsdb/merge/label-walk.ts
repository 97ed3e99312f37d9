import type { Looks } from '../../base/looks.ts'
import { compareLabelSets } from '../../storage/label-order.ts'
import type { LabelColumns } from '../../storage/querier.ts'
import type { Texts } from '../../storage/text-order.ts'

/**
 * The series of several sources that are in the order of labels, in that order; ids are of one symbol
 * table. Sources stand in the order of their next series, and mostly all have the same one: so each is
 * compared with the last first.
 */
export class LabelWalk {
  readonly seriesCount: number
  /** By step: whose series it was, and whether it was the first of its row. */
  readonly sourceAt: Uint32Array
  readonly beginsRow: Uint8Array
  rowCount = 0
  /** Of the labels of all rows. */
  labelCount = 0
  readonly #sources: readonly LabelColumns[]
  readonly #texts: Texts
  /** By source: its next series. */
  readonly #next: Uint32Array
  /** Sources that have a next one, and whether it equals that of the source before. */
  readonly #open: number[] = []
  readonly #isSame: boolean[] = []
  #steps = 0

  /** Through all of them. */
  static async through(
    sources: readonly LabelColumns[],
    texts: Texts,
    looks: Looks,
  ): Promise<LabelWalk> {
    const walk = new LabelWalk(sources, texts)
    await looks.inTurns(walk.seriesCount, (from, to) => {
      for (let series = from; series < to; series++) walk.#step()
    })
    return walk
  }

  private constructor(sources: readonly LabelColumns[], texts: Texts) {
    this.#sources = sources
    this.#texts = texts
    this.#next = new Uint32Array(sources.length)
    this.seriesCount = sources.reduce((sum, { offsets }) => sum + offsets.length - 1, 0)
    this.sourceAt = new Uint32Array(this.seriesCount)
    this.beginsRow = new Uint8Array(this.seriesCount)
    for (let source = 0; source < sources.length; source++) this.#enter(source)
  }

  #step(): void {
    const source = this.#open.shift() ?? 0
    const isSame = this.#isSame.shift() === true
    const series = this.#next[source] ?? 0
    this.sourceAt[this.#steps] = source
    if (!isSame) {
      const { offsets } = this.#sources[source] ?? noLabels
      this.beginsRow[this.#steps] = 1
      this.labelCount += (offsets[series + 1] ?? 0) - (offsets[series] ?? 0)
      this.rowCount++
    }
    this.#steps++
    this.#next[source] = series + 1
    this.#enter(source)
  }

  /** To its place among the others, behind those that stand on an equal series. */
  #enter(source: number): void {
    const { offsets } = this.#sources[source] ?? noLabels
    if ((this.#next[source] ?? 0) + 1 >= offsets.length) return
    const open = this.#open
    let [low, high] = [0, open.length]
    let isSame = false
    for (let probe = high - 1; low < high; probe = (low + high) >>> 1) {
      const order = this.#compare(source, open[probe] ?? 0)
      if (order < 0) {
        high = probe
        continue
      }
      low = probe + 1
      isSame = order === 0
    }
    open.splice(low, 0, source)
    this.#isSame.splice(low, 0, isSame)
  }

  #compare(one: number, other: number): number {
    const [next, sources] = [this.#next, this.#sources]
    return compareLabelSets(
      this.#texts,
      sources[one] ?? noLabels,
      next[one] ?? 0,
      sources[other] ?? noLabels,
      next[other] ?? 0,
    )
  }
}

export const noLabels: LabelColumns = { offsets: new Uint32Array(1), labelIds: new Uint32Array(0) }
