import { isStaleAt } from '../../model/stale-nan.ts'
import type { AppendBounds } from './append-bounds.ts'
import type { Head } from './head.ts'
import type { StagedSamples } from './staged-samples.ts'

/** Samples of series by their ids, `halves` being those of their values. */
interface OfferedSamples {
  readonly ids: Uint32Array
  readonly timestampsMs: Float64Array
  readonly halves: Uint32Array
  /** Start timestamps that are to be stored; without them no sample has one. */
  readonly startsMs: Float64Array | undefined
}

/**
 * Stages samples `from` to `to` as far as they are in order in every way, as most are, and could not be
 * histograms; answers where that ends. A series is looked at once for all of its samples that stand in a
 * row, each no older than the one before. There is room for all of them.
 */
export function stageInOrder(
  head: Head,
  staged: StagedSamples,
  stagedHalves: Uint32Array,
  { oldestMs, newestMs }: Pick<AppendBounds, 'oldestMs' | 'newestMs'>,
  { ids, timestampsMs, halves, startsMs }: OfferedSamples,
  from: number,
  to: number,
): number {
  const { ids: stagedIds, refs, timestampsMs: stagedMs, startsMs: stagedStartsMs } = staged
  let at = staged.count
  let index = from
  while (index < to) {
    const id = ids[index] ?? 0
    let timestampMs = timestampsMs[index] ?? 0
    if (!(timestampMs >= oldestMs && timestampMs <= newestMs)) break
    // Named by its place: a time that is handed to another function may take memory of its own.
    if (!head.isAlive(id) || !head.chunks.endsBefore(id, timestampsMs, index)) break
    if (isStaleAt(halves, index) || staged.histograms.typeOf(id) !== undefined) break
    const ref = head.ref(id)
    for (let beforeMs = timestampMs; ; beforeMs = timestampMs) {
      stagedStartsMs[at] = startsMs?.[index] ?? 0
      stagedIds[at] = id
      refs[at] = ref
      stagedMs[at] = timestampMs
      stagedHalves[at * 2] = halves[index * 2] ?? 0
      stagedHalves[at * 2 + 1] = halves[index * 2 + 1] ?? 0
      at++
      index++
      if (index === to || ids[index] !== id) break
      timestampMs = timestampsMs[index] ?? 0
      if (!(timestampMs >= beforeMs && timestampMs <= newestMs) || isStaleAt(halves, index)) break
    }
  }
  staged.count = at
  return index
}
