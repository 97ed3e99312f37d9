import type { Looks } from '../../base/looks.ts'
import type { ChunkSeriesSet, LabelColumns, Querier, SelectRequest } from '../../storage/querier.ts'
import type { KeptRows } from './kept-rows.ts'
import { noSeries } from './merged-floats.ts'
import { MergedQuerier, type Source } from './merged-querier.ts'
import type { MergedRows } from './merged-rows.ts'
import { MergedSeriesSet } from './merged-series-set.ts'

/** A set of series of the head. */
interface HeadSet extends ChunkSeriesSet {
  /** Grows with the age of a series' record, and is the same in every set. */
  refOf(series: number): number
}

type HeadSource<S extends Source> = Omit<S, 'select'> & {
  select(request: SelectRequest): Promise<HeadSet>
}

/**
 * The head alone, where some of its samples came out of order: unsorted series are in the order in
 * which they were made, as upstream's single querier of both has them.
 */
export class HeadWithLate extends MergedQuerier {
  readonly #late: HeadSource<Source>
  readonly #inOrder: HeadSource<Querier>
  readonly #ownLooks: Looks

  constructor(
    late: HeadSource<Source>,
    inOrder: HeadSource<Querier>,
    looks: Looks,
    rows: KeptRows,
  ) {
    super(inOrder.symbols, [late, inOrder], [], looks, rows)
    this.#late = late
    this.#inOrder = inOrder
    this.#ownLooks = looks
  }

  override async select(request: SelectRequest): Promise<ChunkSeriesSet> {
    if (request.sorted) return super.select(request)
    const late = await this.#late.select(request)
    const inOrder = await this.#inOrder.select(request)
    if (late.seriesCount === 0) return inOrder
    if (inOrder.seriesCount === 0) return late
    const looks = this.#ownLooks
    return new MergedSeriesSet([late, inOrder], await rowsByRef(late, inOrder, looks), [], looks)
  }
}

/** The rows of two sets that both are in the order of refs. */
async function rowsByRef(one: HeadSet, other: HeadSet, looks: Looks): Promise<MergedRows> {
  const most = one.seriesCount + other.seriesCount
  const members = new Int32Array(most * 2)
  let [atOne, atOther, rows] = [0, 0, 0]
  await looks.inTurns(most, (from, to) => {
    for (let row = from; row < to; row++) {
      const refOne = atOne < one.seriesCount ? one.refOf(atOne) : Number.POSITIVE_INFINITY
      const refOther = atOther < other.seriesCount ? other.refOf(atOther) : Number.POSITIVE_INFINITY
      const next = Math.min(refOne, refOther)
      if (next === Number.POSITIVE_INFINITY) return
      members[rows * 2] = refOne === next ? atOne++ : noSeries
      members[rows * 2 + 1] = refOther === next ? atOther++ : noSeries
      rows++
    }
  })
  const found = members.slice(0, rows * 2)
  return { labels: await labelsOf(one, other, found, looks), members: found }
}

/** A set that has every row lends its labels, the same ones as the last time. */
async function labelsOf(
  one: HeadSet,
  other: HeadSet,
  members: Int32Array,
  looks: Looks,
): Promise<LabelColumns> {
  const rows = members.length / 2
  if (other.seriesCount === rows) return other.labels
  if (one.seriesCount === rows) return one.labels
  const [first, second] = [one.labels, other.labels]
  const offsets = new Uint32Array(rows + 1)
  const labelIds = new Uint32Array(first.labelIds.length + second.labelIds.length)
  await looks.inTurns(rows, (from, to) => {
    for (let row = from; row < to; row++) {
      const [member = noSeries, late = noSeries] = [members[row * 2 + 1], members[row * 2]]
      const [labels, series] = member === noSeries ? [first, late] : [second, member]
      const end = labels.offsets[series + 1] ?? 0
      let at = offsets[row] ?? 0
      for (let from = labels.offsets[series] ?? 0; from < end; from++) {
        labelIds[at++] = labels.labelIds[from] ?? 0
      }
      offsets[row + 1] = at
    }
  })
  return { offsets, labelIds: labelIds.slice(0, offsets[rows]) }
}
