import { type Looks, noLooks } from '../../base/looks.ts'
import type { LabelColumns } from '../../storage/querier.ts'
import type { SeriesColumns } from './series-columns.ts'

/** The label sets of series, as a set of series answers them. */
export function labelColumnsOf(
  series: SeriesColumns,
  ids: Uint32Array,
  looks: Looks = noLooks,
): LabelColumns {
  const { labels, labelStart, labelCount } = series
  const offsets = new Uint32Array(ids.length + 1)
  let length = 0
  for (let index = 0; index < ids.length; index++) {
    looks.item()
    length += labelCount.get(ids[index] ?? 0) * 2
    offsets[index + 1] = length
  }
  const labelIds = new Uint32Array(length)
  let to = 0
  for (let index = 0; index < ids.length; index++) {
    looks.item()
    const start = labelStart.get(ids[index] ?? 0)
    const segment = labels.segment(start >>> labels.shift)
    const end = offsets[index + 1] ?? 0
    // A run is short: a view of it would cost more.
    for (let at = start & labels.mask; to < end; at++) labelIds[to++] = segment[at] ?? 0
  }
  return { offsets, labelIds }
}
