import type { Looks } from '../../base/looks.ts'
import type { Matcher } from '../../model/matcher.ts'
import type {
  ChunkSeriesSet,
  HistogramCursor,
  LabelColumns,
  LabelList,
  LabelSets,
  LabelSetsRequest,
  Querier,
  SampleColumns,
  SelectRequest,
  SymbolTable,
  TimeRange,
} from '../../storage/querier.ts'
import { MergedQuerier, type Source } from './merged-querier.ts'

export interface Overlay {
  /** What is seen instead of the hidden, and beside the rest. */
  readonly over: Querier
  /** Samples behind it are not seen, of either. */
  readonly untilMs: number
  /** Series that any of these sets selects are not seen below from `hiddenFromMs` on. */
  readonly hidden: readonly (readonly Matcher[])[]
  readonly hiddenFromMs: number
  /** Told of every series that is looked at. */
  readonly looks: Looks
}

/** A querier with another one laid over it. Closing it closes both. */
export function overlaidQuerier(below: Querier, overlay: Overlay): Querier {
  const { over, untilMs, looks } = overlay
  const under = new CutSource(below, overlay)
  const seen = new CutSource(over, { untilMs, hidden: [], hiddenFromMs: untilMs, looks })
  const mapped = new MappedSource(seen, over.symbols, below.symbols)
  return new MergedQuerier(below.symbols, [under, mapped], [], overlay.looks)
}

/** Hides what lies behind a time, which may be another one for some series. */
class CutSource implements Source {
  readonly #querier: Querier
  readonly #cut: Omit<Overlay, 'over'>

  constructor(querier: Querier, cut: Omit<Overlay, 'over'>) {
    this.#querier = querier
    this.#cut = cut
  }

  async prepare(sets: readonly (readonly Matcher[])[]): Promise<void> {
    await this.#querier.prepare?.(sets)
  }

  async select(request: SelectRequest): Promise<ChunkSeriesSet> {
    const { untilMs, hidden, hiddenFromMs, looks } = this.#cut
    const set = await this.#querier.select({ ...request, ...this.#seen(request) })
    const endsMs = new Float64Array(set.seriesCount).fill(untilMs)
    if (hidden.length === 0) return new CutSet(set, endsMs)
    await looks.inTurns(set.seriesCount, (from, to) => {
      for (let series = from; series < to; series++) {
        if (hidden.some((matchers) => this.#isSelected(set.labels, series, matchers))) {
          endsMs[series] = Math.min(untilMs, hiddenFromMs - 1)
        }
      }
    })
    return new CutSet(set, endsMs)
  }

  #seen({ minTimeMs, maxTimeMs }: TimeRange): TimeRange {
    return { minTimeMs, maxTimeMs: Math.min(maxTimeMs, this.#cut.untilMs) }
  }

  #isSelected(labels: LabelColumns, series: number, matchers: readonly Matcher[]): boolean {
    const { symbols } = this.#querier
    const { offsets, labelIds } = labels
    const ids = labelIds.subarray(offsets[series], offsets[series + 1])
    return matchers.every((matcher) => {
      const at = ids.findIndex((id, place) => place % 2 === 0 && symbols.text(id) === matcher.name)
      return matcher.matches(at < 0 ? '' : symbols.text(ids[at + 1] ?? 0))
    })
  }

  labelSets(request: LabelSetsRequest): Promise<LabelSets> {
    return this.#querier.labelSets({ ...request, ...this.#seen(request) })
  }

  labelNames(matchers: readonly Matcher[], range: TimeRange, limit: number): Promise<LabelList> {
    return this.#querier.labelNames(matchers, this.#seen(range), limit)
  }

  labelValues(
    name: string,
    matchers: readonly Matcher[],
    range: TimeRange,
    limit: number,
  ): Promise<LabelList> {
    return this.#querier.labelValues(name, matchers, this.#seen(range), limit)
  }

  close(): void {
    this.#querier.close()
  }
}

/** A set of which each series ends at a time of its own. */
class CutSet implements ChunkSeriesSet {
  readonly #set: ChunkSeriesSet
  readonly #endsMs: Float64Array

  constructor(set: ChunkSeriesSet, endsMs: Float64Array) {
    this.#set = set
    this.#endsMs = endsMs
  }

  get seriesCount(): number {
    return this.#set.seriesCount
  }

  get labels(): LabelColumns {
    return this.#set.labels
  }

