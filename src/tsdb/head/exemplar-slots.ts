import { assert } from '../../base/assert.ts'
import type { Exemplar } from '../../model/exemplar.ts'

/** No exemplar. */
export const noSlot = -1

const labelBytesAtFirst = 4_096

/**
 * Places for exemplars, used in turn: columns, and one buffer for the labels of all, which is a queue
 * too. `next` and `previous` are the caller's, to put the exemplars of a series in order.
 */
export class ExemplarSlots {
  readonly capacity: number
  readonly next: Int32Array
  readonly previous: Int32Array
  readonly #timestampsMs: Float64Array
  readonly #values: Float64Array
  readonly #hasTimestamp: Uint8Array
  readonly #labelStart: Uint32Array
  readonly #labelLength: Uint16Array
  #labels = new Uint8Array(labelBytesAtFirst)
  #labelsEnd = 0
  #stored = 0
  #nextSlot = 0

  constructor(capacity: number) {
    this.capacity = capacity
    this.next = new Int32Array(capacity).fill(noSlot)
    this.previous = new Int32Array(capacity).fill(noSlot)
    this.#timestampsMs = new Float64Array(capacity)
    this.#values = new Float64Array(capacity)
    this.#hasTimestamp = new Uint8Array(capacity)
    this.#labelStart = new Uint32Array(capacity)
    this.#labelLength = new Uint16Array(capacity)
  }

  get stored(): number {
    return this.#stored
  }

  /** The slot that was filled first; there is one. */
  get oldest(): number {
    return this.at(0)
  }

  /** The slot that was filled as the `index`-th of those that are stored. */
  at(index: number): number {
    return (this.#nextSlot - this.#stored + index + this.capacity) % this.capacity
  }

  timestampMs(slot: number): number {
    return this.#timestampsMs[slot] ?? 0
  }

  /** Fills the next slot and answers it; there must be a free one. */
  put({ timestampMs, value, hasTimestamp, labels }: Exemplar): number {
    assert(this.#stored < this.capacity, 'a slot for an exemplar is free')
    const slot = this.#nextSlot
    const start = this.#roomFor(labels.length)
    this.#labels.set(labels, start)
    this.#labelsEnd = start + labels.length
    this.#labelStart[slot] = start
    this.#labelLength[slot] = labels.length
    this.#timestampsMs[slot] = timestampMs
    this.#values[slot] = value
    this.#hasTimestamp[slot] = hasTimestamp ? 1 : 0
    this.#nextSlot = (slot + 1) % this.capacity
    this.#stored++
    return slot
  }

  /** Empties the oldest slot. */
  drop(): void {
    assert(this.#stored > 0, 'there is an exemplar to drop')
    this.#stored--
  }

  read(slot: number): Exemplar {
    return {
      timestampMs: this.timestampMs(slot),
      value: this.#values[slot] ?? 0,
      hasTimestamp: this.#hasTimestamp[slot] === 1,
      labels: this.#labelsOf(slot).slice(),
    }
  }

  /** Upstream's equality: times count where one of both was told by its source. */
  isSame(slot: number, { timestampMs, value, hasTimestamp, labels }: Exemplar): boolean {
    if (this.#values[slot] !== value) return false
    const hasTimes = hasTimestamp || this.#hasTimestamp[slot] === 1
    if (hasTimes && this.timestampMs(slot) !== timestampMs) return false
    return Buffer.compare(this.#labelsOf(slot), labels) === 0
  }

  #labelsOf(slot: number): Uint8Array {
    const start = this.#labelStart[slot] ?? 0
    return this.#labels.subarray(start, start + (this.#labelLength[slot] ?? 0))
  }

  /** Where so many bytes are free: behind the newest labels, or before the oldest. */
  #roomFor(length: number): number {
    const size = this.#labels.length
    if (this.#stored === 0) this.#labelsEnd = 0
    const end = this.#labelsEnd
    const first = this.#stored === 0 ? 0 : (this.#labelStart[this.oldest] ?? 0)
    const isWrapped = this.#stored > 0 && end <= first
    if (isWrapped && end + length <= first) return end
    if (!isWrapped && end + length <= size) return end
    if (!isWrapped && length <= first) return 0
    this.#grow(size * 2)
    return this.#roomFor(length)
  }

  #grow(size: number): void {
    const labels = new Uint8Array(size)
    let end = 0
    for (let index = 0; index < this.#stored; index++) {
      const slot = this.at(index)
      const bytes = this.#labelsOf(slot)
      labels.set(bytes, end)
      this.#labelStart[slot] = end
      end += bytes.length
    }
    this.#labels = labels
    this.#labelsEnd = end
  }
}
