import type { LabelColumns } from '../../storage/querier.ts'

/** Label sets in the making: runs of (name id, value id) pairs that grow at the end. */
export class LabelSets {
  #offsets = new Uint32Array(64)
  #ids = new Uint32Array(1024)
  #count = 0

  get count(): number {
    return this.#count
  }

  /** Copies the run ids[start] .. ids[end] as the next set and answers its index. */
  append(ids: Uint32Array, start: number, end: number): number {
    const from = this.#offsets[this.#count] ?? 0
    const to = from + end - start
    if (to > this.#ids.length) this.#ids = grown(this.#ids, to)
    if (this.#count + 2 > this.#offsets.length) {
      this.#offsets = grown(this.#offsets, this.#count + 2)
    }
    for (let index = start; index < end; index++) this.#ids[from + index - start] = ids[index] ?? 0
    this.#offsets[this.#count + 1] = to
    this.#count++
    return this.#count - 1
  }

  /** True when set `set` is exactly the run ids[start] .. ids[end]. */
  equals(set: number, ids: Uint32Array, start: number, end: number): boolean {
    const from = this.#offsets[set] ?? 0
    if ((this.#offsets[set + 1] ?? 0) - from !== end - start) return false
    for (let index = start; index < end; index++) {
      if (this.#ids[from + index - start] !== ids[index]) return false
    }
    return true
  }

  columns(): LabelColumns {
    return { offsets: this.#offsets.subarray(0, this.#count + 1), labelIds: this.#ids }
  }
}

/**
 * Distinct label sets with dense ordinals, found by hash in an open table of numbers: grouping
 * and matching never build a string.
 */
export class LabelSetIndex {
  readonly sets = new LabelSets()
  #slots = new Int32Array(64).fill(-1)
  #hashes = new Int32Array(64)

  /** The ordinal of the run, or -1. */
  find(ids: Uint32Array, start: number, end: number): number {
    return this.#slots[this.#slotOf(hashRun(ids, start, end), ids, start, end)] ?? -1
  }

  /** The ordinal of the run, appended when new. */
  add(ids: Uint32Array, start: number, end: number): number {
    const hash = hashRun(ids, start, end)
    const slot = this.#slotOf(hash, ids, start, end)
    const found = this.#slots[slot] ?? -1
    if (found >= 0) return found
    const ordinal = this.sets.append(ids, start, end)
    this.#slots[slot] = ordinal
    if (ordinal >= this.#hashes.length) {
      const hashes = new Int32Array(this.#hashes.length * 2)
      hashes.set(this.#hashes)
      this.#hashes = hashes
    }
    this.#hashes[ordinal] = hash
    if (this.sets.count * 2 > this.#slots.length) this.#rehash()
    return ordinal
  }

  #slotOf(hash: number, ids: Uint32Array, start: number, end: number): number {
    const mask = this.#slots.length - 1
    let slot = hash & mask
    for (;;) {
      const ordinal = this.#slots[slot] ?? -1
      if (ordinal < 0) return slot
      if (this.#hashes[ordinal] === hash && this.sets.equals(ordinal, ids, start, end)) return slot
      slot = (slot + 1) & mask
    }
  }

  #rehash(): void {
    const slots = new Int32Array(this.#slots.length * 2).fill(-1)
    const mask = slots.length - 1
    for (let ordinal = 0; ordinal < this.sets.count; ordinal++) {
      let slot = (this.#hashes[ordinal] ?? 0) & mask
      while ((slots[slot] ?? -1) >= 0) slot = (slot + 1) & mask
      slots[slot] = ordinal
    }
    this.#slots = slots
  }
}

function hashRun(ids: Uint32Array, start: number, end: number): number {
  let hash = 0x811c9dc5 | 0
  for (let index = start; index < end; index++) {
    hash = Math.imul(hash ^ (ids[index] ?? 0), 0x01000193)
    hash ^= hash >>> 15
  }
  return Math.imul(hash, 0x2c1b3c6d) ^ (hash >>> 13)
}

function grown(column: Uint32Array, least: number): Uint32Array<ArrayBuffer> {
  const next = new Uint32Array(Math.max(column.length * 2, least))
  next.set(column)
  return next
}
