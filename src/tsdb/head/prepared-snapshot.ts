import { cutUint32 } from '../../base/cut-arrays.ts'
import { type Looks, noLooks } from '../../base/looks.ts'
import { placeIn } from '../../base/place-in.ts'
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
    const places = placesOf(this.#ids, ids, looks)
    for (let index = 0; index < ids.length; index++) {
      looks.item()
      const place = places[index] ?? noPlace
      if (place === noPlace) return undefined
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
}

const noPlace = -1
/** Ids that lie so far apart are searched for; else a table tells their places. */
const sparseGap = 16

/** Where each of some ids stands among those that ascend. */
function placesOf(ascending: Uint32Array, some: Uint32Array, looks: Looks): Int32Array {
  const places = new Int32Array(some.length).fill(noPlace)
  const [first = 0, last = 0] = [ascending[0], ascending.at(-1)]
  const isDense = last - first < some.length * sparseGap
  let table: Int32Array | undefined
  let place = noPlace
  for (let index = 0; index < some.length; index++) {
    looks.item()
    const id = some[index] ?? 0
    // What is asked for mostly ascends too, and is a run.
    if (ascending[place + 1] === id) place++
    else if (isDense) {
      table ??= placeTable(ascending, first, last, looks)
      place = table[id - first] ?? noPlace
    } else place = placeIn(ascending, id)
    places[index] = place
  }
  return places
}

function placeTable(ids: Uint32Array, first: number, last: number, looks: Looks): Int32Array {
  const table = new Int32Array(last - first + 1).fill(noPlace)
  for (let place = 0; place < ids.length; place++) {
    looks.item()
    table[(ids[place] ?? 0) - first] = place
  }
  return table
}
