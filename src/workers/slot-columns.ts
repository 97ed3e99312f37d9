import type { SampleColumns } from '../storage/querier.ts'

/** Where a piece is read into. */
export interface Slot {
  /** Samples of each of its series, one behind the other in the columns; or `declined`, `noRoom`. */
  readonly counts: Int32Array
  readonly times: Float64Array
  readonly values: Float64Array
}

export const noSlot: Slot = {
  counts: new Int32Array(0),
  times: new Float64Array(0),
  values: new Float64Array(0),
}

/**
 * A slot's columns for readers that write one series behind the other. They may ask for more room
 * than they use, and some series have more samples than there is room for: those are read into other
 * memory.
 */
export class SlotColumns implements SampleColumns {
  timestampsMs: Float64Array
  values: Float64Array
  readonly #slot: Slot

  constructor(slot: Slot) {
    this.#slot = slot
    this.timestampsMs = slot.times
    this.values = slot.values
  }

  grow(capacity: number): void {
    if (capacity <= this.values.length) return
    const size = Math.max(capacity, Math.ceil(this.values.length * 1.5))
    const [times, values] = [new Float64Array(size), new Float64Array(size)]
    times.set(this.timestampsMs)
    values.set(this.values)
    this.timestampsMs = times
    this.values = values
  }

  /** Has what was read last, from one index until before another, in the slot; false where it is too much. */
  settle(from: number, end: number): boolean {
    const { times, values } = this.#slot
    if (this.values === values) return true
    const isRoom = end <= values.length
    if (isRoom) {
      times.set(this.timestampsMs.subarray(from, end), from)
      values.set(this.values.subarray(from, end), from)
    }
    this.timestampsMs = times
    this.values = values
    return isRoom
  }
}
