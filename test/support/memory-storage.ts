import type { Labels } from '../../src/model/labels.ts'
import type { Matcher } from '../../src/model/matcher.ts'
import { halvesOf, writeStaleAt } from '../../src/model/stale-nan.ts'
import type {
  ChunkSeriesSet,
  LabelList,
  LabelSets,
  Querier,
  Queryable,
  SampleColumns,
  SelectRequest,
  SymbolTable,
  TextPlace,
  TimeRange,
} from '../../src/storage/querier.ts'

interface StoredSeries {
  readonly labels: Labels
  timestampsMs: Float64Array
  values: Float64Array
  count: number
}

/** A sample to store; 'stale' stands for the stale marker. */
export type StoredValue = number | 'stale'

/**
 * A Queryable over sample columns, for tests of the engine: no chunks, no index, nothing shared
 * with the database. It only answers what the engine asks.
 */
export class MemoryStorage implements Queryable {
  readonly #series = new Map<string, StoredSeries>()

  /** Appends in time order; a sample at the time of the last one replaces it. */
  append(labels: Labels, timeMs: number, value: StoredValue): void {
    const series = this.#seriesOf(labels)
    if (series.count > 0 && series.timestampsMs[series.count - 1] === timeMs) series.count--
    if (series.count === series.values.length) grow(series)
    series.timestampsMs[series.count] = timeMs
    if (value === 'stale') writeStaleAt(halvesOf(series.values), series.count)
    else series.values[series.count] = value
    series.count++
  }

  get series(): readonly StoredSeries[] {
    return [...this.#series.values()]
  }

  clear(): void {
    this.#series.clear()
  }

  async querier(_range: TimeRange): Promise<Querier> {
    return new MemoryQuerier([...this.#series.values()])
  }

  #seriesOf(labels: Labels): StoredSeries {
    const key = labels.key()
    let series = this.#series.get(key)
    if (series === undefined) {
      series = {
        labels,
        timestampsMs: new Float64Array(16),
        values: new Float64Array(16),
        count: 0,
      }
      this.#series.set(key, series)
    }
    return series
  }
}

function grow(series: StoredSeries): void {
  const timestampsMs = new Float64Array(series.values.length * 2)
  const values = new Float64Array(series.values.length * 2)
  timestampsMs.set(series.timestampsMs)
  values.set(series.values)
  series.timestampsMs = timestampsMs
  series.values = values
}

class MemorySymbols implements SymbolTable {
  readonly #texts: string[] = []
  readonly #ids = new Map<string, number>()

  text(id: number): string {
    const text = this.#texts[id]
    if (text === undefined) throw new Error(`no symbol ${id}`)
    return text
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

class MemoryQuerier implements Querier {
  readonly symbols = new MemorySymbols()

  constructor(readonly all: readonly StoredSeries[]) {}

  async select(request: SelectRequest): Promise<ChunkSeriesSet> {
    const { minTimeMs, maxTimeMs, matchers } = request
    const found = this.all
      .filter(
        (series) => matches(series.labels, matchers) && overlaps(series, minTimeMs, maxTimeMs),
      )
      .sort((left, right) => left.labels.compare(right.labels))
    const offsets = new Uint32Array(found.length + 1)
    const labelIds: number[] = []
    for (const [index, { labels }] of found.entries()) {
      for (const [name, value] of labels.entries()) {
        labelIds.push(this.symbols.intern(name), this.symbols.intern(value))
      }
      offsets[index + 1] = labelIds.length
    }
    const none = new Float64Array(0)
    // One chunk a series, of XOR.
    const encoding = new Uint8Array(found.length).fill(1)
    return {
      seriesCount: found.length,
      labels: { offsets, labelIds: Uint32Array.from(labelIds) },
      chunks: {
        offsets: Uint32Array.from({ length: found.length + 1 }, (_none, index) => index),
        encoding,
        minTimeMs: none,
        maxTimeMs: none,
        samples: new Uint32Array(0),
        read: () => 0,
      },
      readFloats: (series, from, to, into, index = 0) => {
        const stored = found[series]
        return stored === undefined ? index : copy(stored, from, to, into, index)
      },
      readHistograms: () => ({
        timestampMs: 0,
        startMs: 0,
        next: () => false,
        fill: () => undefined,
      }),
      histogramChunksPassed: 0,
      warnings: [],
    }
  }

  async labelSets(): Promise<LabelSets> {
    return { next: () => false, ids: new Uint32Array(0), length: 0, warnings: [] }
  }

  async labelNames(): Promise<LabelList> {
    return { ids: new Uint32Array(0), truncated: false, warnings: [] }
  }

  async labelValues(): Promise<LabelList> {
    return { ids: new Uint32Array(0), truncated: false, warnings: [] }
  }

  close(): void {}
}

function matches(labels: Labels, matchers: readonly Matcher[]): boolean {
  return matchers.every((matcher) => matcher.matches(labels.get(matcher.name)))
}

function overlaps(series: StoredSeries, minTimeMs: number, maxTimeMs: number): boolean {
  const first = series.timestampsMs[0] ?? 0
  const last = series.timestampsMs[series.count - 1] ?? 0
  return series.count > 0 && first <= maxTimeMs && last >= minTimeMs
}

function copy(
  series: StoredSeries,
  from: number,
  to: number,
  into: SampleColumns,
  index: number,
): number {
  let start = 0
  while (start < series.count && (series.timestampsMs[start] ?? 0) < from) start++
  let end = start
  while (end < series.count && (series.timestampsMs[end] ?? 0) <= to) end++
  into.grow(index + end - start)
  into.timestampsMs.set(series.timestampsMs.subarray(start, end), index)
  into.values.set(series.values.subarray(start, end), index)
  return index + end - start
}
