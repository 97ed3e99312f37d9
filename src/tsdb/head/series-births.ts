import { neverBorn, type SeriesColumns } from './series-columns.ts'

/** From then on they are to begin anew: a column of 32 bits has them. */
const lateBirth = 2 ** 31

/** Numbers of birth, by which a reader knows the series that came after it was told of the head. */
export class SeriesBirths {
  readonly #columns: SeriesColumns
  #total = 0
  #end: number

  constructor(columns: SeriesColumns, end = 0) {
    this.#columns = columns
    this.#end = end
  }

  /** Numbers below this have been given out. */
  get end(): number {
    return this.#end
  }

  /** How many series have been made. */
  get total(): number {
    return this.#total
  }

  get isLate(): boolean {
    return this.#end >= lateBirth
  }

  add(series: number): void {
    this.#columns.born.set(series, this.#end++)
    this.#total++
  }

  /** Where nobody reads: all series with ids below `idCount` are as old as can be, the latest less so. */
  beginAnew(idCount: number, latest: readonly number[]): void {
    const { born } = this.#columns
    for (let id = 0; id < idCount; id++) if (born.get(id) !== neverBorn) born.set(id, 0)
    for (const id of latest) if (born.get(id) !== neverBorn) born.set(id, 1)
    this.#end = 2
  }
}
