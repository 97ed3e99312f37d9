import type { SharedColumn, SharedColumns } from '../../base/shared-columns.ts'
import { mixHash, noEntry, SharedHashTable } from '../../base/shared-hash-table.ts'
import { noPostings, type Postings } from './set-operations.ts'
import { SharedLists } from './shared-lists.ts'

/**
 * The inverted index of the head in shared memory: for each label pair its series in ascending
 * order, for each label name its pairs. Names, values and pairs are ids; see SymbolColumns.
 */
export class LabelIndex {
  /** A list a pair: the list's number is the pair's. */
  readonly #series: SharedLists
  readonly #pairName: SharedColumn<'uint32'>
  readonly #pairValue: SharedColumn<'uint32'>
  readonly #pairTable: SharedHashTable
  /** A list a name: its pairs; the list's key is the name's symbol. */
  readonly #pairsOfName: SharedLists
  readonly #nameTable: SharedHashTable

  constructor(columns: SharedColumns) {
    this.#series = new SharedLists(columns)
    this.#pairName = columns.column('uint32', 1 << 14)
    this.#pairValue = columns.column('uint32', 1 << 14)
    this.#pairTable = new SharedHashTable(columns)
    this.#pairsOfName = new SharedLists(columns)
    this.#nameTable = new SharedHashTable(columns)
  }

  get pairCount(): number {
    return this.#series.count
  }

  get nameCount(): number {
    return this.#pairsOfName.count
  }

  /** Writer: the series has the pair. Series come in ascending order. */
  add(series: number, name: number, value: number): void {
    let pair = this.#findPair(name, value)
    if (pair === noEntry) pair = this.#addPair(name, value)
    this.#series.push(pair, series)
  }

  #addPair(name: number, value: number): number {
    const pair = this.#series.add(0)
    this.#pairName.reserve(pair + 1)
    this.#pairValue.reserve(pair + 1)
    this.#pairName.set(pair, name)
    this.#pairValue.set(pair, value)
    this.#pairTable.insert(mixHash(name, value), pair)
    let list = this.#findName(name)
    if (list === noEntry) {
      list = this.#pairsOfName.add(name)
      this.#nameTable.insert(mixHash(name, 0), list)
    }
    this.#pairsOfName.push(list, pair)
    return pair
  }

  #findPair(name: number, value: number): number {
    return this.#pairTable.find(
      mixHash(name, value),
      (pair) => this.#pairName.get(pair) === name && this.#pairValue.get(pair) === value,
    )
  }

  #findName(name: number): number {
    return this.#nameTable.find(mixHash(name, 0), (list) => this.#pairsOfName.key(list) === name)
  }

  /** The series below `limit` that have the pair. */
  postings(name: number, value: number, limit: number): Postings {
    const pair = this.#findPair(name, value)
    return pair === noEntry ? noPostings : this.#series.read(pair, limit)
  }

  /** The pairs of a name, below `pairLimit`. */
  pairs(name: number, pairLimit: number): Uint32Array {
    const list = this.#findName(name)
    return list === noEntry ? noPostings : this.#pairsOfName.read(list, pairLimit)
  }

  valueOfPair(pair: number): number {
    return this.#pairValue.get(pair)
  }

  seriesOfPair(pair: number, limit: number): Postings {
    return this.#series.read(pair, limit)
  }

  /** How many series a pair has had; for statistics and for choosing the cheapest set. */
  lengthOfPair(pair: number): number {
    return this.#series.length(pair)
  }

  /** Symbols of the names that were there first, `count` of them. */
  names(count: number): readonly number[] {
    return Array.from({ length: count }, (_, list) => this.#pairsOfName.key(list))
  }
}
