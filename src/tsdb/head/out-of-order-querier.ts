import type {
  LabelList,
  LabelSets,
  LabelSetsRequest,
  SelectRequest,
} from '../../storage/querier.ts'
import { selectSeries } from '../index/select.ts'
import { union } from '../index/set-operations.ts'
import { ColumnLabelSets } from './column-label-sets.ts'
import type { HeadBatchTools } from './head-batches.ts'
import { HeadIndex } from './head-index.ts'
import type { HeadSelection } from './head-selection.ts'
import { outOfOrderSet } from './out-of-order-selection.ts'
import type { OutOfOrderSeriesSet } from './out-of-order-series-set.ts'
import type { QuerySymbols } from './query-symbols.ts'
import { sortSeries } from './sort-series.ts'

const noNames: LabelList = { ids: new Uint32Array(0), truncated: false, warnings: [] }

/**
 * The head's out-of-order samples as a source of their own, beside the one of its samples in order:
 * that one answers for the lists of names and values.
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

  async labelSets({ sets, sorted, ...range }: LabelSetsRequest): Promise<LabelSets> {
    const { view, published, looks } = this.#tools
    const index = new HeadIndex(view, published, this.#symbols)
    const found = union(sets.map((matchers) => selectSeries(index, matchers, looks)))
    const ids = sorted ? await sortSeries(found, view.series, this.#symbols, looks) : found.slice()
    const set = outOfOrderSet(this.#tools, ids, await this.#tools.snapshot(ids), range)
    return new ColumnLabelSets(set.labels, set.warnings)
  }

  async labelNames(): Promise<LabelList> {
    return noNames
  }

  async labelValues(): Promise<LabelList> {
    return noNames
  }

  close(): void {
    // Pins are the port's: the thread that owns the head keeps one for each query.
  }
}