  get chunks(): ChunkSeriesSet['chunks'] {
    return this.#set.chunks
  }

  get histogramChunksPassed(): number {
    return this.#set.histogramChunksPassed
  }

  get warnings(): readonly string[] {
    return this.#set.warnings
  }

  hidesSamples(): boolean {
    return true
  }

  readFloats(
    series: number,
    minTimeMs: number,
    maxTimeMs: number,
    into: SampleColumns,
    from = 0,
  ): number {
    const endMs = Math.min(maxTimeMs, this.#endsMs[series] ?? maxTimeMs)
    return endMs < minTimeMs ? from : this.#set.readFloats(series, minTimeMs, endMs, into, from)
  }

  readHistograms(series: number, minTimeMs: number, maxTimeMs: number): HistogramCursor {
    const endMs = Math.min(maxTimeMs, this.#endsMs[series] ?? maxTimeMs)
    return this.#set.readHistograms(series, minTimeMs, endMs)
  }
}

/** A source whose labels are ids of another table. */
class MappedSource implements Source {
  readonly #source: Source
  readonly #from: SymbolTable
  readonly #to: SymbolTable

  constructor(source: Source, from: SymbolTable, to: SymbolTable) {
    this.#source = source
    this.#from = from
    this.#to = to
  }

  async prepare(sets: readonly (readonly Matcher[])[]): Promise<void> {
    await this.#source.prepare?.(sets)
  }

  async select(request: SelectRequest): Promise<ChunkSeriesSet> {
    const set = await this.#source.select(request)
    const { offsets, labelIds } = set.labels
    const mapped = labelIds.map((id) => this.#mapped(id))
    return new MappedSet(set, { offsets, labelIds: mapped })
  }

  async labelSets(request: LabelSetsRequest): Promise<LabelSets> {
    return new MappedLabelSets(await this.#source.labelSets(request), (id) => this.#mapped(id))
  }

  async labelNames(
    matchers: readonly Matcher[],
    range: TimeRange,
    limit: number,
  ): Promise<LabelList> {
    return this.#list(await this.#source.labelNames(matchers, range, limit))
  }

  async labelValues(
    name: string,
    matchers: readonly Matcher[],
    range: TimeRange,
    limit: number,
  ): Promise<LabelList> {
    return this.#list(await this.#source.labelValues(name, matchers, range, limit))
  }

  #list(list: LabelList): LabelList {
    return { ...list, ids: list.ids.map((id) => this.#mapped(id)) }
  }

  #mapped(id: number): number {
    return this.#to.intern(this.#from.text(id))
  }

  close(): void {
    this.#source.close()
  }
}

class MappedLabelSets implements LabelSets {
  readonly #sets: LabelSets
  readonly #mapped: (id: number) => number
  ids: Uint32Array = new Uint32Array(0)

  constructor(sets: LabelSets, mapped: (id: number) => number) {
    this.#sets = sets
    this.#mapped = mapped
  }

  get length(): number {
    return this.#sets.length
  }

  get warnings(): readonly string[] {
    return this.#sets.warnings
  }

  next(): boolean {
    if (!this.#sets.next()) return false
    this.ids = this.#sets.ids.subarray(0, this.length).map(this.#mapped)
    return true
  }
}

class MappedSet implements ChunkSeriesSet {
  readonly #set: ChunkSeriesSet
  readonly labels: LabelColumns

  constructor(set: ChunkSeriesSet, labels: LabelColumns) {
    this.#set = set
    this.labels = labels
  }

  get seriesCount(): number {
    return this.#set.seriesCount
  }

  get chunks(): ChunkSeriesSet['chunks'] {
    return this.#set.chunks
  }

  get histogramChunksPassed(): number {
    return this.#set.histogramChunksPassed
  }

  get warnings(): readonly string[] {
    return this.#set.warnings
  }

  hidesSamples(series: number): boolean {
    return this.#set.hidesSamples?.(series) ?? false
  }

  readFloats(
    series: number,
    minTimeMs: number,
    maxTimeMs: number,
    into: SampleColumns,
    from = 0,
  ): number {
    return this.#set.readFloats(series, minTimeMs, maxTimeMs, into, from)
  }

  readHistograms(series: number, minTimeMs: number, maxTimeMs: number): HistogramCursor {
    return this.#set.readHistograms(series, minTimeMs, maxTimeMs)
  }
}
