/** What planning needs to know of a block; times of its range, the end exclusive. */
export interface PlannedBlock {
  readonly ulid: string
  readonly minTimeMs: number
  readonly maxTimeMs: number
  readonly series: number
  readonly tombstones: number
  /** A compaction of it failed: its ranges are left as they are, and it is never rewritten. */
  readonly failed: boolean
  /** Made of a part of the head's series: never merged with another class (row T5.2). */
  readonly partOf: 'all' | 'stale-series' | 'selected-series'
}

/** Two-hour blocks times three, again and again, up to `maxMs` (row T7.1). */
export function compactionRanges(minMs: number, maxMs: number): readonly number[] {
  const ranges = [minMs]
  for (let next = minMs * 3; next <= maxMs; next *= 3) ranges.push(next)
  return ranges
}

/**
 * Which blocks to make one of next, by upstream's rules (row T7.2): overlapping ones first; then
 * those that fill one of the larger ranges; then a single one with many tombstones. Blocks of the
 * part classes come last. Empty when there is nothing to do. Without `mergesOverlaps` blocks that
 * overlap are left to somebody else.
 */
export function planCompaction(
  blocks: readonly PlannedBlock[],
  rangesMs: readonly number[],
  mergesOverlaps = true,
): readonly PlannedBlock[] {
  for (const partOf of ['all', 'stale-series', 'selected-series'] as const) {
    const ofClass = blocks.filter((block) => block.partOf === partOf)
    const chosen = planClass(ofClass, rangesMs, mergesOverlaps)
    if (chosen.length > 0) return chosen
  }
  return []
}

function planClass(
  blocks: readonly PlannedBlock[],
  rangesMs: readonly number[],
  mergesOverlaps: boolean,
): readonly PlannedBlock[] {
  const sorted = [...blocks].sort((a, b) => a.minTimeMs - b.minTimeMs)
  const overlapping = firstOverlap(sorted.filter((block) => !block.failed))
  if (mergesOverlaps && overlapping.length > 0) return overlapping
  // The newest has just been made from the head: it may still be followed by others of its range.
  const settled = sorted.slice(0, -1)
  const filling = fullRange(settled, rangesMs)
  if (filling.length > 0) return filling
  return mostDeleted(
    settled.filter((block) => !block.failed),
    rangesMs,
  )
}

function firstOverlap(sorted: readonly PlannedBlock[]): readonly PlannedBlock[] {
  const found: PlannedBlock[] = []
  let endMs = Number.NEGATIVE_INFINITY
  let before: PlannedBlock | undefined
  for (const block of sorted) {
    if (before !== undefined && block.minTimeMs < endMs) {
      if (found.length === 0) found.push(before)
      found.push(block)
    } else if (found.length > 0) break
    endMs = Math.max(endMs, block.maxTimeMs)
    before = block
  }
  return found
}

function fullRange(
  sorted: readonly PlannedBlock[],
  rangesMs: readonly number[],
): readonly PlannedBlock[] {
  const newest = sorted.at(-1)
  if (newest === undefined) return []
  for (const rangeMs of rangesMs.slice(1)) {
    for (const group of splitByRange(sorted, rangeMs)) {
      const [first, last] = [group.at(0), group.at(-1)]
      if (first === undefined || last === undefined || group.length < 2) continue
      if (group.some((block) => block.failed)) continue
      const isFull = last.maxTimeMs - first.minTimeMs === rangeMs
      if (isFull || last.maxTimeMs <= newest.minTimeMs) return group
    }
  }
  return []
}

/** Groups of blocks within one aligned range each; a block that crosses ranges is in none. */
export function splitByRange(
  sorted: readonly PlannedBlock[],
  rangeMs: number,
): readonly (readonly PlannedBlock[])[] {
  const groups = new Map<number, PlannedBlock[]>()
  for (const block of sorted) {
    const start = Math.floor(block.minTimeMs / rangeMs)
    if (block.maxTimeMs > (start + 1) * rangeMs) continue
    const group = groups.get(start) ?? []
    group.push(block)
    groups.set(start, group)
  }
  return [...groups.values()]
}

/** A block of more than 5 % tombstones to rewrite: large ones, or small ones that are all deleted. */
function mostDeleted(
  sorted: readonly PlannedBlock[],
  rangesMs: readonly number[],
): readonly PlannedBlock[] {
  const largeMs = rangesMs[Math.floor(rangesMs.length / 2)] ?? 0
  for (const block of [...sorted].reverse()) {
    if (block.maxTimeMs - block.minTimeMs < largeMs) {
      return block.tombstones > 0 && block.tombstones >= block.series ? [block] : []
    }
    if (block.tombstones / (block.series + 1) > 0.05) return [block]
  }
  return []
}
