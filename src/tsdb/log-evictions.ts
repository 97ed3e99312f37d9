import type { Head } from './head/head.ts'
import { lateEvictionRecord } from './wal/tombstone-record.ts'

/**
 * Of series that are about to leave the head, tells the log which had out-of-order samples: a start
 * would read those from it as samples in order, or from chunk files, be they deleted in their blocks or
 * not. Answers the refs of these.
 */
export function logEvictions(
  head: Head,
  ids: readonly number[],
  log: (record: Uint8Array) => void,
): readonly number[] {
  const { former } = head.outOfOrder
  const late = ids.filter((id) => former.has(id))
  if (late.length === 0) return []
  const refs = late.map((id) => head.ref(id))
  const untilMs = Math.max(head.validFromMs - 1, head.outOfOrder.listedUntilMs)
  log(lateEvictionRecord(refs, untilMs))
  for (const id of late) former.remove(id)
  return refs
}
