import { noEntry } from '../../base/shared-hash-table.ts'
import type { Matcher } from '../../model/matcher.ts'
import type { LabelList, SelectRequest, TimeRange } from '../../storage/querier.ts'
import { selectSeries } from '../index/select.ts'
import type { HeadBatchTools } from './head-batches.ts'
import { HeadIndex } from './head-index.ts'
import type { HeadSelection } from './head-selection.ts'
import { listOf } from './label-list.ts'
import { outOfOrderSet } from './out-of-order-selection.ts'
import type { OutOfOrderSeriesSet } from './out-of-order-series-set.ts'
import type { QuerySymbols } from './query-symbols.ts'

const noNames: LabelList = { names: [], truncated: false, warnings: [] }

/**
 * The head's out-of-order samples as a source of their own, beside the one of its samples in order:
 * that one answers for lists without matchers.
 */
export class OutOfOrderQuerier {
  readonly #tools: HeadBatchTools
  readonly #symbols: QuerySymbols
  readonly #selection: HeadSelection

  constructor(tools: HeadBatchTools, symbols: QuerySymbols, selection: HeadSelection) {
    this.#tools = tools
    this.#symbols = symbols
    this.#selection = selection
  }

  async select(request: SelectRequest): Promise<OutOfOrderSeriesSet> {
    const { ids, snapshot } = await this.#selection.look(request)
    return outOfOrderSet(this.#tools, ids, snapshot, request)
  }

  async labelNames(
    matchers: readonly Matcher[],
    range: TimeRange,
    limit: number,
  ): Promise<LabelList> {
    const symbols = new Set<number>()
    const { labelIds } = await this.#labelsOf(matchers, range)
    for (let at = 0; at < labelIds.length; at += 2) symbols.add(labelIds[at] ?? 0)
    return listOf(symbols, this.#symbols, limit)
  }

  async labelValues(
    name: string,
    matchers: readonly Matcher[],
    range: TimeRange,
    limit: number,
  ): Promise<LabelList> {
    const nameSymbol = this.#symbols.find(name)
    if (nameSymbol === noEntry) return noNames
    const symbols = new Set<number>()
    const { labelIds } = await this.#labelsOf(matchers, range)
    for (let at = 0; at < labelIds.length; at += 2) {
      if (labelIds[at] === nameSymbol) symbols.add(labelIds[at + 1] ?? 0)
    }
    return listOf(symbols, this.#symbols, limit)
  }

  async #labelsOf(
    matchers: readonly Matcher[],
    range: TimeRange,
  ): Promise<{ readonly labelIds: Uint32Array }> {
    if (matchers.length === 0) return { labelIds: new Uint32Array(0) }
    const { view, published } = this.#tools
    const ids = selectSeries(new HeadIndex(view, published, this.#symbols), matchers).slice()
    return outOfOrderSet(this.#tools, ids, await this.#tools.snapshot(ids), range).labels
  }

  close(): void {
    // Pins are the port's: the thread that owns the head keeps one for each query.
  }
}
