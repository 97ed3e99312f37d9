import { cutUint32 } from '../../base/cut-arrays.ts'
import { type Looks, noLooks } from '../../base/looks.ts'
import type { SnapshotPart } from './head-batches.ts'
import { outOfOrderWords, snapshotWords } from './snapshot-words.ts'

/** A snapshot of all series of a query, of which each of its selects takes its own. */
export class PreparedSnapshot {
  readonly #ids: Uint32Array
  readonly #words: Uint32Array
  readonly #outOfOrder: Uint32Array
  /** By place among the ids: where its out-of-order words begin. */
  readonly #lateAt = new Map<number, number>()

  /** The ids ascend. */
  constructor(ids: Uint32Array, { words, outOfOrder }: SnapshotPart) {
    this.#ids = ids
    this.#words = words
    this.#outOfOrder = outOfOrder ?? new Uint32Array(0)
    for (let at = 0; at < this.#outOfOrder.length; at += outOfOrderWords) {
      this.#lateAt.set(this.#outOfOrder[at] ?? 0, at)
    }
  }

  /** The part of some series, as if it had been asked for; undefined where one is not among them. */
  of(ids: Uint32Array, looks: Looks = noLooks): SnapshotPart | undefined {
    const words = cutUint32(ids.length * snapshotWords)
    const late: number[] = []
    let place = -1
    for (let index = 0; index < ids.length; index++) {
      looks.item()
      const id = ids[index] ?? 0
      // What is asked for mostly ascends too, and is a run.
      place = this.#ids[place + 1] === id ? place + 1 : this.#placeOf(id)
      if (place < 0) return undefined
      const from = place * snapshotWords
      for (let word = 0; word < snapshotWords; word++) {
        words[index * snapshotWords + word] = this.#words[from + word] ?? 0
      }
      const lateAt = this.#lateAt.get(place)
      if (lateAt === undefined) continue
      late.push(index, ...this.#outOfOrder.subarray(lateAt + 1, lateAt + outOfOrderWords))
    }
    return late.length === 0 ? { words } : { words, outOfOrder: Uint32Array.from(late) }
  }

  #placeOf(id: number): number {
    const ids = this.#ids
    let [low, high] = [0, ids.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((ids[middle] ?? 0) < id) low = middle + 1
      else high = middle
    }
    return ids[low] === id ? low : -1
  }
}
