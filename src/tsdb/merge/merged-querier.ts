import { compareBytes } from '../../model/byte-order.ts'
import type { Matcher } from '../../model/matcher.ts'
import type {
  ChunkSeriesSet,
  LabelList,
  Querier,
  SelectRequest,
  SymbolTable,
  TimeRange,
} from '../../storage/querier.ts'
import { MergedSeriesSet } from './merged-series-set.ts'

/** One part of the database: a block, or the head. Its label ids are of the query's symbol table. */
export type Source = Omit<Querier, 'symbols'>

/** Blocks and head as one (row T8.7). Sources come from the oldest to the newest. */
export class MergedQuerier implements Querier {
  readonly symbols: SymbolTable
  readonly #sources: readonly Source[]
  readonly #warnings: readonly string[]

  /** `warnings` go into every answer: what could not be opened. */
  constructor(symbols: SymbolTable, sources: readonly Source[], warnings: readonly string[]) {
    this.symbols = symbols
    this.#sources = sources
    this.#warnings = warnings
  }

  async select(request: SelectRequest): Promise<ChunkSeriesSet> {
    const sets: ChunkSeriesSet[] = []
    for (const source of this.#sources) {
      const set = await source.select(request)
      if (set.seriesCount > 0 || set.warnings.length > 0) sets.push(set)
    }
    const [only] = sets
    if (sets.length === 1 && only !== undefined && this.#warnings.length === 0) return only
    return new MergedSeriesSet(sets, this.symbols, request.sorted, this.#warnings)
  }

  labelNames(matchers: readonly Matcher[], range: TimeRange, limit: number): Promise<LabelList> {
    return this.#list((source) => source.labelNames(matchers, range, limit), limit)
  }

  labelValues(
    name: string,
    matchers: readonly Matcher[],
    range: TimeRange,
    limit: number,
  ): Promise<LabelList> {
    return this.#list((source) => source.labelValues(name, matchers, range, limit), limit)
  }

  async #list(ask: (source: Source) => Promise<LabelList>, limit: number): Promise<LabelList> {
    const lists: LabelList[] = []
    for (const source of this.#sources) lists.push(await ask(source))
    const names = [...new Set(lists.flatMap((list) => list.names))].sort(compareBytes)
    const isLong = limit > 0 && names.length > limit
    return {
      names: isLong ? names.slice(0, limit) : names,
      truncated: isLong || lists.some((list) => list.truncated),
      warnings: [...this.#warnings, ...lists.flatMap((list) => list.warnings)],
    }
  }

  close(): void {
    for (const source of this.#sources) source.close()
  }
}
