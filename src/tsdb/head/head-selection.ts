import { assert } from '../../base/assert.ts'
import type { Matcher } from '../../model/matcher.ts'
import type { SelectRequest } from '../../storage/querier.ts'
import { union } from '../index/set-operations.ts'
import type { HeadBatchTools, SnapshotPart } from './head-batches.ts'
import { HeadIndex } from './head-index.ts'
import { PreparedSnapshot } from './prepared-snapshot.ts'
import type { QuerySymbols } from './query-symbols.ts'
import type { SelectedSeries, SelectionMemory } from './selection-memory.ts'

/** Series that a request selects, and what they had at one moment. */
export interface Selected {
  /** Not to be written to. */
  readonly ids: Uint32Array
  readonly snapshot: SnapshotPart
  readonly series: SelectedSeries
}

/**
 * What requests select in the head. A query reads samples in order and those out of order of one
 * snapshot, or it would see the one part of a commit and not the other: whoever comes first with a
 * request asks for it, the one who takes it is the last.
 */
export class HeadSelection {
  readonly #tools: HeadBatchTools
  readonly #symbols: QuerySymbols
  readonly #memory: SelectionMemory
  #request: SelectRequest | undefined
  #selected: Promise<Selected> | undefined
  #prepared: PreparedSnapshot | undefined
  /** Of what was prepared: the series of each set of matchers, which come as the same object again. */
  readonly #found = new Map<readonly Matcher[], SelectedSeries>()

  constructor(tools: HeadBatchTools, symbols: QuerySymbols, memory: SelectionMemory) {
    this.#tools = tools
    this.#symbols = symbols
    this.#memory = memory
  }

  /** One snapshot for all series that any of the sets of matchers selects. */
  async prepare(sets: readonly (readonly Matcher[])[]): Promise<void> {
    const { view, published, looks } = this.#tools
    const index = new HeadIndex(view, published, this.#symbols)
    for (const matchers of sets) {
      if (!this.#found.has(matchers))
        this.#found.set(matchers, this.#memory.select(index, matchers, looks))
    }
    const ids = union(Array.from(this.#found.values(), ({ ids }) => ids)).slice()
    this.#prepared = new PreparedSnapshot(ids, await this.#tools.snapshot(ids))
  }

  look(request: SelectRequest): Promise<Selected> {
    if (this.#selected === undefined || this.#request !== request) {
      this.#request = request
      this.#selected = this.#select(request)
    }
    return this.#selected
  }

  /** The same; nobody else is handed its arrays any more. */
  take(request: SelectRequest): Promise<Selected> {
    const selected = this.look(request)
    this.#selected = undefined
    this.#request = undefined
    return selected
  }

  async #select(request: SelectRequest): Promise<Selected> {
    const { view, published, looks } = this.#tools
    const index = new HeadIndex(view, published, this.#symbols)
    const { matchers, sorted } = request
    const series = this.#found.get(matchers) ?? this.#memory.select(index, matchers, looks)
    // Before anybody else has a turn, of ids that ascend: who writes to the head is held up the shorter.
    const snapshot =
      this.#prepared?.of(series.ids, looks) ?? (await this.#tools.snapshot(series.ids))
    const ids = sorted
      ? await series.sorted(view.series, this.#symbols, looks)
      : series.made(view.series, looks)
    if (ids === series.ids) return { ids, snapshot, series }
    const own = new PreparedSnapshot(series.ids, snapshot).of(ids, looks)
    assert(own !== undefined, 'a snapshot without one of its series')
    return { ids, snapshot: own, series }
  }
}
