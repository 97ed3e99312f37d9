import type { GrowingColumns } from '../../model/growing-columns.ts'
import { halvesOf, isStaleAt } from '../../model/stale-nan.ts'
import type { ChunkSeriesSet } from '../../storage/querier.ts'
import { type HistogramColumns, stalePlace } from '../histogram/histogram-columns.ts'
import type { VectorSelectorNode } from '../plan/node.ts'
import { type Evaluation, stepsPerCheckpoint } from './evaluation.ts'
import { putFloat, putPlace } from './histogram-cells.ts'
import { TableMemo } from './memos.ts'
import type { Operator, SeriesTable } from './operator.ts'
import { foundTable, readSamples, type Select } from './selects.ts'
import { lastTime, type StepBatch, setPresent, type TimeAxis } from './step-batch.ts'

/**
 * An instant selector: at each step the newest sample in (t - lookback, t], none where that one is
 * a stale marker (rows Q2.3, Q2.5, Q2.6). Each series is decoded once for all steps.
 */
export class VectorSelector implements Operator {
  readonly #columns: GrowingColumns
  readonly #histograms: HistogramColumns
  readonly #select: Select
  readonly #memo: TableMemo
  readonly #lookups: Lookups
  readonly #latest: LatestSamples
  #found: ChunkSeriesSet | undefined
  #batch: StepBatch | undefined
  #next = 0

