import { AssertionError } from '../base/assert.ts'
import { messageOf } from '../base/errors.ts'
import { deleteInOrder } from './delete-in-order.ts'
import type { Head } from './head/head.ts'
import type { SeriesDeletionOptions } from './series-deletion.ts'

/**
 * After a start, before anything is appended: tombstones of Prometheus and of versions before, and all
 * of them where the log of out-of-order samples was damaged, hide out-of-order samples as well. What
 * is not hidden of those goes to blocks, so that the ones that come from now on need not be hidden.
 * Where that fails it is told, and they hide what comes until they are settled.
 */
export async function settleTombstones({
  head,
  wal,
  outOfOrder,
  logger,
}: Pick<SeriesDeletionOptions, 'head' | 'wal' | 'outOfOrder' | 'logger'>): Promise<void> {
  const { tombstones } = head.memory
  if (tombstones.isEmpty) return
  const hiding: number[] = []
  for (let id = 0; id < head.idCount; id++) {
    if (head.isAlive(id) && tombstones.lateOf(id).length > 0) hiding.push(id)
  }
  if (hiding.length === 0) return
  try {
    if (hiding.some((id) => hidesLate(head, id))) await outOfOrder.run(async () => undefined)
    deleteInOrder(head, wal, Uint32Array.from(hiding), (id) => {
      const [minTimeMs, maxTimeMs] = tombstones.lateOf(id).subarray(-2)
      if (minTimeMs === undefined || maxTimeMs === undefined) return undefined
      return { minTimeMs, maxTimeMs }
    })
  } catch (thrown) {
    if (thrown instanceof AssertionError) throw thrown
    const err = messageOf(thrown)
    logger.error('Deleted ranges hide out-of-order samples that come later', { err })
  }
}

/** Whether tombstones may hide an out-of-order sample of a series, which stands in the head alone. */
export function hidesLate({ memory, outOfOrder }: Head, id: number): boolean {
  const hidden = memory.tombstones.lateOf(id)
  for (let at = 0; at < hidden.length; at += 2) {
    if (outOfOrder.mayHaveUnlisted(id, hidden[at] ?? 0, hidden[at + 1] ?? 0)) return true
  }
  return false
}
