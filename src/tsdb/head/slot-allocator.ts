import type { ChunkColumns } from './chunk-columns.ts'
import { slotUnitBytes, slotUnits } from './chunk-columns.ts'

/**
 * Hands out slots of the size classes. A freed slot may still be read by a query whose snapshot
 * names it: it is used again only when every query that was under way has released its pin.
 */
export class SlotAllocator {
  readonly #chunks: ChunkColumns
  readonly #free: number[][] = slotUnits.map(() => [])
  readonly #waiting: {
    readonly slot: number
    readonly sizeClass: number
    readonly since: number
  }[] = []
  /** Active pins by their number, oldest first. */
  readonly #pins = new Set<number>()
  #nextPin = 0
  #endUnits = 0

  constructor(chunks: ChunkColumns) {
    this.#chunks = chunks
  }

  /** Keeps all slots that are in use now from being reused; call what it answers exactly once. */
  pin(): () => void {
    const number = this.#nextPin++
    this.#pins.add(number)
    return () => {
      this.#pins.delete(number)
      this.#reclaim()
    }
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
    if (this.#pins.size === 0) this.#free[sizeClass]?.push(slot)
    else this.#waiting.push({ slot, sizeClass, since: this.#nextPin })
  }

  #reclaim(): void {
    const [oldest = Infinity] = this.#pins
    let count = 0
    for (const { slot, sizeClass, since } of this.#waiting) {
      // Pins taken before the slot was freed have smaller numbers than `since`.
      if (oldest < since) break
      this.#free[sizeClass]?.push(slot)
      count++
    }
    this.#waiting.splice(0, count)
  }
}
