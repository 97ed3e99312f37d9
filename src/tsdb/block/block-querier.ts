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
import { noStoredTexts } from '../../storage/stored-texts.ts'
import { listOf } from '../index/label-list.ts'
import { selectSeries } from '../index/select.ts'
import { union } from '../index/set-operations.ts'
import { SeriesEntry } from './block-index.ts'
import { BlockLabelSets } from './block-label-sets.ts'
import type { BlockReader } from './block-reader.ts'
import { noSymbol } from './block-symbols.ts'
import type { KeptSelections } from './kept-selections.ts'
import { type FoundSeries, findChunks, seriesSetOf } from './series-selection.ts'

/**
 * One block as a query sees it. Label ids of its answers are those of the query's symbol table.
 * Series come in the order of their label sets, sorted or not. Lists of labels look no closer than
 * at the block's time range, as upstream does. Closing it leaves the reader open: it belongs to whom
 * pins the block.
 */
export class BlockQuerier implements Omit<Querier, 'symbols'> {
  readonly #reader: BlockReader
  readonly #symbols: SymbolTable
  readonly #looks: Looks
  /** By ordinal, of texts that are only this query's. */
  readonly #ownIds = new Map<number, number>()
  readonly #kept: KeptSelections | undefined

  /** What is found is kept where there is a memory for that. */
  constructor(
    reader: BlockReader,
    symbols: SymbolTable,
    looks: Looks = noLooks,
    kept?: KeptSelections,
  ) {
    this.#looks = looks
    this.#reader = reader
    this.#symbols = symbols
    this.#kept = kept
  }

  async select(request: SelectRequest): Promise<ChunkSeriesSet> {
    return seriesSetOf(this.#reader, this.#find(request), this.#looks)
  }

  #find(request: SelectRequest): FoundSeries {
    const reader = this.#reader
    const looks = this.#looks
    const idOf = (ordinal: number) => this.#idOf(ordinal)
    const kept = this.#kept
    if (kept !== undefined) return kept.find(reader, request, this.#symbols, idOf, looks)
    const refs = selectSeries(reader.index, request.matchers, looks)
    return findChunks(reader, refs, request, idOf, looks)
  }

  async labelSets({ sets, ...range }: LabelSetsRequest): Promise<LabelSets> {
    const { index } = this.#reader
    const refs = union(sets.map((matchers) => selectSeries(index, matchers, this.#looks)))
    const idOf = (ordinal: number) => this.#idOf(ordinal)
    return new BlockLabelSets(this.#reader, refs, range, idOf, this.#looks)
  }

  async labelNames(
    matchers: readonly Matcher[],
    range: TimeRange,
    limit: number,
  ): Promise<LabelList> {
    if (!this.#meets(range)) return this.#list([], limit)
    const { index } = this.#reader
    if (matchers.length === 0) return this.#list([...index.table.names()], limit)
    const entry = new SeriesEntry()
    const found = new Set<number>()
    for (const ref of selectSeries(index, matchers, this.#looks)) {
      this.#looks.item()
      index.readSeries(ref, entry)
      for (let at = 0; at < entry.labelLength; at += 2) found.add(entry.labels[at] ?? 0)
    }
    return this.#listOrdinals(found, limit)
  }

  async labelValues(
    name: string,
    matchers: readonly Matcher[],
    range: TimeRange,
    limit: number,
  ): Promise<LabelList> {
    if (!this.#meets(range)) return this.#list([], limit)
    const { index } = this.#reader
    if (matchers.length === 0) {
      const values: string[] = []
      index.table.visitValues(name, (value) => {
        this.#looks.item()
        values.push(value)
      })
      return this.#list(values, limit)
    }
    const found = new Set<number>()
    const symbol = index.symbols.find(Buffer.from(name, 'utf8'))
    if (symbol === noSymbol) return this.#list([], limit)
    for (const ref of selectSeries(index, matchers, this.#looks)) {
      this.#looks.item()
      found.add(index.valueOf(ref, symbol))
    }
    found.delete(noSymbol)
    return this.#listOrdinals(found, limit)
  }

  close(): void {
    // The reader is closed by whom it belongs to.
  }

  #meets({ minTimeMs, maxTimeMs }: TimeRange): boolean {
    const { meta } = this.#reader
    return minTimeMs < meta.maxTimeMs && maxTimeMs >= meta.minTimeMs
  }

  #idOf(ordinal: number): number {
    const { storedIds } = this.#reader
    const { stored = noStoredTexts } = this.#symbols
    const isShared = storedIds.isOf(stored)
    const known = isShared ? storedIds.get(ordinal) : -1
    if (known >= 0) return known
    const own = this.#ownIds.get(ordinal)
    if (own !== undefined) return own
    const id = this.#symbols.intern(this.#reader.symbolText(ordinal))
    if (isShared && id < stored.count) storedIds.set(ordinal, id, stored)
    else this.#ownIds.set(ordinal, id)
    return id
  }

  #list(texts: readonly string[], limit: number): LabelList {
    const idOf = this.#looks.each((text: string) => this.#symbols.intern(text))
    return this.#listed(Uint32Array.from(texts, idOf), limit)
  }

  #listOrdinals(ordinals: ReadonlySet<number>, limit: number): LabelList {
    const idOf = this.#looks.each((ordinal: number) => this.#idOf(ordinal))
    return this.#listed(Uint32Array.from(ordinals, idOf), limit)
  }

  #listed(ids: Uint32Array, limit: number): LabelList {
    return listOf(ids, this.#symbols, limit, [], this.#looks)
  }
}
