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
  /** For sources whose samples are not all later than those before. */
  #scratch: GrowingColumns | undefined

  constructor(sets: readonly FloatReader[], members: Int32Array) {
    this.#sets = sets
    this.#members = members
  }

  get histogramChunksPassed(): number {
    let passed = 0
    for (const set of this.#sets) passed += set.histogramChunksPassed
    return passed
  }

  readFloats(
    series: number,
    minTimeMs: number,
    maxTimeMs: number,
    into: SampleColumns,
    from = 0,
  ): number {
    const sets = this.#sets
    let end = from
    for (let source = 0; source < sets.length; source++) {
      const member = this.#members[series * sets.length + source] ?? noSeries
      const set = sets[source]
      if (member === noSeries || set === undefined) continue
      const before = end
      end = set.readFloats(member, minTimeMs, maxTimeMs, into, before)
      if (before > from && end > before) end = this.#inOrder(into, from, before, end)
    }
    return end
  }

  /** Those from `middle` on may be earlier than some before; answers the end of all. */
  #inOrder(into: SampleColumns, start: number, middle: number, end: number): number {
    const { timestampsMs, values, startsMs } = into
    if ((timestampsMs[middle - 1] ?? 0) < (timestampsMs[middle] ?? 0)) return end
    this.#scratch ??= new GrowingColumns(end - middle)
    const scratch = this.#scratch
    scratch.wantStarts(startsMs !== undefined)
    scratch.grow(end - middle)
    scratch.timestampsMs.set(timestampsMs.subarray(middle, end))
    scratch.values.set(values.subarray(middle, end))
    if (startsMs !== undefined) scratch.startsMs?.set(startsMs.subarray(middle, end))
    return mergeOverlapping(into, start, middle, scratch, end - middle)
  }
}

/**
 * Merges `more` samples into those from `start` until before `middle`, and answers the end of all.
 * From the end to the beginning, so that nothing that is still needed is written over.
 */
function mergeOverlapping(
  into: SampleColumns,
  start: number,
  middle: number,
  from: GrowingColumns,
  more: number,
): number {
  const [times, newTimes] = [into.timestampsMs, from.timestampsMs]
  const [halves, newHalves] = [halvesOf(into.values), halvesOf(from.values)]
  const [starts, newStarts] = [into.startsMs, from.startsMs]
  const end = middle + more
  let [old, fresh] = [middle - 1, more - 1]
  let to = end
  while (old >= start || fresh >= 0) {
    const oldMs = old >= start ? (times[old] ?? 0) : Number.NEGATIVE_INFINITY
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
  times.copyWithin(start, to, end)
  into.values.copyWithin(start, to, end)
  starts?.copyWithin(start, to, end)
  return start + end - to
}
