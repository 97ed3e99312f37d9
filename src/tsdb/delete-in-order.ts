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
  const parted = new Uint32Array(ids.length)
  const times = new Float64Array(ids.length * 2)
  let count = 0
  for (const id of ids) {
    const part = partOf(id)
    if (part === undefined) continue
    parted[count] = id
    times[count * 2] = part.minTimeMs
    times[count * 2 + 1] = part.maxTimeMs
    count++
  }
  for (let start = 0; start < count; start += perRecord) {
    beginTombstoneRecord(writer)
    for (let at = start; at < Math.min(start + perRecord, count); at++) {
      const ref = head.ref(parted[at] ?? 0)
      addInOrderTombstone(writer, ref, times[at * 2] ?? 0, times[at * 2 + 1] ?? 0)
    }
    wal.log([writer.copy()])
  }
  const { tombstones } = head.memory
  for (let at = 0; at < count; at++) {
    const [id, endMs] = [parted[at] ?? 0, times[at * 2 + 1] ?? 0]
    tombstones.add(id, times[at * 2] ?? 0, endMs, false)
    tombstones.showLate(id, endMs)
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
