import type { SharedColumn, SharedColumns } from '../../base/shared-columns.ts'
import { mixHash, noEntry, SharedHashTable } from '../../base/shared-hash-table.ts'
import { noPostings, type Postings } from './set-operations.ts'
import { type ListFilter, SharedLists } from './shared-lists.ts'

const latestPairs = 256

/**
 * The inverted index of the head in shared memory: for each label pair its series in ascending
 * order, for each label name its pairs. Names, values and pairs are ids; see SymbolColumns. Readers
 * say below which number pairs and names were published to them.
 */
export class LabelIndex {
  /** A list a pair: the list's number is the pair's. */
  readonly #series: SharedLists
  readonly #pairName: SharedColumn<'uint32'>
  readonly #pairValue: SharedColumn<'uint32'>
  readonly #pairTable: SharedHashTable
  /** A list a name: its pairs. */
  readonly #pairsOfName: SharedLists
  readonly #nameSymbol: SharedColumn<'uint32'>
  readonly #nameTable: SharedHashTable
  /** Writer: the latest pair of some names: series that come one after the other agree in most. */
  readonly #latestPairs = new Int32Array(latestPairs).fill(noEntry)

  constructor(columns: SharedColumns) {
    this.#series = new SharedLists(columns)
    this.#pairName = columns.column('uint32', 1 << 14)
    this.#pairValue = columns.column('uint32', 1 << 14)
    this.#pairTable = new SharedHashTable(columns)
    this.#pairsOfName = new SharedLists(columns)
    this.#nameSymbol = columns.column('uint32', 1 << 10)
    this.#nameTable = new SharedHashTable(columns)
  }

  /** Writer: how many pairs there are. */
  get pairCount(): number {
    return this.#series.count
  }

  /** Writer: how many names there are. */
  get nameCount(): number {
    return this.#pairsOfName.count
  }

  /** Writer: the series has the pair. Series come in ascending order. */
  add(series: number, name: number, value: number): void {
    const slot = name % latestPairs
    let pair = this.#latestPairs[slot] ?? noEntry
    if (pair === noEntry || !this.#isPair(pair, name, value)) {
      pair = this.pair(name, value)
      this.#latestPairs[slot] = pair
    }
    this.#series.push(pair, series)
  }

  /** Writer: the same where the pair is known and nobody reads yet. */
  addUnread(series: number, pair: number): void {
    this.#series.pushUnread(pair, series)
  }

  /** Writer: the pair, which is there from now on. */
  pair(name: number, value: number): number {
    const pair = this.findPair(name, value, this.pairCount)
    return pair === noEntry ? this.#addPair(name, value) : pair
  }

  #isPair(pair: number, name: number, value: number): boolean {
    return this.#pairValue.get(pair) === value && this.#pairName.get(pair) === name
  }

  #addPair(name: number, value: number): number {
    const pair = this.#series.add()
    this.#pairName.reserve(pair + 1)
    this.#pairValue.reserve(pair + 1)
    this.#pairName.set(pair, name)
    this.#pairValue.set(pair, value)
    this.#pairTable.insert(mixHash(name, value), pair)
    let list = this.#findName(name, this.nameCount)
    if (list === noEntry) {
      list = this.#pairsOfName.add()
      this.#nameSymbol.reserve(list + 1)
      this.#nameSymbol.set(list, name)
      this.#nameTable.insert(mixHash(name, 0), list)
    }
    this.#pairsOfName.push(list, pair)
    return pair
  }

  /** The pair, among those below `pairLimit`; or noEntry. */
  findPair(name: number, value: number, pairLimit: number): number {
    const hash = mixHash(name, value)
    const table = this.#pairTable
    for (let place = table.probe(hash, noEntry); place !== noEntry; ) {
      const pair = table.entryAt(place)
      if (pair < pairLimit && this.#isPair(pair, name, value)) return pair
      place = table.probe(hash, place)
    }
    return noEntry
  }

  #findName(name: number, nameLimit: number): number {
    const hash = mixHash(name, 0)
    const table = this.#nameTable
    for (let place = table.probe(hash, noEntry); place !== noEntry; ) {
      const list = table.entryAt(place)
      if (list < nameLimit && this.#nameSymbol.get(list) === name) return list
      place = table.probe(hash, place)
    }
    return noEntry
  }

  /** The pairs of a name that were published and have a series by now. */
  pairs(name: number, nameLimit: number, pairLimit: number): Uint32Array {
    const list = this.#findName(name, nameLimit)
    if (list === noEntry) return noPostings
    const pairs = this.#pairsOfName.read(list, (pair) => pair < pairLimit)
    return this.#series.filled(pairs)
  }

  nameOfPair(pair: number): number {
    return this.#pairName.get(pair)
  }

  valueOfPair(pair: number): number {
    return this.#pairValue.get(pair)
  }

  valuesOfPairs(pairs: Uint32Array): Uint32Array {
    const values = new Uint32Array(pairs.length)
    for (let at = 0; at < pairs.length; at++) values[at] = this.#pairValue.get(pairs[at] ?? 0)
    return values
  }

  /** The series of a pair, without those at the end that came after what may be seen. */
  seriesOfPair(pair: number, isVisible: (series: number) => boolean): Postings {
    return this.#series.read(pair, isVisible)
  }

  /** Those that came onto a pair's list as number `from` up to `to`; see SharedLists.slice. */
  seriesAdded(pair: number, from: number, to: number): Uint32Array | undefined {
    return this.#series.slice(pair, from, to)
  }

  /** Whether any series of a pair passes; ends at the first. */
  anyOfPair(pair: number, test: (series: number) => boolean): boolean {
    return this.#series.some(pair, test)
  }

  /** Writer: begins to take series out of a pair's list; see SharedLists.advance. */
  filterPair(pair: number, isKept: (series: number) => boolean): ListFilter {
    return this.#series.filter(pair, isKept)
  }

  advance(filter: ListFilter, most: number): boolean {
    return this.#series.advance(filter, most)
  }

  /** How many series a pair has by now: never fewer than seriesOfPair answers. */
  lengthOfPair(pair: number): number {
    return this.#series.length(pair)
  }

  /** Changes whenever a series is taken off a pair's list; odd meanwhile. */
  versionOfPair(pair: number): number {
    return this.#series.version(pair)
  }

  /** Symbols of the names that were there first, `count` of them, and have a series by now. */
  names(count: number, pairLimit: number): readonly number[] {
    const symbols = Array.from({ length: count }, (_, list) => this.#nameSymbol.get(list))
    return symbols.filter((_, list) =>
      this.#pairsOfName.some(list, (pair) => pair < pairLimit && this.#series.length(pair) > 0),
    )
  }
}
