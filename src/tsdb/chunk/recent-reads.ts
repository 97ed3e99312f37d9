/** Places that a key may stand in: enough that few keys drive each other out time and again. */
const setSize = 4

/**
 * How often chunks were read of late. Where a key's hash falls those are known that were read there
 * last: reads of more chunks than there are places leave nothing of what was before.
 */
export class RecentReads {
  readonly #sets: number
  /** Of each set, the key that was read last first. */
  readonly #keys: Float64Array
  readonly #counts: Uint8Array

  constructor(places: number) {
    this.#sets = Math.ceil(places / setSize)
    this.#keys = new Float64Array(this.#sets * setSize)
    this.#counts = new Uint8Array(this.#sets * setSize)
  }

  /** One more read; whether it is the last one of so many, behind which counting begins anew. */
  completes(key: number, reads: number): boolean {
    const [keys, counts] = [this.#keys, this.#counts]
    const first = (scattered(key) % this.#sets) * setSize
    let place = first
    while (place < first + setSize && keys[place] !== key) place++
    const count = place < first + setSize ? (counts[place] ?? 0) + 1 : 1
    for (let to = Math.min(place, first + setSize - 1); to > first; to--) {
      keys[to] = keys[to - 1] ?? 0
      counts[to] = counts[to - 1] ?? 0
    }
    keys[first] = key
    counts[first] = count % reads
    return count === reads
  }
}

/** Keys are whole numbers below 2^53, mostly offsets with a file's number above their 32 bits. */
function scattered(key: number): number {
  const high = Math.imul(Math.floor(key / 2 ** 32), 0x85ebca6b)
  const mixed = Math.imul((key >>> 0) ^ high, 0x9e3779b1)
  return (mixed ^ (mixed >>> 15)) >>> 0
}
