import type { LabelColumns } from '../../storage/querier.ts'
import type { SeriesColumns } from './series-columns.ts'

/** The label sets of series, as a set of series answers them. */
export function labelColumnsOf(series: SeriesColumns, ids: Uint32Array): LabelColumns {
  const offsets = new Uint32Array(ids.length + 1)
  ids.forEach((id, index) => {
    offsets[index + 1] = (offsets[index] ?? 0) + series.labelCount.get(id) * 2
  })
  const labelIds = new Uint32Array(offsets[ids.length] ?? 0)
  ids.forEach((id, index) => {
    labelIds.set(series.labelSet(id), offsets[index])
  })
  return { offsets, labelIds }
}
