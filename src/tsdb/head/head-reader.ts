import { noEntry } from '../../base/shared-hash-table.ts'
import { compareBytes } from '../../model/byte-order.ts'
import type { Matcher } from '../../model/matcher.ts'
import type {
  ChunkSeriesSet,
  LabelList,
  Querier,
  SelectRequest,
  TimeRange,
} from '../../storage/querier.ts'
import { XorDecoder } from '../chunk/xor-decode.ts'
import { lineDouble } from '../chunk/xor-line.ts'
import { type SearchableIndex, selectSeries } from '../index/select.ts'
import { noPostings, type Postings } from '../index/set-operations.ts'
import {
  type HeadSnapshot,
  type HeadUpdate,
  HeadView,
  type Published,
  snapshotWords,
} from './head-memory.ts'
import { HeadSeriesSet } from './head-series-set.ts'
import { QuerySymbols } from './query-symbols.ts'

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
  readonly #decoder = new XorDecoder()
  #published: Published = { series: 0, symbols: 0, pairs: 0, names: 0 }
  #version = 0

  get version(): number {
    return this.#version
  }

  apply(update: HeadUpdate): void {
    this.#adopt(update)
    this.#published = update.published
  }

  #adopt({ version, segments }: Pick<HeadUpdate, 'version' | 'segments'>): void {
    // Two answers may cross: segments are the same whoever brings them, only the version may not fall.
    this.#view.columns.adopt(segments)
    this.#version = Math.max(this.#version, version)
  }

  querier(range: TimeRange, port: SnapshotPort): Querier {
    const tools: QuerierTools = {
      view: this.#view,
      decoder: this.#decoder,
      published: this.#published,
      range,
      snapshot: async (ids) => {
        const answer = await port.snapshot(ids, ids.length, this.#version)
        this.#adopt(answer)
        return answer.words
      },
    }
    return new HeadQuerier(tools)
  }
}

interface QuerierTools {
  readonly view: HeadView
  readonly decoder: XorDecoder
  readonly published: Published
  readonly range: TimeRange
  snapshot(ids: Uint32Array): Promise<Uint32Array>
}

class HeadQuerier implements Querier {
  readonly symbols: QuerySymbols
  readonly #tools: QuerierTools

  constructor(tools: QuerierTools) {
    this.#tools = tools
    this.symbols = new QuerySymbols(tools.view.symbols, tools.published.symbols)
  }

  async select(request: SelectRequest): Promise<ChunkSeriesSet> {
    const { view, decoder } = this.#tools
    const selected = this.#withSamples(this.#find(request.matchers), request)
    const ids = request.sorted ? this.#sorted(selected) : selected
    const words = await this.#tools.snapshot(ids)
    return new HeadSeriesSet(view, ids, words.subarray(0, ids.length * snapshotWords), decoder)
  }

  async labelNames(
    matchers: readonly Matcher[],
    range: TimeRange,
    limit: number,
  ): Promise<LabelList> {
    const { view, published } = this.#tools
    const symbols = new Set<number>()
    if (matchers.length === 0)
      for (const name of view.index.names(published.names)) symbols.add(name)
    else {
      for (const series of this.#withSamples(this.#find(matchers), range)) {
        view.series.labelSet(series).forEach((symbol, index) => {
          if (index % 2 === 0) symbols.add(symbol)
        })
      }
    }
    return this.#list(symbols, limit)
  }

  async labelValues(
    name: string,
    matchers: readonly Matcher[],
    range: TimeRange,
    limit: number,
  ): Promise<LabelList> {
    const symbols = new Set<number>()
    const nameSymbol = this.symbols.find(name)
    if (nameSymbol === noEntry) return this.#list(symbols, limit)
    const { view, published } = this.#tools
    if (matchers.length === 0) {
      for (const pair of view.index.pairs(nameSymbol, published.pairs))
        symbols.add(view.index.valueOfPair(pair))
    } else {
      for (const series of this.#withSamples(this.#find(matchers), range)) {
        const set = view.series.labelSet(series)
        for (let at = 0; at < set.length; at += 2)
          if (set[at] === nameSymbol) symbols.add(set[at + 1] ?? 0)
      }
    }
    return this.#list(symbols, limit)
  }

  close(): void {
    // Pins are the port's: the thread that owns the head keeps one for each query.
  }

  #list(symbols: ReadonlySet<number>, limit: number): LabelList {
    const names = [...symbols].map((symbol) => this.symbols.text(symbol)).sort(compareBytes)
    const truncated = limit > 0 && names.length > limit
    return { names: truncated ? names.slice(0, limit) : names, truncated, warnings: [] }
  }

  #find(matchers: readonly Matcher[]): Postings {
    return selectSeries(this.#index(), matchers)
  }

  #index(): SearchableIndex {
    const { view, published } = this.#tools
    return {
      all: () => Uint32Array.from({ length: published.series }, (_, series) => series),
      postings: (name, value) => {
        const [nameSymbol, valueSymbol] = [this.symbols.find(name), this.symbols.find(value)]
        if (nameSymbol === noEntry || valueSymbol === noEntry) return noPostings
        return view.index.postings(nameSymbol, valueSymbol, published.series)
      },
      eachValue: (name, visit) => {
        const nameSymbol = this.symbols.find(name)
        if (nameSymbol === noEntry) return
        for (const pair of view.index.pairs(nameSymbol, published.pairs)) {
          const value = this.symbols.text(view.index.valueOfPair(pair))
          visit(value, () => view.index.seriesOfPair(pair, published.series))
        }
      },
    }
  }

  /** Leaves out series that have nothing in the range, as far as their chunks' times tell. */
  #withSamples(series: Postings, range: TimeRange): Postings {
    return series.filter((id) => {
      const { view } = this.#tools
      const newest = view.series.doubles(id)[view.series.lineAt(id) + lineDouble.timestampMs] ?? 0
      // A series without samples has its oldest at infinity.
      return newest >= range.minTimeMs && view.series.oldestMs.get(id) <= range.maxTimeMs
    })
  }

  #sorted(series: Postings): Postings {
    const { view } = this.#tools
    const texts = new Map<number, readonly string[]>()
    for (const id of series)
      texts.set(
        id,
        Array.from(view.series.labelSet(id), (symbol) => this.symbols.text(symbol)),
      )
    const order = [...series].sort((a, b) => compareSets(texts.get(a) ?? [], texts.get(b) ?? []))
    return Uint32Array.from(order)
  }
}

function compareSets(a: readonly string[], b: readonly string[]): number {
  const length = Math.min(a.length, b.length)
  for (let index = 0; index < length; index++) {
    const order = compareBytes(a[index] ?? '', b[index] ?? '')
    if (order !== 0) return order
  }
  return a.length - b.length
}
