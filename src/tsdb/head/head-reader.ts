import { assert } from '../../base/assert.ts'
import { type Looks, noLooks } from '../../base/looks.ts'
import { noEntry } from '../../base/shared-hash-table.ts'
import type { Matcher } from '../../model/matcher.ts'
import type {
  ChunkSeriesSet,
  LabelList,
  LabelSets,
  LabelSetsRequest,
  Querier,
  SelectRequest,
  TimeRange,
} from '../../storage/querier.ts'
import type { SharedHeadSeries } from '../../storage/shared-series.ts'
import { DecodedChunks, type DecodedMemory } from '../chunk/decoded-chunks.ts'
import { FloatBitsDecoder } from '../chunk/float-bits-decode.ts'
import { lineDouble } from '../chunk/xor-line.ts'
import { isWithinIntervals } from '../index/intervals.ts'
import { KeptOrders } from '../index/kept-orders.ts'
import { limited, listOf } from '../index/label-list.ts'
import { selectSeries } from '../index/select.ts'
import { type Postings, union } from '../index/set-operations.ts'
import { type ChunkFilesPlace, ClosedChunkReader } from './closed-chunk-reader.ts'
import { firstSeries } from './first-series.ts'
import { HeadBatches, type HeadBatchTools, seriesWithin } from './head-batches.ts'
import { HeadIndex } from './head-index.ts'
import { namesOf } from './head-label-lists.ts'
import { HeadLabelSets } from './head-label-sets.ts'
import {
  type HeadSnapshot,
  type HeadUpdate,
  HeadView,
  isBorn,
  type Published,
} from './head-memory.ts'
import { HeadSelection } from './head-selection.ts'
import { HeadSeriesSet } from './head-series-set.ts'
import { valuesOfMatching } from './head-value-search.ts'
import { OutOfOrderQuerier } from './out-of-order-querier.ts'
import { OutOfOrderSeriesSet } from './out-of-order-series-set.ts'
import { QuerySymbols } from './query-symbols.ts'
import { SelectionMemory } from './selection-memory.ts'
import { snapshotWords } from './snapshot-words.ts'
import { sortSeries } from './sort-series.ts'

/** Asks the head's writer for a snapshot of series; it answers between two commits. */
export interface SnapshotPort {
  snapshot(ids: Uint32Array, count: number, sinceVersion: number): Promise<HeadSnapshot>
}

/**
 * The head as another thread reads it, or the same one. Apply an update before each query: the
 * query sees the series that were there then, and of their samples what its snapshot names.
 */
export class HeadReader {
  readonly #view = new HeadView()
  readonly #decoder = new FloatBitsDecoder()
  readonly #closed: ClosedChunkReader
  readonly #decoded: DecodedChunks | undefined
  #memory = new SelectionMemory()
  #orders = new KeptOrders()
  #published: Published = nothingPublished
  #version = 0

  /** Without a place of head chunk files it reads heads that have none. */
  constructor(files?: ChunkFilesPlace, memory?: DecodedMemory) {
    this.#closed = new ClosedChunkReader(this.#view.chunks, files)
    this.#decoded = memory === undefined ? undefined : new DecodedChunks(memory)
  }

  get version(): number {
    return this.#version
  }

