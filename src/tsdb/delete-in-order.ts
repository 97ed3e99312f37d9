import { ByteWriter } from '../base/byte-writer.ts'
import type { Head } from './head/head.ts'
import type { TimeSpan } from './head/out-of-order-samples.ts'
import { addInOrderTombstone, beginTombstoneRecord } from './wal/tombstone-record.ts'
import type { WalWriter } from './wal/writer.ts'

/** Tombstones of one record of the log. */
const perRecord = 10_000

/**
 * Deletes parts of series from what the head has in order; from now on nothing that was deleted until
 * the end of such a part hides samples out of order. Logged before it is seen, as samples are.
 */
export function deleteInOrder(
  head: Head,
  wal: WalWriter,
  ids: Uint32Array,
  partOf: (id: number) => TimeSpan | undefined,
): void {
  const writer = new ByteWriter(4096)
  for (let start = 0; start < ids.length; start += perRecord) {
    beginTombstoneRecord(writer)
    for (const id of ids.subarray(start, start + perRecord)) {
      const part = partOf(id)
      if (part === undefined) continue
      addInOrderTombstone(writer, head.ref(id), part.minTimeMs, part.maxTimeMs)
    }
    wal.log([writer.copy()])
  }
  const { tombstones } = head.memory
  for (const id of ids) {
    const part = partOf(id)
    if (part === undefined) continue
    tombstones.add(id, part.minTimeMs, part.maxTimeMs, false)
    tombstones.showLate(id, part.maxTimeMs)
  }
}

/**
 * What of a range a deletion hides of a series in order; undefined for nothing. Not what may still come
 * in order; but late samples that are in blocks, since a start may read them as samples in order from
 * the log, or, where the log of late ones is damaged, from chunk files.
 */
export function hiddenPart(
  { chunks, closed, outOfOrder, validFromMs, inOrderFromMs }: Head,
  id: number,
  { minTimeMs, maxTimeMs }: TimeSpan,
): TimeSpan | undefined {
  const late = outOfOrder.spanOf(id)
  const oldestLateMs = Math.min(closed.oldestLateMs, late?.minTimeMs ?? Infinity)
  const from = Math.max(minTimeMs, Math.min(validFromMs, oldestLateMs))
  const newestMs = Math.max(chunks.newestMs(id), late?.maxTimeMs ?? -Infinity)
  const to = Math.min(maxTimeMs, Math.max(newestMs, Math.ceil(inOrderFromMs) - 1))
  return from > to ? undefined : { minTimeMs: from, maxTimeMs: to }
}
