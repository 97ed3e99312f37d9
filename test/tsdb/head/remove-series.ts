import { removeDeadLabels } from '../../../src/tsdb/head/dead-labels.ts'
import type { Head } from '../../../src/tsdb/head/head.ts'
import { SeriesRemoval } from '../../../src/tsdb/head/series-removal.ts'
import { HeadTruncation } from '../../../src/tsdb/head/truncation.ts'

/** Truncates a head without a log to a time and removes what is empty then; answers how many that are. */
export async function removeSeries(head: Head, fromMs: number): Promise<number> {
  head.unlogged.length = 0
  head.setValidFrom(fromMs)
  const truncation = new HeadTruncation(head)
  await truncation.run(() => undefined)
  const empty = truncation.emptied.length
  await new SeriesRemoval(head).run(truncation.emptied, () => undefined)
  return empty
}

/** And the labels that only those had. */
export async function truncate(head: Head, fromMs: number): Promise<void> {
  await removeSeries(head, fromMs)
  await removeDeadLabels(head, () => undefined)
}
