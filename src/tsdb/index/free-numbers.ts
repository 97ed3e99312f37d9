import { noEntry } from '../../base/shared-hash-table.ts'

/** Numbers that may be given out again, those that were given back first before the others. */
export class FreeNumbers {
  readonly #batches: Uint32Array[] = []
  #at = 0

  /** In one step, however many they are. */
  give(batch: Uint32Array): void {
    if (batch.length > 0) this.#batches.push(batch)
  }

  /** noEntry where there is none. */
  take(): number {
    const [first] = this.#batches
    if (first === undefined) return noEntry
    const number = first[this.#at++] ?? 0
    if (this.#at === first.length) {
      this.#batches.shift()
      this.#at = 0
    }
    return number
  }
}
