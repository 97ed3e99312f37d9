import { DueNumbers } from '../../base/due-numbers.ts'
import { NumberSet } from '../../base/number-set.ts'
import type { PagedNumbers } from '../../base/paged-numbers.ts'
import type { LabelArena, SeriesColumns } from './series-columns.ts'

/** So that what is due is given back long before as many series are new. */
const givenPerTake = 8

/** Ids and label runs of series that are gone, for those that come. */
export class FreeSeries {
  readonly #columns: SeriesColumns
  readonly #labels: LabelArena
  readonly #ids = new NumberSet()
  readonly #due = new DueNumbers()

  constructor(columns: SeriesColumns, labels: LabelArena) {
    this.#columns = columns
    this.#labels = labels
  }

  /** No list names these any more and nobody reads them. */
  freeAll(ids: PagedNumbers): void {
    this.#due.add(ids)
  }

  /** The smallest id of those that were given back, so that series that come together lie together. */
  take(): number | undefined {
    for (let given = 0; given < givenPerTake; given++) this.#giveBack()
    return this.#ids.take()
  }

  #giveBack(): void {
    const id = this.#due.take()
    if (id === undefined) return
    const { labelStart, labelCount } = this.#columns
    this.#labels.free(labelStart.get(id), labelCount.get(id) * 2)
    this.#ids.add(id)
  }
}
