/**
 * The hash of an entry that is made of several parts, 128 bits: those that are bytes of the page come
 * as the scanner's keyed hash of them, so that nobody can choose entries which collide. Used again.
 */
export class EntryHash {
  readonly words = new Int32Array(4)

  begin(kind: number): void {
    const { words } = this
    for (let lane = 0; lane < 4; lane++) words[lane] = kind
  }

  /** Adds four words; each lane is changed by a bijection. */
  addHash(hash: Int32Array): void {
    this.#add(hash[0] ?? 0, hash[1] ?? 0, hash[2] ?? 0, hash[3] ?? 0)
  }

  addPair(first: number, second: number): void {
    this.#add(first, second, first, second)
    this.#add(second, first, second, first)
  }

  #add(first: number, second: number, third: number, fourth: number): void {
    const { words } = this
    // By index: taking typed arrays apart goes through their iterator.
    const a = words[0] ?? 0
    const b = words[1] ?? 0
    const c = words[2] ?? 0
    const d = words[3] ?? 0
    words[0] = Math.imul(((a << 5) | (a >>> 27)) ^ first, 0x9e3779b1)
    words[1] = Math.imul(((b << 11) | (b >>> 21)) ^ second, 0x85ebca77)
    words[2] = Math.imul(((c << 7) | (c >>> 25)) ^ third, 0x2c1b3c6d)
    words[3] = Math.imul(((d << 13) | (d >>> 19)) ^ fourth, 0x297a2d39)
  }
}
