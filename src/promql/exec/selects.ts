import { assert } from '../../base/assert.ts'
import type { Matcher } from '../../model/matcher.ts'
import type {
  ChunkSeriesSet,
  Querier,
  Queryable,
  SampleColumns,
  SymbolTable,
  TimeRange,
} from '../../storage/querier.ts'
import type { HistogramColumns, HistogramReading } from '../histogram/histogram-columns.ts'
import type { Annotations } from './annotations.ts'
import { type TableMemo, tableItself } from './memos.ts'
import type { SeriesTable } from './operator.ts'

/** One select of the query; selectors of the plan that share it widen its range. */
export class Select {
  #minTimeMs = Number.POSITIVE_INFINITY
  #maxTimeMs = Number.NEGATIVE_INFINITY
  #found: Promise<ChunkSeriesSet> | undefined

  constructor(readonly matchers: readonly Matcher[]) {}

  get range(): TimeRange {
    return { minTimeMs: this.#minTimeMs, maxTimeMs: this.#maxTimeMs }
  }

  widen(minTimeMs: number, maxTimeMs: number): void {
    assert(this.#found === undefined, 'a select widened after it ran')
    this.#minTimeMs = Math.min(this.#minTimeMs, minTimeMs)
    this.#maxTimeMs = Math.max(this.#maxTimeMs, maxTimeMs)
  }

  /** Runs it once. */
  series(querier: Querier, annotations: Annotations): Promise<ChunkSeriesSet> {
    this.#found ??= this.#run(querier, annotations)
    return this.#found
  }

  async #run(querier: Querier, annotations: Annotations): Promise<ChunkSeriesSet> {
    const set = await querier.select({ matchers: this.matchers, ...this.range, sorted: false })
    for (const warning of set.warnings) annotations.storage(warning)
    return set
  }
}

/**
 * Reads the samples of one series with minTimeMs <= t <= maxTimeMs, stale floats kept, and answers
 * how many floats there are. Chunks of histograms are only decoded where there are any.
 */
export function readSamples(
  set: ChunkSeriesSet,
  series: number,
  { minTimeMs, maxTimeMs }: TimeRange,
  floats: SampleColumns,
  histograms: HistogramColumns,
  reading: HistogramReading,
): number {
  const passed = set.histogramChunksPassed
  const count = set.readFloats(series, minTimeMs, maxTimeMs, floats)
  if (set.histogramChunksPassed === passed) histograms.clear()
  else histograms.read(set.readHistograms(series, minTimeMs, maxTimeMs), reading)
  return count
}

/** All selects of one query over one querier, opened after every range is known. */
export class Selects {
  readonly #selects = new Map<number, Select>()
  #minTimeMs = Number.POSITIVE_INFINITY
  #maxTimeMs = Number.NEGATIVE_INFINITY
  #freshIds = 0
  readonly #reserved: (readonly Matcher[])[] = []
  #querier: Querier | undefined

  get symbols(): SymbolTable {
    return this.querier.symbols
  }

  get querier(): Querier {
    assert(this.#querier !== undefined, 'selects used before they were opened')
    return this.#querier
  }

  /** The select with this id of the plan. */
  of(id: number, matchers: readonly Matcher[]): Select {
    let select = this.#selects.get(id)
    if (select === undefined) {
      select = new Select(matchers)
      this.#selects.set(id, select)
    }
    return select
  }

  /** For a select that will be known later: its range, and matchers that select no less. */
  reserve(minTimeMs: number, maxTimeMs: number, matchers: readonly Matcher[]): void {
    this.#reserved.push(matchers)
    this.#minTimeMs = Math.min(this.#minTimeMs, minTimeMs)
    this.#maxTimeMs = Math.max(this.#maxTimeMs, maxTimeMs)
  }

  /** An id that no selector of the plan has. */
  freshId(): number {
    this.#freshIds--
    return this.#freshIds
  }

  async open(queryable: Queryable): Promise<void> {
    let minTimeMs = this.#minTimeMs
    let maxTimeMs = this.#maxTimeMs
    for (const { range } of this.#selects.values()) {
      minTimeMs = Math.min(minTimeMs, range.minTimeMs)
      maxTimeMs = Math.max(maxTimeMs, range.maxTimeMs)
    }
    const none = minTimeMs > maxTimeMs
    this.#querier = await queryable.querier(
      none ? { minTimeMs: 0, maxTimeMs: 0 } : { minTimeMs, maxTimeMs },
    )
    const sets = [...this.#selects.values()].map(({ matchers }) => matchers)
    sets.push(...this.#reserved)
    // A single select is of one state by itself.
    if (sets.length > 1) await this.#querier.prepare?.(sets)
  }

  close(): void {
    this.#querier?.close()
    this.#querier = undefined
  }
}

/** The table of what a selector found: the one of the time before where that found the same series. */
export async function foundTable(
  set: ChunkSeriesSet,
  memo: TableMemo,
  symbols: SymbolTable,
  seriesMax: number,
): Promise<SeriesTable> {
  const { seriesCount: count } = set
  if (count > seriesMax) return passingTable(set)
  const { labels } = set
  const make = () => ({ count, labels, nameDropped: new Uint8Array(count) })
  return memo.of([labels], symbols, make, tableItself)
}

/** Of more series than anything is kept of: labels are made where somebody looks at them. */
function passingTable(set: ChunkSeriesSet): SeriesTable {
  const { seriesCount: count } = set
  return {
    count,
    get labels() {
      return set.labels
    },
    nameDropped: new Uint8Array(count),
    isPassing: true,
  }
}

/** Samples that columns hold before they grow. */
export const firstCapacity = 256
