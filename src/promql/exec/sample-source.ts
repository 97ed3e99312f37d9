import { GrowingColumns } from '../../model/growing-columns.ts'
import { halvesOf, isStaleAt } from '../../model/stale-nan.ts'
import type { ChunkSeriesSet } from '../../storage/querier.ts'
import { HistogramColumns } from '../histogram/histogram-columns.ts'
import type { HistogramParts, RangeSelectorNode } from '../plan/node.ts'
import type { Evaluation } from './evaluation.ts'
import { isHistogram } from './histogram-cells.ts'
import { TableMemo } from './memos.ts'
import type { Operator, SeriesTable } from './operator.ts'
import { firstCapacity, foundTable, readSamples, type Select } from './selects.ts'
import { isPresent, type StepBatch, type TimeAxis, timeAt } from './step-batch.ts'
import { type Lookups, lastLookup, lookupsOf } from './vector-selector.ts'

/** A run of series whose samples can be read now. */
export interface SeriesRun {
  readonly first: number
  readonly count: number
}

/**
 * The samples of a range vector, one series after the other: series() once, then advance() until
 * undefined, and within a run read() each series into `columns` and `histograms` (each sorted by
 * time, no stale markers); it answers how many floats there are.
 */
export interface SampleSource {
  readonly columns: GrowingColumns
  readonly histograms: HistogramColumns
  series(): Promise<SeriesTable>
  advance(): Promise<SeriesRun | undefined>
  read(series: number): number
}

/** How far beyond its range a selector looks for samples (rows Q2.9 to Q2.11). */
export function reachOf(
  { lookbackMs }: Evaluation,
  { edges }: Pick<RangeSelectorNode, 'edges'>,
): { readonly beforeMs: number; readonly afterMs: number } {
  return {
    beforeMs: edges === 'plain' ? 0 : lookbackMs,
    afterMs: edges === 'smoothed' ? lookbackMs : 0,
  }
}

/** The stored samples of a selector. */
export class SelectorSource implements SampleSource {
  readonly columns: GrowingColumns
  readonly histograms: HistogramColumns
  readonly #select: Select
  readonly #memo: TableMemo
  readonly #parts: HistogramParts
  readonly #minTimeMs: number
  readonly #maxTimeMs: number
  #found: ChunkSeriesSet | undefined
  #next = 0

  constructor(
    readonly evaluation: Evaluation,
    node: RangeSelectorNode,
    axis: TimeAxis,
    readonly runMax: number,
    wantsStarts: boolean,
  ) {
    const { columns, histograms } = evaluation.buffers.read(wantsStarts)
    this.columns = columns
    this.histograms = histograms
    this.#memo = evaluation.memos.take(TableMemo)
    this.#parts = node.histograms
    const lookups: Lookups = lookupsOf(axis, node)
    const { beforeMs, afterMs } = reachOf(evaluation, node)
    this.#minTimeMs = lookups.firstMs - node.rangeMs - beforeMs + 1
    this.#maxTimeMs = lastLookup(axis, lookups) + afterMs
    this.#select = evaluation.selects.of(node.select.id, node.select.matchers)
    this.#select.widen(this.#minTimeMs, this.#maxTimeMs)
  }

  async series(): Promise<SeriesTable> {
    const { selects, annotations, options } = this.evaluation
    this.#found = await this.#select.series(selects.querier, annotations)
    return foundTable(this.#found, this.#memo, selects.symbols, options.tableSeriesMax)
  }

  async advance(): Promise<SeriesRun | undefined> {
    const left = (this.#found?.seriesCount ?? 0) - this.#next
    if (left <= 0) return undefined
    const run = { first: this.#next, count: Math.min(left, this.runMax) }
    this.#next += run.count
    return run
  }

  read(series: number): number {
    const found = this.#found
    if (found === undefined) return 0
    const range = { minTimeMs: this.#minTimeMs, maxTimeMs: this.#maxTimeMs }
    const count = readSamples(found, series, range, this.columns, this.histograms, {
      keepsStale: false,
      parts: this.#parts,
    })
    this.evaluation.budget.check(count + this.histograms.samples(0, this.histograms.count))
    return withoutStale(this.columns, count)
  }
}

/** What an expression gave at the steps of a subquery's own axis. */
export class SubquerySource implements SampleSource {
  readonly columns = new GrowingColumns(firstCapacity)
  readonly histograms = new HistogramColumns()
  #batch: StepBatch | undefined

  constructor(
    readonly child: Operator,
    readonly axis: TimeAxis,
  ) {}

  series(): Promise<SeriesTable> {
    return this.child.series()
  }

  async advance(): Promise<SeriesRun | undefined> {
    this.#batch = await this.child.next()
    return this.#batch && { first: this.#batch.first, count: this.#batch.rows }
  }

  read(series: number): number {
    const batch = this.#batch
    this.histograms.clear()
    if (batch === undefined) return 0
    const row = series - batch.first
    this.columns.grow(batch.steps)
    const { timestampsMs, values } = this.columns
    let count = 0
    for (let step = 0; step < batch.steps; step++) {
      if (!isPresent(batch.present, row * batch.words, step)) continue
      const value = batch.values[row * batch.steps + step] ?? 0
      const timeMs = timeAt(this.axis, step)
      if (isHistogram(batch, row, step)) {
        this.histograms.addComputed(timeMs, batch.histograms, value)
        continue
      }
      timestampsMs[count] = timeMs
      values[count] = value
      count++
    }
    return count
  }
}

function withoutStale(columns: GrowingColumns, count: number): number {
  const { timestampsMs, values, startsMs } = columns
  if (!addsUpToNaN(values, count)) return count
  const halves = halvesOf(values)
  let index = 0
  // A stale marker is a NaN: asking that first is one look instead of two.
  while (index < count && !(Number.isNaN(values[index]) && isStaleAt(halves, index))) index++
  let kept = index
  for (; index < count; index++) {
    if (isStaleAt(halves, index)) continue
    timestampsMs[kept] = timestampsMs[index] ?? 0
    values[kept] = values[index] ?? 0
    if (startsMs !== undefined) startsMs[kept] = startsMs[index] ?? 0
    kept++
  }
  return kept
}

/**
 * True where a NaN is among the values, as stale markers are; also where infinities of both signs are.
 * In two sums that do not wait for each other: in half of the time of a look at each value.
 */
function addsUpToNaN(values: Float64Array, count: number): boolean {
  let even = 0
  let odd = 0
  let index = 0
  for (; index + 1 < count; index += 2) {
    even += values[index] ?? 0
    odd += values[index + 1] ?? 0
  }
  if (index < count) even += values[index] ?? 0
  return Number.isNaN(even + odd)
}
