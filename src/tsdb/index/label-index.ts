import type { SharedColumn, SharedColumns } from '../../base/shared-columns.ts'
import { mixHash, noEntry, SharedHashTable } from '../../base/shared-hash-table.ts'
import type { SeenLabels } from './label-clock.ts'
import { noPostings, type Postings } from './set-operations.ts'
import { SharedLists } from './shared-lists.ts'

/** What of the label pairs somebody sees. */
export type SeenPairs = Pick<SeenLabels, 'pairs' | 'clock'>
/** And of the names. */
export type SeenNames = SeenPairs & Pick<SeenLabels, 'names'>

/**
 * The inverted index of the head in shared memory: for each label pair its series in ascending
 * order, for each label name its pairs. Names, values and pairs are ids; see SymbolColumns. A pair
 * that has no series ends: nobody finds it any more, and when who may have is gone, its number is
 * another pair's.
 */
export class LabelIndex {
  /** A list a pair: the list's number is the pair's. */
  protected readonly series: SharedLists
  protected readonly pairName: SharedColumn<'uint32'>
  protected readonly pairValue: SharedColumn<'uint32'>
  /** When it was made; `never` once it has ended. */
  protected readonly pairMade: SharedColumn<'uint32'>
  protected readonly pairTable: SharedHashTable
  /** A list a name: its pairs. */
  protected readonly pairsOfName: SharedLists
  protected readonly nameSymbol: SharedColumn<'uint32'>
  protected readonly nameTable: SharedHashTable

  constructor(columns: SharedColumns) {
    this.series = new SharedLists(columns)
    this.pairName = columns.column('uint32', 1 << 14)
    this.pairValue = columns.column('uint32', 1 << 14)
    this.pairMade = columns.column('uint32', 1 << 14)
    this.pairTable = new SharedHashTable(columns)
    this.pairsOfName = new SharedLists(columns)
    this.nameSymbol = columns.column('uint32', 1 << 10)
    this.nameTable = new SharedHashTable(columns)
  }

  protected isPair(pair: number, name: number, value: number): boolean {
    return this.pairValue.get(pair) === value && this.pairName.get(pair) === name
  }

  protected isPairSeen(pair: number, { pairs, clock }: SeenPairs): boolean {
    return pair < pairs && this.pairMade.get(pair) < clock
  }

  /** The pair, among those that are seen; or noEntry. */
  findPair(name: number, value: number, seen: SeenPairs): number {
    const hash = mixHash(name, value)
    const table = this.pairTable
    for (let place = table.probe(hash, noEntry); place !== noEntry; ) {
      const pair = table.entryAt(place)
      if (this.isPairSeen(pair, seen) && this.isPair(pair, name, value)) return pair
      place = table.probe(hash, place)
    }
    return noEntry
  }

  protected findName(name: number, nameLimit: number): number {
    const hash = mixHash(name, 0)
    const table = this.nameTable
    for (let place = table.probe(hash, noEntry); place !== noEntry; ) {
      const list = table.entryAt(place)
      if (list < nameLimit && this.nameSymbol.get(list) === name) return list
      place = table.probe(hash, place)
    }
    return noEntry
  }

  /** The pairs of a name that are seen and have a series by now, in the order in which they came. */
  pairs(name: number, seen: SeenNames): Uint32Array {
    const list = this.findName(name, seen.names)
    if (list === noEntry) return noPostings
    const listed = this.pairsOfName.readInOrder(list)
    let count = 0
    for (let at = 0; at < listed.length; at++) {
      const pair = listed[at] ?? 0
      if (this.isPairSeen(pair, seen) && this.series.length(pair) > 0) listed[count++] = pair
    }
    return listed.subarray(0, count)
  }

  nameOfPair(pair: number): number {
    return this.pairName.get(pair)
  }

  valueOfPair(pair: number): number {
    return this.pairValue.get(pair)
  }

  valuesOfPairs(pairs: Uint32Array): Uint32Array {
    const values = new Uint32Array(pairs.length)
    for (let at = 0; at < pairs.length; at++) values[at] = this.pairValue.get(pairs[at] ?? 0)
    return values
  }

  /** The series of a pair, without those at the end that came after what may be seen. */
  seriesOfPair(pair: number, isVisible: (series: number) => boolean): Postings {
    return this.series.read(pair, isVisible)
  }

  /** Those that came onto a pair's list as number `from` up to `to`; see SharedLists.slice. */
  seriesAdded(pair: number, from: number, to: number): Uint32Array | undefined {
    return this.series.slice(pair, from, to)
  }

  /** Whether any series of a pair passes; ends at the first. */
  anyOfPair(pair: number, test: (series: number) => boolean): boolean {
    return this.series.some(pair, test)
  }

  /** How many series a pair has by now: never fewer than seriesOfPair answers. */
  lengthOfPair(pair: number): number {
    return this.series.length(pair)
  }

  /** Changes whenever a series is taken off a pair's list; odd meanwhile. */
  versionOfPair(pair: number): number {
    return this.series.version(pair)
  }

  /** Symbols of the names that are seen and have a series by now. */
  names(seen: SeenNames): readonly number[] {
    const symbols = Array.from({ length: seen.names }, (_, list) => this.nameSymbol.get(list))
    const isFilled = (pair: number) => this.isPairSeen(pair, seen) && this.series.length(pair) > 0
    return symbols.filter((_, list) => this.pairsOfName.some(list, isFilled))
  }
}