  apply(update: HeadUpdate): void {
    this.#adopt(update)
    const { firstChunkFile } = update.published
    if (firstChunkFile > this.#published.firstChunkFile) this.#closed.forgetBefore(firstChunkFile)
    // Numbers of symbols and pairs are others' from here on; queries that have begun keep their own.
    if (update.published.labels.epoch !== this.#published.labels.epoch) {
      this.#memory = new SelectionMemory()
      this.#orders = new KeptOrders()
    }
    this.#published = update.published
    this.#view.tombstones.count = update.published.tombstones
  }

  #adopt({ version, segments }: Pick<HeadUpdate, 'version' | 'segments'>): void {
    // Two answers may cross: what an earlier one brought already must not be put back.
    const from = version - segments.length
    assert(from <= this.#version, `segments from ${from} on, after ${this.#version}`)
    if (version <= this.#version) return
    this.#view.columns.adopt(segments.slice(this.#version - from))
    this.#version = version
  }

  /**
   * The samples in order, and those out of order where there may be any: as sources of one query,
   * of which the samples in order are selected last.
   */
  queriers(
    port: SnapshotPort,
    looks: Looks = noLooks,
  ): {
    readonly inOrder: HeadQuerier
    readonly outOfOrder: OutOfOrderQuerier | undefined
  } {
    const tools = this.#tools(port, looks)
    const symbols = new QuerySymbols(tools.view.symbols, tools.published.labels)
    const selection = new HeadSelection(tools, symbols, this.#memory)
    const isUsed = tools.published.outOfOrder !== undefined
    return {
      inOrder: new HeadQuerier(tools, symbols, selection, this.#orders),
      outOfOrder: isUsed ? new OutOfOrderQuerier(tools, symbols, selection) : undefined,
    }
  }

  /** Series that a reader of the same head shared; its snapshot must still be pinned. */
  openShared({ kind, ids, words, validFromMs }: SharedHeadSeries): ChunkSeriesSet {
    const tools = {
      view: this.#view,
      closed: this.#closed,
      decoder: this.#decoder,
      decoded: this.#decoded,
      looks: noLooks,
    }
    return kind === 'head'
      ? new HeadSeriesSet(tools, ids, words, validFromMs)
      : new OutOfOrderSeriesSet(tools, ids, words)
  }

  /** The ids of the series that satisfy all matchers. */
  find(matchers: readonly Matcher[]): Postings {
    const symbols = new QuerySymbols(this.#view.symbols, this.#published.labels)
    return selectSeries(new HeadIndex(this.#view, this.#published, symbols), matchers)
  }

  /** Refs of all series, ascending. */
  refs(): Float64Array {
    const { series } = this.#view
    const refs = new Float64Array(this.#published.series)
    let count = 0
    for (let id = 0; id < refs.length; id++) {
      if (isBorn(series, this.#published, id)) refs[count++] = series.ref.get(id)
    }
    return refs.subarray(0, count).sort()
  }

  /**
   * All series with samples in order in the range, or those of some that have any, in label order;
   * see HeadBatches.
   */
  batches(range: TimeRange, port: SnapshotPort, some?: Uint32Array): HeadBatches {
    let found = seriesWithin(this.#view.series, this.#published, range)
    if (some !== undefined) {
      const wanted = new Set(some)
      found = found.filter((id) => wanted.has(id))
    }
    return new HeadBatches(this.#tools(port), found, 'in-order')
  }

  /** The out-of-order samples of some series, in label order. */
  outOfOrderBatches(series: Uint32Array, port: SnapshotPort): HeadBatches {
    const isKnown = (id: number) => isBorn(this.#view.series, this.#published, id)
    return new HeadBatches(this.#tools(port), series.filter(isKnown), 'out-of-order')
  }

  #tools(port: SnapshotPort, looks = noLooks): HeadBatchTools {
    return {
      view: this.#view,
      closed: this.#closed,
      decoder: this.#decoder,
      decoded: this.#decoded,
      looks,
      published: this.#published,
      snapshot: async (ids) => {
        // Most queries of old times and of what is not there need no other thread.
        if (ids.length === 0) return { words: new Uint32Array(0) }
        const answer = await port.snapshot(ids, ids.length, this.#version)
        this.#adopt(answer)
        return answer
      },
    }
  }
}

const nothingPublished: Published = {
  series: 0,
  births: 0,
  labels: { symbols: 0, pairs: 0, names: 0, clock: 0, epoch: 0 },
  minTimeMs: Number.POSITIVE_INFINITY,
  maxTimeMs: Number.NEGATIVE_INFINITY,
  validFromMs: Number.NEGATIVE_INFINITY,
  firstChunkFile: 0,
  tombstones: 0,
  outOfOrderListings: 0,
  outOfOrder: undefined,
}

const noIds = new Uint32Array(0)

class HeadQuerier implements Querier {
  readonly symbols: QuerySymbols
  readonly #tools: HeadBatchTools
  readonly #selection: HeadSelection
  readonly #orders: KeptOrders

  constructor(
    tools: HeadBatchTools,
    symbols: QuerySymbols,
    selection: HeadSelection,
    orders: KeptOrders,
  ) {
    this.#tools = tools
    this.symbols = symbols
    this.#selection = selection
    this.#orders = orders
  }

  prepare(sets: readonly (readonly Matcher[])[]): Promise<void> {
    return this.#selection.prepare(sets)
  }

  async select(request: SelectRequest): Promise<HeadSeriesSet> {
    const { published, looks } = this.#tools
    const { ids, snapshot, series } = await this.#selection.take(request)
    // Only now, or a commit under way would let one of its series in and leave out another.
    const kept = this.#thoseWithSamples(ids, snapshot.words, request)
    const labels = () => series.labelsOf(this.#tools.view.series, kept.ids, request.sorted, looks)
    return new HeadSeriesSet(this.#tools, kept.ids, kept.words, published.validFromMs, labels)
  }

  /** Without the series that have no samples in the range; mostly all of them have. */
  #thoseWithSamples(
    ids: Uint32Array,
    words: Uint32Array,
    range: TimeRange,
  ): { readonly ids: Uint32Array; readonly words: Uint32Array } {
    const hasSamples = this.#tools.looks.each((id: number) => this.#hasSamples(id, range))
    let count = 0
    while (count < ids.length && hasSamples(ids[count] ?? 0)) count++
    if (count === ids.length) return { ids, words }
    const kept = ids.slice()
    for (let index = count + 1; index < ids.length; index++) {
      const id = ids[index] ?? 0
      if (!hasSamples(id)) continue
      kept[count] = id
      words.copyWithin(count * snapshotWords, index * snapshotWords, (index + 1) * snapshotWords)
      count++
    }
    return { ids: kept.subarray(0, count), words: words.subarray(0, count * snapshotWords) }
  }

  async labelSets({ sets, sorted, most, ...range }: LabelSetsRequest): Promise<LabelSets> {
    const { looks, view } = this.#tools
    const { series } = view
    const [only] = sets
    if (most !== undefined && only !== undefined && sets.length === 1 && !sorted) {
      const passes = (id: number) => this.#hasSamples(id, range)
      const first = firstSeries({ ...this.#tools, symbols: this.symbols }, only, most, passes)
      if (first !== undefined) return new HeadLabelSets(series, first, () => true)
    }
    const found = union(sets.map((matchers) => this.#find(matchers)))
    const ids = sorted ? await sortSeries(found, series, this.symbols, looks) : found
    const hasSamples = looks.each((id: number) => this.#hasSamples(id, range))
    return new HeadLabelSets(series, ids, hasSamples)
  }

  async labelNames(
    matchers: readonly Matcher[],
    range: TimeRange,
    limit: number,
  ): Promise<LabelList> {
    const found = this.#holds(range) ? namesOf(this.#tools, this.#foundOrAll(matchers)) : noIds
    return listOf(found, this.symbols, limit, [], this.#tools.looks)
  }

  async labelValues(
    name: string,
    matchers: readonly Matcher[],
    range: TimeRange,
    limit: number,
  ): Promise<LabelList> {
    const symbol = this.symbols.find(name)
    if (symbol === noEntry || !this.#holds(range)) return limited(noIds, limit)
    const { looks } = this.#tools
    const { index } = this.#tools.view
    const pairs = index.pairs(symbol, this.#tools.published.labels)
    const all = index.valuesOfPairs(pairs)
    const texts = this.symbols
    if (matchers.length === 0) return limited(this.#orders.sorted(symbol, all, texts, looks), limit)
    const tools = { ...this.#tools, symbols: texts }
    const found = valuesOfMatching(tools, symbol, pairs, matchers)
    return limited(this.#orders.sortedPart(symbol, all, found, texts, looks), limit)
  }

  /** The series that match; undefined for all of them. */
  #foundOrAll(matchers: readonly Matcher[]): Postings | undefined {
    return matchers.length === 0 ? undefined : this.#find(matchers)
  }

  /** Whether any sample may be in the range: as upstream, lists look no closer. */
  #holds({ minTimeMs, maxTimeMs }: TimeRange): boolean {
    const { published } = this.#tools
    const meets = (span: TimeRange) =>
      minTimeMs <= Math.min(maxTimeMs, span.maxTimeMs) && maxTimeMs >= span.minTimeMs
    const late = published.outOfOrder
    return meets(published) || (late !== undefined && meets(late))
  }

  close(): void {
    // Pins are the port's: the thread that owns the head keeps one for each query.
  }

  #find(matchers: readonly Matcher[]): Postings {
    const { view, published, looks } = this.#tools
    return selectSeries(new HeadIndex(view, published, this.symbols), matchers, looks)
  }

  /** False for a series that has nothing in the range, as far as its chunks' times tell by now. */
  #hasSamples(series: number, range: TimeRange): boolean {
    const { series: columns } = this.#tools.view
    const newest = columns.doubles(series)[columns.lineAt(series) + lineDouble.timestampMs] ?? 0
    const minTimeMs = Math.max(range.minTimeMs, this.#tools.published.validFromMs)
    // A series without samples has its oldest at infinity.
    const oldest = columns.oldestMs.get(series)
    if (newest < minTimeMs || oldest > range.maxTimeMs) return false
    const deleted = this.#tools.view.tombstones.of(series)
    return !isWithinIntervals(deleted, Math.max(oldest, minTimeMs), newest)
  }
}
