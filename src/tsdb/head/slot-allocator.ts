import { DueNumbers } from '../../base/due-numbers.ts'
import { FreeRuns } from '../../base/free-runs.ts'
import { PagedNumbers } from '../../base/paged-numbers.ts'
import type { Pins } from '../../base/pins.ts'
import type { ChunkColumns } from './chunk-columns.ts'
import { slotUnitBytes, slotUnits } from './chunk-columns.ts'

const wordBytes = 4
/** Slots that are given back with each that is taken: more than it frees, so that none wait for long. */
const givenPerTake = 8

/**
 * Hands out slots of the size classes. A freed slot may still be read by a query whose snapshot
 * names it: it is used again only when every query that was under way has released its pin. Slots
 * that lie side by side then make room for larger ones: chunks that grow together, as those of most
 * series do, leave nothing behind.
 */
export class SlotAllocator {
  readonly #chunks: ChunkColumns
  readonly #pins: Pins
  readonly #runs: FreeRuns
  readonly #unitsPerSegment: number
  #segments = 0
  /** Units from here on were never used and are zeros. */
  #unusedFrom = 0
  /** Slots and their classes. Gathers what is freed until the pins held when it was begun are released. */
  #freed: PagedNumbers | undefined
  /** The same of those that nobody reads any more. */
  readonly #due = new DueNumbers()

  constructor(chunks: ChunkColumns, pins: Pins) {
    this.#chunks = chunks
    this.#pins = pins
    this.#unitsPerSegment = chunks.slots.entriesPerSegment / slotUnitBytes
    this.#runs = new FreeRuns(this.#unitsPerSegment)
  }

  /** A slot of zeros. */
  allocate(sizeClass: number): number {
    const units = slotUnits[sizeClass] ?? 0
    const slot = this.#taken(units)
    const usedUnits = Math.min(slot + units, this.#unusedFrom) - slot
    this.#unusedFrom = Math.max(this.#unusedFrom, slot + units)
    const start = this.#chunks.slotStart(slot)
    if (usedUnits <= 0) {
      // Written before it is read: see SeriesColumns.reserve.
      this.#chunks.slotWords(slot)[start / wordBytes] = 0
      return slot
    }
    this.#chunks.slotSegment(slot).fill(0, start, start + usedUnits * slotUnitBytes)
    return slot
  }

  /** A slot of a larger size class that begins with so many bytes of this one, which is freed. */
  enlarge(slot: number, sizeClass: number, largerClass: number, bytes: number): number {
    const units = slotUnits[largerClass] ?? 0
    const larger = this.#taken(units)
    this.#unusedFrom = Math.max(this.#unusedFrom, larger + units)
    const words = Math.ceil(bytes / wordBytes)
    const from = this.#chunks.slotWords(slot)
    const to = this.#chunks.slotWords(larger)
    const source = this.#chunks.slotStart(slot) / wordBytes
    const target = this.#chunks.slotStart(larger) / wordBytes
    // Few words: calls would cost more. Behind the last byte there are zeros.
    for (let at = 0; at < words; at++) to[target + at] = from[source + at] ?? 0
    const end = (units * slotUnitBytes) / wordBytes
    for (let at = words; at < end; at++) to[target + at] = 0
    this.free(slot, sizeClass)
    return larger
  }

  #taken(units: number): number {
    for (let given = 0; given < givenPerTake && this.#giveDue(); given++);
    do {
      const slot = this.#runs.take(units)
      if (slot >= 0) return slot
    } while (this.#giveDue())
    this.#segments++
    this.#chunks.slots.reserve(this.#segments * this.#chunks.slots.entriesPerSegment)
    this.#runs.addSegment()
    return this.#runs.take(units)
  }

  free(slot: number, sizeClass: number): void {
    if (this.#pins.count === 0) {
      this.#runs.give(slot, slotUnits[sizeClass] ?? 0)
      return
    }
    // One list waits for the pins of its first moment, then for those of its last.
    this.#freed ??= this.#begin()
    this.#freed.push(slot)
    this.#freed.push(sizeClass)
  }

  #begin(): PagedNumbers {
    const freed = new PagedNumbers()
    this.#pins.afterHeld(() => {
      this.#freed = undefined
      this.#pins.afterHeld(() => this.#due.add(freed))
    })
    return freed
  }

  /** Gives one slot back that nobody reads any more; false where there is none. */
  #giveDue(): boolean {
    const sizeClass = this.#due.take()
    if (sizeClass === undefined) return false
    this.#runs.give(this.#due.take() ?? 0, slotUnits[sizeClass] ?? 0)
    return true
  }
}
