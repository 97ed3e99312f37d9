import type { SelectRequest } from '../../storage/querier.ts'
import { selectSeries } from '../index/select.ts'
import type { HeadBatchTools, SnapshotPart } from './head-batches.ts'
import { HeadIndex } from './head-index.ts'
import type { QuerySymbols } from './query-symbols.ts'
import { sortSeries } from './sort-series.ts'

/** Series that a request selects, and what they had at one moment. */
export interface Selected {
  readonly ids: Uint32Array
  readonly snapshot: SnapshotPart
}

/**
 * What requests select in the head. A query reads samples in order and those out of order of one
 * snapshot, or it would see the one part of a commit and not the other: whoever comes first with a
 * request asks for it, the one who takes it is the last.
 */
export class HeadSelection {
  readonly #tools: HeadBatchTools
  readonly #symbols: QuerySymbols
  #request: SelectRequest | undefined
  #selected: Promise<Selected> | undefined

  constructor(tools: HeadBatchTools, symbols: QuerySymbols) {
    this.#tools = tools
    this.#symbols = symbols
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
    const { view, published } = this.#tools
    const index = new HeadIndex(view, published, this.#symbols)
    const found = selectSeries(index, request.matchers)
    const ids = request.sorted ? sortSeries(found, view.series, this.#symbols) : found.slice()
    return { ids, snapshot: await this.#tools.snapshot(ids) }
  }
}
