import type {
  ChunkColumns,
  ChunkSeriesSet,
  HistogramCursor,
  LabelColumns,
  LabelList,
  LabelSets,
  Querier,
  SampleColumns,
  SelectRequest,
  SymbolTable,
  TextPlace,
} from '../storage/querier.ts'
import { listOf } from '../tsdb/index/label-list.ts'

/** Label sets of the only metric, name and value in turn, by name. */
const seriesLabels = ['0.1', '0.5', '1', '+Inf'].flatMap((le) =>
  ['a:9100', 'b:9100', 'c:9100'].map((instance) => [
    ['__name__', rehearsalMetric()],
    ['instance', instance],
    ['job', 'app'],
    ['le', le],
  ]),
)
const sampleIntervalMs = 15_000
/** What answers of series and of values have: more than are sorted by comparing. */
const manySeries = 2_500

/** The metric that there is, beside those that there are not. */
export function rehearsalMetric(): string {
  return 'rehearsal'
}

/**
 * A storage of a dozen counters with a sample every 15 s, made up when they are read: what queries
 * are rehearsed on.
 */
export class RehearsalQuerier implements Querier {
  readonly symbols: SymbolTable = new RehearsalSymbols()

  async select({ matchers }: SelectRequest): Promise<ChunkSeriesSet> {
    const found = seriesLabels.filter((labels) =>
      matchers.every((matcher) =>
        matcher.matches(labels.find(([name]) => name === matcher.name)?.[1] ?? ''),
      ),
    )
    return new RehearsalSeriesSet(found, this.symbols)
  }

  /** So many that an answer of them is compressed. */
  async labelSets(): Promise<LabelSets> {
    return new RehearsalLabelSets(this.symbols)
  }

  async labelNames(): Promise<LabelList> {
    return listOf(this.#idsOf(['__name__', 'instance', 'job', 'le']), this.symbols, 0)
  }

  async labelValues(): Promise<LabelList> {
    const values = Array.from({ length: manySeries }, (_none, at) => `value-${at * 7_919}`)
    return listOf(this.#idsOf(values), this.symbols, 0)
  }

  #idsOf(texts: readonly string[]): Uint32Array {
    return Uint32Array.from(texts, (text) => this.symbols.intern(text))
  }

  close(): void {
    // Holds nothing.
  }
}

class RehearsalLabelSets implements LabelSets {
  readonly warnings: readonly string[] = []
  ids = new Uint32Array(0)
  length = 0
  #next = 0
  readonly #sets: readonly Uint32Array<ArrayBuffer>[]

  constructor(symbols: SymbolTable) {
    this.#sets = seriesLabels.map((labels) =>
      Uint32Array.from(labels.flat(), (text) => symbols.intern(text)),
    )
  }

  next(): boolean {
    this.ids = this.#sets[this.#next % this.#sets.length] ?? this.ids
    this.length = this.ids.length
    return this.#next++ < manySeries
  }
}

class RehearsalSymbols implements SymbolTable {
  readonly #texts: string[] = []
  readonly #ids = new Map<string, number>()

  text(id: number): string {
    return this.#texts[id] ?? ''
  }

  place(id: number): TextPlace {
    const bytes = new TextEncoder().encode(this.text(id))
    return { bytes, start: 0, end: bytes.length }
  }

  intern(text: string): number {
    const known = this.#ids.get(text)
    if (known !== undefined) return known
    this.#ids.set(text, this.#texts.length)
    return this.#texts.push(text) - 1
  }
}

class RehearsalSeriesSet implements ChunkSeriesSet {
  readonly warnings: readonly string[] = []
  readonly histogramChunksPassed = 0
  readonly labels: LabelColumns
  readonly chunks: ChunkColumns

  constructor(labels: readonly (readonly (readonly string[])[])[], symbols: SymbolTable) {
    const offsets = Uint32Array.from({ length: labels.length + 1 }, (_none, at) => at * 8)
    const ids = labels.flat(2).map((text) => symbols.intern(text))
    this.labels = { offsets, labelIds: Uint32Array.from(ids) }
    this.chunks = { ...noChunks, offsets: new Uint32Array(labels.length + 1) }
  }

  get seriesCount(): number {
    return this.labels.offsets.length - 1
  }

  readFloats(series: number, minTimeMs: number, maxTimeMs: number, into: SampleColumns): number {
    const first = Math.ceil(minTimeMs / sampleIntervalMs)
    const count = Math.max(0, Math.floor(maxTimeMs / sampleIntervalMs) - first + 1)
    into.grow(count)
    for (let at = 0; at < count; at++) {
      into.timestampsMs[at] = (first + at) * sampleIntervalMs
      into.values[at] = (first + at) * (series + 1) * 0.7
      if (into.startsMs !== undefined) into.startsMs[at] = 0
    }
    return count
  }

  readHistograms(): HistogramCursor {
    return noHistograms
  }
}

const noChunks: Omit<ChunkColumns, 'offsets'> = {
  encoding: new Uint8Array(0),
  minTimeMs: new Float64Array(0),
  maxTimeMs: new Float64Array(0),
  samples: new Uint32Array(0),
  read: () => 0,
}

const noHistograms: HistogramCursor = {
  timestampMs: 0,
  startMs: 0,
  next: () => false,
  fill: () => undefined,
}
