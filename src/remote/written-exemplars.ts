import { seriesId, timestampMsMax } from '../model/samples.ts'
import { type Appender, exemplarRefusal } from '../storage/appender.ts'
import type { WriteRequestColumns } from '../wire/write-request.ts'
import { decodeWrittenExemplar } from '../wire/written-exemplar.ts'
import { notTaken } from './not-taken.ts'

/**
 * Stages the exemplars of a request, whose series have these ids; answers how many came out of
 * order. None of them fails the request, as upstream; those from the future are left out. Throws BODY_INVALID.
 */
export function appendWrittenExemplars(
  body: Uint8Array,
  columns: WriteRequestColumns,
  ids: Uint32Array,
  appender: Appender,
): number {
  let outOfOrder = 0
  if (!appender.takesExemplars) return outOfOrder
  for (let index = 0; index < columns.exemplars.count; index++) {
    const id = ids[columns.exemplars.series[index] ?? 0] ?? notTaken
    if (id === notTaken) continue
    const start = columns.exemplars.start[index] ?? 0
    const exemplar = decodeWrittenExemplar(body, start, columns.exemplars.end[index] ?? 0)
    const { timestampMs } = exemplar
    if (timestampMs < -timestampMsMax || timestampMs > appender.newestMs) continue
    const code = appender.appendExemplar(seriesId(id), exemplar)
    if (code === exemplarRefusal.outOfOrder) outOfOrder++
  }
  return outOfOrder
}
