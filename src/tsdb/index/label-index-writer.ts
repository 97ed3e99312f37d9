import type { SharedColumns } from '../../base/shared-columns.ts'
import { mixHash, noEntry } from '../../base/shared-hash-table.ts'
import { FreeNumbers } from './free-numbers.ts'
import { type LabelClock, never } from './label-clock.ts'
import { LabelIndex } from './label-index.ts'
import type { ListFilter } from './shared-lists.ts'
import type { SymbolWriter } from './symbol-writer.ts'

const latestPairs = 256

/** The index as its one writer sees it. */
export class LabelIndexWriter extends LabelIndex {
  readonly #clock: LabelClock
  readonly #symbols: SymbolWriter
  readonly #free = new FreeNumbers()
  /** Numbers of lists of pairs. */
  readonly #freeNames = new FreeNumbers()
  /** The latest pair of some names: series that come one after the other agree in most. */
  readonly #latestPairs = new Int32Array(latestPairs).fill(noEntry)
  readonly #seen = { pairs: 0, clock: never }
  #alive = 0

  constructor(columns: SharedColumns, clock: LabelClock, symbols: SymbolWriter) {
    super(columns)
    this.#clock = clock
    this.#symbols = symbols
  }

  /** Numbers of pairs below this have been given out. */
  get pairCount(): number {
    return this.#seen.pairs
  }

  /** How many pairs there are. */
  get alive(): number {
    return this.#alive
  }

  /** Numbers of names below this have been given out. */
  get nameCount(): number {
    return this.pairsOfName.count
  }

  /** The series has the pair. */
  add(series: number, name: number, value: number): void {
    const slot = name % latestPairs
    let pair = this.#latestPairs[slot] ?? noEntry
    if (pair === noEntry || !this.isPair(pair, name, value)) {
      pair = this.pair(name, value)
      this.#latestPairs[slot] = pair
    }
    this.series.push(pair, series)
  }

  /** The same where the pair is known and nobody reads yet. */
  addUnread(series: number, pair: number): void {
    this.series.pushUnread(pair, series)
  }

  /** The pair, which is there from now on. */
  pair(name: number, value: number): number {
    const pair = this.existing(name, value)
    return pair === noEntry ? this.#addPair(name, value) : pair
  }

  /** The pair, if there is one; or noEntry. */
  existing(name: number, value: number): number {
    return this.findPair(name, value, this.#seen)
  }

  #addPair(name: number, value: number): number {
    const made = this.#clock.madeAt()
    const pair = this.#freeNumber()
    this.pairName.set(pair, name)
    this.pairValue.set(pair, value)
    this.#symbols.hold(name)
    this.#symbols.hold(value)
    // Who sees that it was made sees whose it is.
    Atomics.store(
      this.pairMade.segment(pair >>> this.pairMade.shift),
      pair & this.pairMade.mask,
      made,
    )
    this.pairTable.insert(mixHash(name, value), pair)
    this.pairsOfName.push(this.#listOf(name), pair)
    this.#alive++
    return pair
  }

  #freeNumber(): number {
    const known = this.#free.take()
    if (known !== noEntry) {
      this.pairTable.remove(mixHash(this.pairName.get(known), this.pairValue.get(known)), known)
      return known
    }
    const pair = this.series.add()
    this.pairName.reserve(pair + 1)
    this.pairValue.reserve(pair + 1)
    this.pairMade.reserve(pair + 1)
    this.#seen.pairs = pair + 1
    return pair
  }

  /** The list of a name's pairs. */
  #listOf(name: number): number {
    const known = this.findName(name, this.nameCount)
    if (known !== noEntry) return known
    const free = this.#freeNames.take()
    const list = free === noEntry ? this.pairsOfName.add() : free
    this.nameSymbol.reserve(list + 1)
    this.nameSymbol.set(list, name)
    this.#symbols.hold(name)
    this.nameTable.insert(mixHash(name, 0), list)
    return list
  }

  /** Begins to take series out of a pair's list; see SharedLists.advance. */
  filterPair(pair: number, isKept: (series: number) => boolean): ListFilter {
    return this.series.filter(pair, isKept)
  }

  advance(filter: ListFilter, most: number): boolean {
    return this.series.advance(filter, most)
  }

  isAlive(pair: number): boolean {
    return this.isPairSeen(pair, this.#seen)
  }

  /**
   * Pairs from `from` up to `to` that no series has end: nobody finds them from now on. Answers them,
   * for endedFilter of their names, then giveBack.
   */
  endUnused(from: number, to: number): Uint32Array {
    const ended: number[] = []
    for (let pair = from; pair < to; pair++) {
      if (this.series.length(pair) === 0 && this.isAlive(pair)) ended.push(pair)
    }
    if (ended.length === 0) return noPairs
    this.#clock.endedAt()
    for (const pair of ended) {
      this.pairMade.set(pair, never)
      this.#symbols.release(this.pairName.get(pair))
      this.#symbols.release(this.pairValue.get(pair))
    }
    this.#alive -= ended.length
    this.#latestPairs.fill(noEntry)
    return Uint32Array.from(ended)
  }

  /** Begins to take pairs that have ended off the list of a name. */
  filterName(name: number): ListFilter {
    return this.pairsOfName.filter(this.#listOf(name), (pair) => this.isAlive(pair))
  }

  advanceName(filter: ListFilter, most: number): boolean {
    return this.pairsOfName.advance(filter, most)
  }

  /**
   * A name without a pair ends: nobody finds it from now on, nor has a pair of it to look at. Answers
   * the number of its list, for giveNamesBack; or noEntry where it has pairs.
   */
  endName(name: number): number {
    const list = this.findName(name, this.nameCount)
    if (list === noEntry || this.pairsOfName.length(list) > 0) return noEntry
    this.nameTable.remove(mixHash(name, 0), list)
    this.#symbols.release(name)
    return list
  }

  /** Nobody looks at these lists any more: they are other names' from now on. */
  giveNamesBack(lists: Uint32Array): void {
    this.#freeNames.give(lists)
  }

  /** Where nobody reads: what is there was made at 0. */
  beginAnew(): void {
    for (let pair = 0; pair < this.pairCount; pair++) {
      if (this.pairMade.get(pair) !== never) this.pairMade.set(pair, 0)
    }
  }

  /** No list names these and nobody looks at them any more: their numbers are given out again. */
  giveBack(ended: Uint32Array): void {
    this.#free.give(ended)
  }
}

const noPairs = new Uint32Array(0)
