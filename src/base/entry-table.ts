import { noEntry } from './shared-hash-table.ts'

/**
 * A hash table of entry numbers for one thread: open addressing, never more than three quarters full, with
 * deletion. What an entry is, the caller knows: it walks over those of a hash and compares.
 */
export class EntryTable {
  /** In pairs, so that a look costs one line of memory: entry + 1 (0 = free), hash. */
  #words = new Uint32Array(1 << 11)
  #count = 0

  /** The next place with an entry of this hash, behind `after` (noEntry: the first); or noEntry. */
  probe(hash: number, after: number): number {
    const words = this.#words
    const mask = words.length - 2
    for (
      let at = after === noEntry ? (hash << 1) & mask : (after + 2) & mask;
      ;
      at = (at + 2) & mask
    ) {
      if (words[at] === 0) return noEntry
      if (words[at + 1] === hash) return at
    }
  }

  entryAt(place: number): number {
    return (this.#words[place] ?? 0) - 1
  }

  /** Adds an entry that is not there. */
  insert(hash: number, entry: number): void {
    this.#count++
    if (this.#count * 8 > this.#words.length * 3) this.#grow()
    this.#place(hash, entry + 1)
  }

  /** Takes an entry out that is there. */
  remove(hash: number, entry: number): void {
    let at = this.probe(hash, noEntry)
    while (at !== noEntry && this.entryAt(at) !== entry) at = this.probe(hash, at)
    if (at === noEntry) return
    this.#count--
    this.#closeGap(at)
  }

  /** Moves back what would no longer be found from where its hash points. */
  #closeGap(free: number): void {
    const words = this.#words
    const mask = words.length - 2
    let gap = free
    for (let at = (gap + 2) & mask; words[at] !== 0; at = (at + 2) & mask) {
      const home = ((words[at + 1] ?? 0) << 1) & mask
      if (((at - home) & mask) < ((at - gap) & mask)) continue
      words[gap] = words[at] ?? 0
      words[gap + 1] = words[at + 1] ?? 0
      gap = at
    }
    words[gap] = 0
  }

  #grow(): void {
    const old = this.#words
    // Its pages are written in their order, before they are read here and there.
    this.#words = new Uint32Array(old.length * 2).fill(0)
    for (let at = 0; at < old.length; at += 2) {
      const entry = old[at] ?? 0
      if (entry !== 0) this.#place(old[at + 1] ?? 0, entry)
    }
  }

  #place(hash: number, entry: number): void {
    const words = this.#words
    const mask = words.length - 2
    let at = (hash << 1) & mask
    while (words[at] !== 0) at = (at + 2) & mask
    words[at] = entry
    words[at + 1] = hash
  }
}
