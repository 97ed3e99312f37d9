import type { Asked } from '../promql/ask.ts'

/** What 3.14 answers otherwise than the real Prometheus here, which is a 3.5. */
const changes: readonly ((query: string, ours: Asked, theirs: Asked) => boolean)[] = []

/** Whether a difference is one of those that came with a later version. */
export function changedSince(query: string, ours: Asked, theirs: Asked): boolean {
  return changes.some((changed) => changed(query, ours, theirs))
}
