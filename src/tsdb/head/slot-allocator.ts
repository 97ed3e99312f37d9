import type { Pins } from '../../base/pins.ts'
import type { ChunkColumns } from './chunk-columns.ts'
import { slotUnitBytes, slotUnits } from './chunk-columns.ts'

/** Slots that were freed while somebody may have been reading them. */
interface Freed {
  readonly slots: number[]
  readonly sizeClasses: number[]
}

/**
 * Hands out slots of the size classes. A freed slot may still be read by a query whose snapshot
 * names it: it is used again only when every query that was under way has released its pin.
 */
export class SlotAllocator {
  readonly #chunks: ChunkColumns
  readonly #pins: Pins
  readonly #free: number[][] = slotUnits.map(() => [])
  /** Gathers what is freed until the pins held when it was begun are released. */
  #freed: Freed | undefined
  #endUnits = 0

  constructor(chunks: ChunkColumns, pins: Pins) {
    this.#chunks = chunks
    this.#pins = pins
  }

  /** A slot of zeros. */
  allocate(sizeClass: number): number {
    const units = slotUnits[sizeClass] ?? 0
    const reused = this.#free[sizeClass]?.pop()
    if (reused !== undefined) {
      const start = this.#chunks.slotStart(reused)
      this.#chunks.slotSegment(reused).fill(0, start, start + units * slotUnitBytes)
      return reused
    }
    const perSegment = this.#chunks.slots.entriesPerSegment / slotUnitBytes
    const left = perSegment - (this.#endUnits % perSegment)
    if (left < units) this.#endUnits += left
    const slot = this.#endUnits
    this.#endUnits += units
    this.#chunks.slots.reserve(this.#endUnits * slotUnitBytes)
    return slot
  }

  free(slot: number, sizeClass: number): void {
    if (this.#pins.count === 0) {
      this.#free[sizeClass]?.push(slot)
      return
    }
    // One list waits for the pins of its first moment, then for those of its last.
    this.#freed ??= this.#begin()
    this.#freed.slots.push(slot)
    this.#freed.sizeClasses.push(sizeClass)
  }

  #begin(): Freed {
    const freed: Freed = { slots: [], sizeClasses: [] }
    this.#pins.afterHeld(() => {
      this.#freed = undefined
      this.#pins.afterHeld(() => this.#reclaim(freed))
    })
    return freed
  }

  #reclaim({ slots, sizeClasses }: Freed): void {
    slots.forEach((slot, index) => {
      this.#free[sizeClasses[index] ?? 0]?.push(slot)
    })
  }
}
