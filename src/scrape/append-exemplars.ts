import { encodeExemplarLabels } from '../model/exemplar.ts'
import { seriesId } from '../model/samples.ts'
import { type Appender, type AppendOutcome, exemplarRefusal } from '../storage/appender.ts'
import type { PageColumns } from './page-columns.ts'

/**
 * Stages the exemplars of a page's rows, whose samples had this outcome; one without a time of its
 * own has that of its sample, one of a refused sample is left out. Answers how many came out of order.
 */
export function appendExemplars(
  appender: Appender,
  columns: PageColumns,
  outcome: AppendOutcome,
): number {
  if (columns.exemplars.length === 0 || !appender.takesExemplars) return 0
  const refusedRows = new Set(outcome.refusedIndex.subarray(0, outcome.refused))
  let outOfOrder = 0
  for (const { row, exemplar } of columns.exemplars) {
    if (refusedRows.has(row)) continue
    const { value, timestampMs, labelPairs } = exemplar
    const code = appender.appendExemplar(seriesId(columns.ids[row] ?? 0), {
      labels: encodeExemplarLabels(labelPairs.map((text) => Buffer.from(text))),
      value,
      timestampMs: timestampMs ?? columns.timestampsMs[row] ?? 0,
      hasTimestamp: timestampMs !== undefined,
    })
    if (code === exemplarRefusal.outOfOrder) outOfOrder++
  }
  return outOfOrder
}