  constructor(
    readonly evaluation: Evaluation,
    readonly node: VectorSelectorNode,
    readonly axis: TimeAxis,
  ) {
    const wantsStarts = node.reads === 'start-timestamp' && evaluation.options.useStartTimestamps
    const { columns, histograms } = evaluation.buffers.read(wantsStarts)
    this.#columns = columns
    this.#histograms = histograms
    this.#memo = evaluation.memos.take(TableMemo)
    this.#lookups = lookupsOf(axis, node)
    this.#latest = new LatestSamples(
      this.#columns,
      this.#lookups,
      evaluation.lookbackMs,
      node.reads,
    )
    this.#select = evaluation.selects.of(node.select.id, node.select.matchers)
    this.#select.widen(
      this.#lookups.firstMs - evaluation.lookbackMs + 1,
      lastLookup(axis, this.#lookups),
    )
  }

  async series(): Promise<SeriesTable> {
    const { selects, annotations, options } = this.evaluation
    this.#found = await this.#select.series(selects.querier, annotations)
    return foundTable(this.#found, this.#memo, selects.symbols, options.tableSeriesMax)
  }

  async next(): Promise<StepBatch | undefined> {
    const set = this.#found
    if (set === undefined || this.#next >= set.seriesCount) return undefined
    const { control, counts } = this.evaluation
    this.#batch ??= this.evaluation.batch(this.axis, set.seriesCount)
    const batch = this.#batch
    batch.reset(this.#next, Math.min(batch.rowsMax, set.seriesCount - this.#next))
    for (let row = 0; row < batch.rows; row++) {
      const samples = this.#read(set, batch.first + row)
      if (this.#histograms.count > 0) {
        await this.#fillMixed(batch, row, samples)
        continue
      }
      this.#latest.begin(samples)
      let found = 0
      for (let from = 0; from < batch.steps; from += stepsPerCheckpoint) {
        const to = Math.min(from + stepsPerCheckpoint, batch.steps)
        found += this.#latest.fill(batch, row, from, to)
        if (from > 0) await control.checkpoint()
      }
      counts.row(batch.present, row * batch.words, found)
      if ((row & 15) === 15) await control.checkpoint()
    }
    this.#next += batch.rows
    await control.checkpoint()
    return batch
  }

  #read(set: ChunkSeriesSet, series: number): number {
    const { firstMs } = this.#lookups
    const { lookbackMs, budget } = this.evaluation
    const lastMs = lastLookup(this.axis, this.#lookups)
    const minTimeMs = firstMs - lookbackMs + 1
    if (firstMs === lastMs && set.takeNewest?.(series, minTimeMs, lastMs, this.#columns) === true) {
      this.#histograms.clear()
      budget.check(1)
      return 1
    }
    const range = { minTimeMs, maxTimeMs: lastMs }
    const count = readSamples(set, series, range, this.#columns, this.#histograms, {
      keepsStale: true,
      parts: this.node.histograms,
    })
    budget.check(count + this.#histograms.samples(0, this.#histograms.count))
    return count
  }

  async #fillMixed(batch: StepBatch, row: number, floats: number): Promise<void> {
    const { evaluation, node } = this
    const found = new LatestMixed(this.#columns, floats, this.#histograms)
    const readsTime = node.reads === 'timestamp' || node.reads === 'start-timestamp'
    let timeMs = this.#lookups.firstMs
    for (let step = 0; step < batch.steps; step++, timeMs += this.#lookups.stepMs) {
      const place = found.seek(timeMs, evaluation.lookbackMs)
      if (place === undefined) continue
      if (node.reads === 'timestamp') {
        putFloat(batch, row, step, found.timestampMs / 1000)
      } else if (node.reads === 'start-timestamp') {
        putFloat(batch, row, step, found.startMs / 1000)
      } else if (place === notHistogram) {
        const isTime = node.reads === 'float-timestamp'
        putFloat(batch, row, step, isTime ? found.timestampMs / 1000 : found.value)
      } else {
        putPlace(batch, row, step, batch.histograms.copyFrom(this.#histograms.block, place))
      }
      const isFloat = place === notHistogram || readsTime
      evaluation.counts.at(step, isFloat ? 1 : this.#histograms.block.samplesAt(place))
      if (step % mixedStepsPerCheckpoint === 0) await evaluation.control.checkpoint()
    }
  }
}

/** Steps of a series with histograms between questions whether the turn is over. */
const mixedStepsPerCheckpoint = 1024

/** Where a selector looks: at step s at firstMs + s * stepMs, at one place where it is pinned. */
export interface Lookups {
  readonly firstMs: number
  readonly stepMs: number
}

export function lookupsOf(
  axis: TimeAxis,
  node: { readonly offsetMs: number; readonly atMs: number | undefined },
): Lookups {
  if (node.atMs !== undefined) return { firstMs: node.atMs - node.offsetMs, stepMs: 0 }
  return { firstMs: axis.startMs - node.offsetMs, stepMs: axis.stepMs }
}

export function lastLookup(axis: TimeAxis, lookups: Lookups): number {
  return lookups.stepMs === 0 ? lookups.firstMs : lookups.firstMs + lastTime(axis) - axis.startMs
}

/** Finds for steps in order the newest sample of a series that is not older than the lookback. */
class LatestSamples {
  #count = 0
  #index = -1

  constructor(
    readonly columns: GrowingColumns,
    readonly lookups: Lookups,
    readonly lookbackMs: number,
    readonly reads: VectorSelectorNode['reads'],
  ) {}

  /** Starts with the `count` samples that the columns hold now. */
  begin(count: number): void {
    this.#count = count
    this.#index = -1
  }

  /** Fills steps `from` to `to`, which follow those filled before; answers how many have one. */
  fill(batch: StepBatch, row: number, from: number, to: number): number {
    const { columns, lookups, lookbackMs } = this
    const { timestampsMs, startsMs = timestampsMs } = columns
    const isTime = this.reads !== 'value'
    const times = this.reads === 'start-timestamp' ? startsMs : timestampsMs
    const reads = isTime ? times : columns.values
    const valueOffset = row * batch.steps
    const presentOffset = row * batch.words
    const count = this.#count
    let index = this.#index
    let found = 0
    // Samples mostly come at regular times, so that one step goes as far as that before.
    let stride = 0
    let timeMs = lookups.firstMs + from * lookups.stepMs
    for (let step = from; step < to; step++, timeMs += lookups.stepMs) {
      const before = index
      const likely = index + stride
      if (stride > 1 && likely < count && (timestampsMs[likely] ?? 0) <= timeMs) index = likely
      while (index + 1 < count && (timestampsMs[index + 1] ?? 0) <= timeMs) index++
      stride = index - before
      if (index < 0 || (timestampsMs[index] ?? 0) <= timeMs - lookbackMs) continue
      // A stale marker is a NaN: asking that first is one look instead of two.
      if (Number.isNaN(columns.values[index]) && isStaleAt(halvesOf(columns.values), index))
        continue
      const value = reads[index] ?? 0
      batch.values[valueOffset + step] = isTime ? value / 1000 : value
      setPresent(batch.present, presentOffset, step)
      found++
    }
    this.#index = index
    return found
  }
}

const notHistogram = -2

/** The newest sample of a series that has floats and histograms, for times that only rise. */
class LatestMixed {
  timestampMs = 0
  /** 0 where none is known, or wanted. */
  startMs = 0
  value = 0
  #float = -1
  #histogram = -1
  readonly #halves: Uint32Array

  constructor(
    readonly columns: GrowingColumns,
    readonly floats: number,
    readonly histograms: HistogramColumns,
  ) {
    this.#halves = halvesOf(columns.values)
  }

  /** Its place among the histograms, notHistogram for a float, undefined where there is none. */
  seek(timeMs: number, lookbackMs: number): number | undefined {
    const { columns, histograms } = this
    const floatTimes = columns.timestampsMs
    const histogramTimes = histograms.timestampsMs
    while (this.#float + 1 < this.floats && (floatTimes[this.#float + 1] ?? 0) <= timeMs) {
      this.#float++
    }
    while (
      this.#histogram + 1 < histograms.count &&
      (histogramTimes[this.#histogram + 1] ?? 0) <= timeMs
    ) {
      this.#histogram++
    }
    const floatMs = timeOf(floatTimes, this.#float)
    const histogramMs = timeOf(histogramTimes, this.#histogram)
    this.timestampMs = Math.max(floatMs, histogramMs)
    if (this.timestampMs <= timeMs - lookbackMs) return undefined
    if (floatMs >= histogramMs) {
      if (isStaleAt(this.#halves, this.#float)) return undefined
      this.value = columns.values[this.#float] ?? 0
      this.startMs = columns.startsMs?.[this.#float] ?? 0
      return notHistogram
    }
    const place = histograms.places[this.#histogram] ?? stalePlace
    this.startMs = histograms.startsMs?.[this.#histogram] ?? 0
    return place === stalePlace ? undefined : place
  }
}

function timeOf(timestampsMs: Float64Array, index: number): number {
  return index < 0 ? Number.NEGATIVE_INFINITY : (timestampsMs[index] ?? 0)
}
