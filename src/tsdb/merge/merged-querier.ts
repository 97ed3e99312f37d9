import { type Looks, noLooks } from '../../base/looks.ts'
import type { Matcher } from '../../model/matcher.ts'
import type {
  ChunkSeriesSet,
  LabelList,
  LabelSets,
  LabelSetsRequest,
  Querier,
  SelectRequest,
  SymbolTable,
  TimeRange,
} from '../../storage/querier.ts'
import { joinedLists } from '../index/label-list.ts'
import { KeptRows } from './kept-rows.ts'
import { type LabelSetsPart, MergedLabelSets } from './merged-label-sets.ts'
import { MergedSeriesSet } from './merged-series-set.ts'

/** One part of the database: a block, or the head. Its label ids are of the query's symbol table. */
export interface Source extends Omit<Querier, 'symbols'> {
  /** What an answer without this source lacks, in words for the user; undefined: let it fail. */
  missing?(thrown: unknown): string | undefined
}

/**
 * Blocks and head as one (row T8.7). Sources come from the oldest to the newest. Series are in the
 * order of labels whatever is asked for, as upstream's merged ones are.
 */
export class MergedQuerier implements Querier {
  readonly symbols: SymbolTable
  readonly #sources: readonly Source[]
  readonly #warnings: readonly string[]
  readonly #looks: Looks
  readonly #rows: KeptRows

  /** `warnings` go into every answer: what could not be opened. Rows are kept beyond it by whom `rows` belongs to. */
  constructor(
    symbols: SymbolTable,
    sources: readonly Source[],
    warnings: readonly string[],
    looks: Looks = noLooks,
    rows = new KeptRows(),
  ) {
    this.#looks = looks
    this.#rows = rows
    this.symbols = symbols
    this.#sources = sources
    this.#warnings = warnings
  }

  async prepare(sets: readonly (readonly Matcher[])[]): Promise<void> {
    for (const source of this.#sources) await source.prepare?.(sets)
  }

  async select({ matchers, minTimeMs, maxTimeMs }: SelectRequest): Promise<ChunkSeriesSet> {
    const request = { matchers, minTimeMs, maxTimeMs, sorted: true }
    const sets: ChunkSeriesSet[] = []
    const warnings = [...this.#warnings]
    for (const source of this.#sources) {
      const set = await orMissing(source, warnings, () => source.select(request))
      if (set === undefined) continue
      if (set.seriesCount > 0 || set.warnings.length > 0) sets.push(set)
    }
    const [only] = sets
    if (sets.length === 1 && only !== undefined && warnings.length === 0) return only
    const labels = sets.map((set) => set.labels)
    const rows = await this.#rows.of(labels, this.symbols, this.#looks)
    return new MergedSeriesSet(sets, rows, warnings, this.#looks)
  }

  async labelSets(request: LabelSetsRequest): Promise<LabelSets> {
    const parts: LabelSetsPart[] = []
    const warnings = [...this.#warnings]
    const sorted = request.sorted || this.#sources.length > 1
    for (const source of this.#sources) {
      const sets = await orMissing(source, warnings, () => source.labelSets({ ...request, sorted }))
      const missing = (thrown: unknown) => source.missing?.(thrown)
      if (sets !== undefined) parts.push({ sets, missing })
    }
    return new MergedLabelSets(this.symbols, parts, warnings)
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
    const warnings = [...this.#warnings]
    for (const source of this.#sources) {
      const list = await orMissing(source, warnings, () => ask(source))
      if (list !== undefined) lists.push(list)
    }
    return joinedLists(lists, this.symbols, limit, this.#looks, warnings)
  }

  close(): void {
    for (const source of this.#sources) source.close()
  }
}

/** Undefined, with one more warning, where the source cannot be read and says what is missing. */
async function orMissing<T>(
  source: Source,
  warnings: string[],
  ask: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await ask()
  } catch (thrown) {
    const words = source.missing?.(thrown)
    if (words === undefined) throw thrown
    warnings.push(words)
    return undefined
  }
}
