import { EntryTable } from '../../base/entry-table.ts'
import { grownBytes } from '../../base/grown-bytes.ts'
import { noEntry } from '../../base/shared-hash-table.ts'

/** Gives byte strings numbers from 0 on, each one once. Four bytes at a time: it is asked for most labels of a log. */
export class PairTable {
  readonly #table = new EntryTable()
  #bytes = new Uint8Array(1 << 16)
  #view = new DataView(this.#bytes.buffer)
  #used = 0
  /** By number: where it begins and ends. */
  #places = new Uint32Array(1 << 12)
  count = 0

  /** Of record[start .. end), which `view` sees too. */
  numberOf(record: Uint8Array, view: DataView, start: number, end: number): number {
    const hash = hashOf(record, view, start, end)
    const table = this.#table
    for (let place = table.probe(hash, noEntry); place !== noEntry; ) {
      const number = table.entryAt(place)
      if (this.#is(number, record, view, start, end)) return number
      place = table.probe(hash, place)
    }
    table.insert(hash, this.count)
    return this.#add(record, start, end)
  }

  #is(number: number, record: Uint8Array, view: DataView, start: number, end: number): boolean {
    const known = this.#places[number * 2] ?? 0
    if ((this.#places[number * 2 + 1] ?? 0) - known !== end - start) return false
    const behind = known - start
    let at = start
    for (; at + 4 <= end; at += 4) {
      if (view.getInt32(at) !== this.#view.getInt32(at + behind)) return false
    }
    for (; at < end; at++) if (record[at] !== this.#bytes[at + behind]) return false
    return true
  }

  #add(record: Uint8Array, start: number, end: number): number {
    const needed = this.#used + end - start
    if (needed > this.#bytes.length) {
      this.#bytes = grownBytes(this.#bytes, this.#used, needed)
      this.#view = new DataView(this.#bytes.buffer)
    }
    const number = this.count++
    if (number * 2 === this.#places.length) {
      const places = new Uint32Array(this.#places.length * 2)
      places.set(this.#places)
      this.#places = places
    }
    for (let at = start; at < end; at++) this.#bytes[this.#used + at - start] = record[at] ?? 0
    this.#places[number * 2] = this.#used
    this.#places[number * 2 + 1] = needed
    this.#used = needed
    return number
  }
}

function hashOf(record: Uint8Array, view: DataView, start: number, end: number): number {
  let hash = end - start
  let at = start
  for (; at + 4 <= end; at += 4) {
    hash = Math.imul(hash ^ view.getInt32(at), 0x85ebca6b)
    hash = (hash << 13) | (hash >>> 19)
  }
  for (; at < end; at++) hash = Math.imul(hash ^ (record[at] ?? 0), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  return (hash ^ (hash >>> 13)) >>> 0
}
