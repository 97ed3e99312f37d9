import { limits } from '../../base/limits.ts'
import type { Looks } from '../../base/looks.ts'
import type { Matcher } from '../../model/matcher.ts'
import type { LabelColumns } from '../../storage/querier.ts'
import { radixOrder, rowsOf, type Texts } from '../../storage/text-order.ts'
import { anySelected, selectSeries } from '../index/select.ts'
import { type HeadIndex, type ListState, shortestList } from './head-index.ts'
import { labelColumnsOf } from './label-columns.ts'
import type { SeriesColumns } from './series-columns.ts'
import { sortSeries } from './sort-series.ts'

interface KeptLabels {
  readonly ids: Uint32Array
  readonly labels: LabelColumns
}

/** The series that a set of matchers selects, whether or not they have samples. */
export class SelectedSeries {
  readonly ids: Uint32Array
  #made: Uint32Array | undefined
  #sorted: Uint32Array | undefined
  /** By whether they are sorted. */
  readonly #labels: [KeptLabels | undefined, KeptLabels | undefined] = [undefined, undefined]
  #list: ListState | undefined
  readonly #births: number

  /**
   * Of the ids ascending, which are not to be written to, the list that tells of changes, if any does,
   * and which series could have been among them.
   */
  constructor(ids: Uint32Array, list: ListState | undefined, births: number) {
    this.ids = ids
    this.#list = list
    this.#births = births
  }

  /** Whether they are what the matchers select now: series that came onto the list are none of theirs. */
  isStill(index: HeadIndex, matchers: readonly Matcher[], looks: Looks): boolean {
    // Who was told of the head earlier may not see all of them, nor their texts.
    if (this.#list === undefined || index.births < this.#births) return false
    if (index.isUnchanged(this.#list)) return true
    const added = index.addedSince(this.#list)
    if (added === undefined || anySelected(index, added.visible, matchers, looks)) return false
    this.#list = added.state ?? this.#list
    return true
  }

  /** The ids in the order in which their series were made: an id may be that of a series that is gone. */
  made(columns: SeriesColumns, looks: Looks): Uint32Array {
    this.#made ??= inOrderOfRefs(this.ids, columns, looks)
    return this.#made
  }

  /** The ids by label set. */
  async sorted(columns: SeriesColumns, texts: Texts, looks: Looks): Promise<Uint32Array> {
    this.#sorted ??= await sortSeries(this.ids, columns, texts, looks)
    return this.#sorted
  }

  /** The label sets of some of them: the same object as the last time where they are the same ones. */
  labelsOf(columns: SeriesColumns, ids: Uint32Array, sorted: boolean, looks: Looks): LabelColumns {
    const kind = sorted ? 1 : 0
    const kept = this.#labels[kind]
    if (kept !== undefined && isEqual(kept.ids, ids)) return kept.labels
    const labels = labelColumnsOf(columns, ids, looks)
    if (this.#list !== undefined) {
      const isOwn = ids === this.#made || ids === this.#sorted
      this.#labels[kind] = { ids: isOwn ? ids : ids.slice(), labels }
    }
    return labels
  }
}

function inOrderOfRefs(ids: Uint32Array, columns: SeriesColumns, looks: Looks): Uint32Array {
  const { ref } = columns
  let newest = -1
  for (const id of ids) {
    looks.item()
    const next = ref.get(id)
    if (next < newest) return byRefs(ids, columns, looks)
    newest = next
  }
  return ids
}

function byRefs(ids: Uint32Array, { ref }: SeriesColumns, looks: Looks): Uint32Array {
  const [high, low] = [new Uint32Array(ids.length), new Uint32Array(ids.length)]
  for (let row = 0; row < ids.length; row++) {
    looks.item()
    const number = ref.get(ids[row] ?? 0)
    high[row] = Math.floor(number / 2 ** 32)
    low[row] = number >>> 0
  }
  const order = radixOrder(radixOrder(rowsOf(ids.length), low), high)
  return order.map(looks.each((row: number) => ids[row] ?? 0))
}

/**
 * What sets of matchers selected last, found by the very object: trees of queries are kept, and their
 * matchers with them. An `=` matcher names a list that all series of the answer are on. While that
 * list is the same, value by value, they are the same series with the same labels: a new series that
 * belongs to the answer would have been put on it, one that is gone stays on it until its id may be
 * given to another one, and labels of a series never change. So two numbers tell whether the answer
 * holds still; where the list has only grown, so do the labels of what is new on it. Of one reader.
 */
export class SelectionMemory {
  #known = new WeakMap<readonly Matcher[], SelectedSeries>()
  #seriesKept = 0

  select(index: HeadIndex, matchers: readonly Matcher[], looks: Looks): SelectedSeries {
    const known = this.#known.get(matchers)
    if (known?.isStill(index, matchers, looks) === true) return known
    const list = shortestList(index, matchers)
    const ids = selectSeries(index, matchers, looks).slice()
    // Whoever wrote meanwhile, or is ahead of what this query was told of, leaves nothing to keep.
    const isSmall = list !== undefined && list.count <= limits.selectionSeriesMax
    if (!isSmall || !index.isUnchanged(list) || !index.isAllVisible(list)) {
      return new SelectedSeries(ids, undefined, index.births)
    }
    return this.#keep(matchers, new SelectedSeries(ids, list, index.births))
  }

  /** All are forgotten where there would be too many: which ones are used cannot be told. */
  #keep(matchers: readonly Matcher[], selected: SelectedSeries): SelectedSeries {
    this.#seriesKept += selected.ids.length
    if (this.#seriesKept > limits.selectionsSeriesMax) {
      this.#known = new WeakMap()
      this.#seriesKept = selected.ids.length
    }
    this.#known.set(matchers, selected)
    return selected
  }
}

function isEqual(known: Uint32Array, ids: Uint32Array): boolean {
  if (known === ids) return true
  if (known.length !== ids.length) return false
  for (let at = 0; at < ids.length; at++) if (known[at] !== ids[at]) return false
  return true
}
