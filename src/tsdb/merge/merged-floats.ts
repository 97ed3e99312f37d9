import { GrowingColumns } from '../../model/growing-columns.ts'
import { halvesOf } from '../../model/stale-nan.ts'
import type { ChunkSeriesSet, SampleColumns } from '../../storage/querier.ts'

/** What reading samples needs of a set. */
export type FloatReader = Pick<ChunkSeriesSet, 'readFloats' | 'histogramChunksPassed'>

export const noSeries = -1

/**
 * The float samples of several sets as those of one: row r's series in set s stands at
 * members[r * sets.length + s]. Of two samples with one timestamp the later set's is kept.
 */
export class MergedFloats implements FloatReader {
  readonly #sets: readonly FloatReader[]
  readonly #members: Int32Array
  readonly #scratch = new GrowingColumns(1024)

  constructor(sets: readonly FloatReader[], members: Int32Array) {
    this.#sets = sets
    this.#members = members
  }

  get histogramChunksPassed(): number {
    let passed = 0
    for (const set of this.#sets) passed += set.histogramChunksPassed
    return passed
  }

  readFloats(series: number, minTimeMs: number, maxTimeMs: number, into: SampleColumns): number {
    const sets = this.#sets
    let count = 0
    for (let source = 0; source < sets.length; source++) {
      const member = this.#members[series * sets.length + source] ?? noSeries
      if (member === noSeries) continue
      if (count === 0) {
        count = sets[source]?.readFloats(member, minTimeMs, maxTimeMs, into) ?? 0
        continue
      }
      this.#scratch.wantStarts(into.startsMs !== undefined)
      const more = sets[source]?.readFloats(member, minTimeMs, maxTimeMs, this.#scratch) ?? 0
      if (more > 0) count = mergeFloats(into, count, this.#scratch, more)
    }
    return count
  }
}

/** Merges `more` samples into the `count` that are there; answers how many there are then. */
function mergeFloats(
  into: SampleColumns,
  count: number,
  from: GrowingColumns,
  more: number,
): number {
  into.grow(count + more)
  const { timestampsMs } = into
  if ((timestampsMs[count - 1] ?? 0) < (from.timestampsMs[0] ?? 0)) {
    timestampsMs.set(from.timestampsMs.subarray(0, more), count)
    into.values.set(from.values.subarray(0, more), count)
    if (from.startsMs !== undefined) into.startsMs?.set(from.startsMs.subarray(0, more), count)
    return count + more
  }
  return mergeOverlapping(into, count, from, more)
}

/** From the end to the beginning, so that nothing that is still needed is written over. */
function mergeOverlapping(
  into: SampleColumns,
  count: number,
  from: GrowingColumns,
  more: number,
): number {
  const [times, newTimes] = [into.timestampsMs, from.timestampsMs]
  const [halves, newHalves] = [halvesOf(into.values), halvesOf(from.values)]
  const [starts, newStarts] = [into.startsMs, from.startsMs]
  let [old, fresh] = [count - 1, more - 1]
  let to = count + more
  while (old >= 0 || fresh >= 0) {
    const oldMs = old >= 0 ? (times[old] ?? 0) : Number.NEGATIVE_INFINITY
    const freshMs = fresh >= 0 ? (newTimes[fresh] ?? 0) : Number.NEGATIVE_INFINITY
    to--
    const isFresh = freshMs >= oldMs
    const [source, index] = isFresh ? [newHalves, fresh] : [halves, old]
    times[to] = isFresh ? freshMs : oldMs
    halves[to * 2] = source[index * 2] ?? 0
    halves[to * 2 + 1] = source[index * 2 + 1] ?? 0
    if (starts !== undefined) starts[to] = (isFresh ? newStarts : starts)?.[index] ?? 0
    if (freshMs >= oldMs) fresh--
    if (oldMs >= freshMs) old--
  }
  const merged = count + more - to
  times.copyWithin(0, to, count + more)
  into.values.copyWithin(0, to, count + more)
  starts?.copyWithin(0, to, count + more)
  return merged
}
