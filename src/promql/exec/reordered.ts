import type { Looks } from '../../base/looks.ts'
import type { Evaluation } from './evaluation.ts'
import { copyCell } from './histogram-cells.ts'
import { LabelSets } from './label-sets.ts'
import { HeldMatrix } from './matrix.ts'
import type { SeriesTable } from './operator.ts'

/** The rows of a table that are in the order, in that order. */
export async function reorderedTable(
  { labels, nameDropped }: SeriesTable,
  order: ArrayLike<number>,
  looks: Looks,
): Promise<SeriesTable> {
  const sets = new LabelSets()
  const dropped = new Uint8Array(order.length)
  await looks.inTurns(order.length, (from, to) => {
    for (let place = from; place < to; place++) {
      const row = order[place] ?? 0
      sets.append(labels.labelIds, labels.offsets[row] ?? 0, labels.offsets[row + 1] ?? 0)
      dropped[place] = nameDropped[row] ?? 0
    }
  })
  return { count: order.length, labels: sets.columns(), nameDropped: dropped }
}

/** A matrix of one step with only the series `order`, in that order. */
export async function reordered(
  evaluation: Evaluation,
  held: HeldMatrix,
  order: ArrayLike<number>,
): Promise<HeldMatrix> {
  const { looks } = evaluation
  const table = await reorderedTable(held.table, order, looks)
  const result = new HeldMatrix(evaluation, table, held.steps)
  for (let place = 0; place < order.length; place++) {
    const over = looks.turn()
    if (over !== undefined) await over
    result.hold(copyCell(held, order[place] ?? 0, 0, result, place, 0))
  }
  return result
}
