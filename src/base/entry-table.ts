import { noEntry } from './shared-hash-table.ts'

/**
 * A hash table of entry numbers for one thread: open addressing, never more than half full, with
 * deletion. What an entry is, the caller knows: it walks over those of a hash and compares.
 */
export class EntryTable {
  /** Entry + 1; 0 = free. */
  #entries = new Uint32Array(1 << 10)
  #hashes = new Uint32Array(1 << 10)
  #count = 0

  /** The next place with an entry of this hash, behind `after` (noEntry: the first); or noEntry. */
  probe(hash: number, after: number): number {
    const mask = this.#entries.length - 1
    for (let at = after === noEntry ? hash & mask : (after + 1) & mask; ; at = (at + 1) & mask) {
      if (this.#entries[at] === 0) return noEntry
      if (this.#hashes[at] === hash) return at
    }
  }

  entryAt(place: number): number {
    return (this.#entries[place] ?? 0) - 1
  }

  /** Adds an entry that is not there. */
  insert(hash: number, entry: number): void {
    this.#count++
    if (this.#count * 2 > this.#entries.length) this.#grow()
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
    const mask = this.#entries.length - 1
    let gap = free
    for (let at = (gap + 1) & mask; this.#entries[at] !== 0; at = (at + 1) & mask) {
      const home = (this.#hashes[at] ?? 0) & mask
      if (((at - home) & mask) < ((at - gap) & mask)) continue
      this.#entries[gap] = this.#entries[at] ?? 0
      this.#hashes[gap] = this.#hashes[at] ?? 0
      gap = at
    }
    this.#entries[gap] = 0
  }

  #grow(): void {
    const [entries, hashes] = [this.#entries, this.#hashes]
    this.#entries = new Uint32Array(entries.length * 2)
    this.#hashes = new Uint32Array(entries.length * 2)
    entries.forEach((entry, at) => {
      if (entry !== 0) this.#place(hashes[at] ?? 0, entry)
    })
  }

  #place(hash: number, entry: number): void {
    const mask = this.#entries.length - 1
    let at = hash & mask
    while (this.#entries[at] !== 0) at = (at + 1) & mask
    this.#entries[at] = entry
    this.#hashes[at] = hash
  }
}
