import { NarthexError } from '../../base/errors.ts'
import type { NativeHistogram } from '../../model/histogram.ts'
import { HistogramColumns } from '../histogram/histogram-columns.ts'
import type { RangeSelectorNode, SubqueryNode } from '../plan/node.ts'
import type { Evaluation } from './evaluation.ts'
import { extendFloats } from './extend-floats.ts'
import { HeldFloats } from './held-floats.ts'
import type { SeriesTable } from './operator.ts'
import type { SampleSource } from './sample-source.ts'
import type { TimeAxis } from './step-batch.ts'
import { lookupsOf } from './vector-selector.ts'

/** Some of a series' samples, by their numbers within it. */
interface SampleRange {
  readonly from: number
  readonly count: number
}

/** The samples of a range vector at one time, for an instant query that asks for just that. */
export class HeldSamples {
  #floats = new HeldFloats()
  #offsets: Float64Array
  #histograms = new HistogramColumns()
  #histogramOffsets: Float64Array

  private constructor(readonly table: SeriesTable) {
    this.#offsets = new Float64Array(table.count + 1)
    this.#histogramOffsets = new Float64Array(table.count + 1)
  }

  static async from(
    evaluation: Evaluation,
    source: SampleSource,
    node: RangeSelectorNode | SubqueryNode,
    axis: TimeAxis,
  ): Promise<HeldSamples> {
    const held = new HeldSamples(await source.series())
    const { firstMs } = lookupsOf(axis, node)
    const isExtended = node.kind === 'range-selector' && node.edges !== 'plain'
    // The edges of an extended range belong to it.
    const afterMs = firstMs - node.rangeMs - (isExtended ? 1 : 0)
    for (;;) {
      const run = await source.advance()
      if (run === undefined) break
      for (let series = run.first; series < run.first + run.count; series++) {
        const samples = held.#add(
          source,
          readEdged(source, series, node, firstMs),
          series,
          afterMs,
          firstMs,
        )
        evaluation.budget.add(samples)
        if (node.kind === 'range-selector') evaluation.counts.at(0, samples)
        await evaluation.control.checkpoint()
      }
    }
    if (node.kind === 'subquery') evaluation.counts.lookWithin()
    return held
  }

  /** The same samples under other label sets. */
  named(table: SeriesTable): HeldSamples {
    const held = new HeldSamples(table)
    held.#offsets = this.#offsets
    held.#histograms = this.#histograms
    held.#histogramOffsets = this.#histogramOffsets
    held.#floats = this.#floats
    return held
  }

  has(series: number): boolean {
    return this.hasFloats(series) || this.hasHistograms(series)
  }

  hasFloats(series: number): boolean {
    return this.floatCount(series) > 0
  }

  hasHistograms(series: number): boolean {
    return this.histogramCount(series) > 0
  }

  /** How many floats a series has. */
  floatCount(series: number): number {
    return (this.#offsets[series + 1] ?? 0) - (this.#offsets[series] ?? 0)
  }

  histogramCount(series: number): number {
    return (this.#histogramOffsets[series + 1] ?? 0) - (this.#histogramOffsets[series] ?? 0)
  }

  /** Floats of a series from the one of that number on. */
  eachFloat(
    series: number,
    { from, count }: SampleRange,
    visit: (timeMs: number, value: number) => void,
  ): void {
    this.#floats.each((this.#offsets[series] ?? 0) + from, count, visit)
  }

  /** Loads one histogram after the other of a series. */
  eachHistogram(
    series: number,
    { from, count }: SampleRange,
    scratch: NativeHistogram,
    visit: (timeMs: number) => void,
  ): void {
    const start = (this.#histogramOffsets[series] ?? 0) + from
    for (let at = start; at < start + count; at++) {
      this.#histograms.load(at, scratch)
      visit(this.#histograms.timestampsMs[at] ?? 0)
    }
  }

  /** Copies what lies in (afterMs, untilMs]; answers how many samples that counts for. */
  #add(
    source: SampleSource,
    count: number,
    series: number,
    afterMs: number,
    untilMs: number,
  ): number {
    const { timestampsMs, values } = source.columns
    const from = firstAfter(timestampsMs, count, afterMs)
    const to = firstAfter(timestampsMs, count, untilMs)
    this.#floats.add(timestampsMs, values, from, to)
    this.#offsets[series + 1] = this.#floats.count
    return to - from + this.#addHistograms(source.histograms, series, afterMs, untilMs)
  }

  #addHistograms(from: HistogramColumns, series: number, afterMs: number, untilMs: number): number {
    const held = this.#histograms
    const start = held.count
    for (let at = 0; at < from.count; at++) {
      const timeMs = from.timestampsMs[at] ?? 0
      if (timeMs <= afterMs || timeMs > untilMs) continue
      held.add(timeMs, held.block.copyFrom(from.block, from.places[at] ?? 0))
    }
    this.#histogramOffsets[series + 1] = held.count
    return held.samples(start, held.count)
  }
}

/** The number of the first of `count` rising times that is later; `count` where none is. */
function firstAfter(timestampsMs: Float64Array, count: number, timeMs: number): number {
  let [low, high] = [0, count]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((timestampsMs[middle] ?? 0) <= timeMs) low = middle + 1
    else high = middle
  }
  return low
}

/** Reads a series, with samples at the edges where it is anchored or smoothed. */
function readEdged(
  source: SampleSource,
  series: number,
  node: RangeSelectorNode | SubqueryNode,
  endMs: number,
): number {
  const count = source.read(series)
  if (node.kind === 'subquery' || node.edges === 'plain') return count
  if (source.histograms.count > 0) {
    throw new NarthexError(
      'QUERY_EXECUTION',
      `${node.edges} modifier is not supported with histograms`,
    )
  }
  return extendFloats(source.columns, count, endMs - node.rangeMs, endMs, node.edges)
}
