import { halvesOf } from '../../model/stale-nan.ts'
import type { DecodeTarget } from './xor-decode.ts'

/** Decoded float samples with their start timestamps (0 = none), in memory that is used again. */
export class FloatColumns {
  timestampsMs = new Float64Array(256)
  startsMs = new Float64Array(256)
  halves = halvesOf(new Float64Array(256))
  count = 0

  reserve(capacity: number): void {
    if (this.timestampsMs.length >= capacity) return
    const size = Math.max(capacity, this.timestampsMs.length * 2)
    const { timestampsMs, startsMs, halves } = this
    this.timestampsMs = new Float64Array(size)
    this.timestampsMs.set(timestampsMs)
    this.startsMs = new Float64Array(size)
    this.startsMs.set(startsMs)
    this.halves = halvesOf(new Float64Array(size))
    this.halves.set(halves)
  }

  get target(): DecodeTarget {
    return this
  }

  /** Leaves out the samples within the intervals: first and last time of each in turn. */
  drop(intervals: Float64Array): void {
    let kept = 0
    for (let index = 0; index < this.count; index++) {
      if (isWithin(intervals, this.timestampsMs[index] ?? 0)) continue
      if (kept < index) this.#move(this, index, kept)
      kept++
    }
    this.count = kept
  }

  /** Takes the samples of the other in; of two with one timestamp the other's is kept. */
  merge(other: FloatColumns): void {
    this.reserve(this.count + other.count)
    let [own, fresh] = [this.count - 1, other.count - 1]
    let to = this.count + other.count
    const end = to
    // From the end to the beginning, so that nothing that is still needed is written over.
    while (fresh >= 0) {
      const ownMs = own >= 0 ? (this.timestampsMs[own] ?? 0) : Number.NEGATIVE_INFINITY
      const freshMs = other.timestampsMs[fresh] ?? 0
      to--
      if (freshMs < ownMs) this.#move(this, own--, to)
      else {
        this.#move(other, fresh--, to)
        if (freshMs === ownMs) own--
      }
    }
    // Those left stand at the beginning already; a gap is where timestamps were equal.
    const gap = to - (own + 1)
    if (gap > 0) this.#closeGap(own + 1, to, end)
    this.count = end - gap
  }

  #closeGap(at: number, from: number, end: number): void {
    this.timestampsMs.copyWithin(at, from, end)
    this.startsMs.copyWithin(at, from, end)
    this.halves.copyWithin(at * 2, from * 2, end * 2)
  }

  #move(source: FloatColumns, from: number, to: number): void {
    this.timestampsMs[to] = source.timestampsMs[from] ?? 0
    this.startsMs[to] = source.startsMs[from] ?? 0
    this.halves[to * 2] = source.halves[from * 2] ?? 0
    this.halves[to * 2 + 1] = source.halves[from * 2 + 1] ?? 0
  }
}

function isWithin(intervals: Float64Array, timeMs: number): boolean {
  for (let at = 0; at < intervals.length; at += 2) {
    if (timeMs >= (intervals[at] ?? 0) && timeMs <= (intervals[at + 1] ?? 0)) return true
  }
  return false
}
