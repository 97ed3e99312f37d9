import { NumberColumn } from './number-column.ts'

/** The values of one label name, by series: which series have it is kept as runs. */
class NameColumn {
  readonly values = new NumberColumn()
  /** First series of each run, and how many values came before it. */
  readonly runs = new NumberColumn()
  #nextSeries = -1

  add(series: number, value: number): void {
    if (series !== this.#nextSeries) {
      this.runs.push(series)
      this.runs.push(this.values.count)
    }
    this.#nextSeries = series + 1
    this.values.push(value)
  }
}

/** What a block has for one label value. */
export type PostingsVisitor = (name: number, value: number, refs: Uint32Array) => void

/**
 * Gathers which series have which label pairs while they are written, four bytes for each pair of a
 * series, and hands out the lists pair by pair. Names and values are symbol ordinals.
 */
export class PostingsBuilder {
  readonly #names = new Map<number, NameColumn>()
  readonly #refs = new NumberColumn()
  /** By symbol: how many series have it as a value of the name at hand. */
  readonly #counts: Uint32Array

  constructor(symbolCount: number) {
    this.#counts = new Uint32Array(symbolCount)
  }

  get seriesCount(): number {
    return this.#refs.count
  }

  /** The next series by its reference: ascending. */
  addSeries(ref: number, labels: Uint32Array): void {
    const series = this.#refs.count
    this.#refs.push(ref)
    for (let at = 0; at < labels.length; at += 2) {
      const name = labels[at] ?? 0
      let column = this.#names.get(name)
      if (column === undefined) {
        column = new NameColumn()
        this.#names.set(name, column)
      }
      column.add(series, labels[at + 1] ?? 0)
    }
  }

  allRefs(): Uint32Array {
    const refs = new Uint32Array(this.#refs.count)
    for (let series = 0; series < refs.length; series++) refs[series] = this.#refs.at(series)
    return refs
  }

  /** Every pair by name, then value, in the order of symbols; the refs are valid during the call. */
  visitPairs(visit: PostingsVisitor): void {
    const names = Uint32Array.from(this.#names.keys()).sort()
    for (const name of names) {
      const column = this.#names.get(name)
      if (column !== undefined) this.#visitName(name, column, visit)
      // What was handed out is not needed again, and the tables still to come take its place.
      this.#names.delete(name)
    }
  }

  /** A counting sort: series of a value stay in their order. */
  #visitName(name: number, { values, runs }: NameColumn, visit: PostingsVisitor): void {
    const counts = this.#counts
    const total = values.count
    const distinct = new NumberColumn()
    for (let index = 0; index < total; index++) {
      const value = values.at(index)
      const count = counts[value] ?? 0
      if (count === 0) distinct.push(value)
      counts[value] = count + 1
    }
    const sorted = new Uint32Array(distinct.count)
    for (let index = 0; index < sorted.length; index++) sorted[index] = distinct.at(index)
    sorted.sort()
    const ends = new Uint32Array(sorted.length)
    // From here on counts hold where the next series of the value goes.
    let end = 0
    for (let index = 0; index < sorted.length; index++) {
      const value = sorted[index] ?? 0
      const count = counts[value] ?? 0
      counts[value] = end
      end += count
      ends[index] = end
    }
    const refs = new Uint32Array(total)
    for (let run = 0; run < runs.count; run += 2) {
      const start = runs.at(run + 1)
      const shift = runs.at(run) - start
      const runEnd = run + 2 < runs.count ? runs.at(run + 3) : total
      for (let index = start; index < runEnd; index++) {
        const value = values.at(index)
        const place = counts[value] ?? 0
        counts[value] = place + 1
        refs[place] = this.#refs.at(index + shift)
      }
    }
    let start = 0
    for (let index = 0; index < sorted.length; index++) {
      const value = sorted[index] ?? 0
      counts[value] = 0
      const stop = ends[index] ?? 0
      visit(name, value, refs.subarray(start, stop))
      start = stop
    }
  }
}
