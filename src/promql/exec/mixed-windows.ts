import { extrapolationFactor } from '../functions/extrapolation.ts'
import { MixedWindow, type WindowTeller } from '../functions/mixed-window.ts'
import { overlappingWindows, overlapText } from '../functions/start-timestamps.ts'
import type { WindowFunction } from '../functions/table.ts'
import type { WindowInput } from '../functions/window.ts'
import { noPlace } from '../histogram/histogram-block.ts'
import type { HistogramColumns } from '../histogram/histogram-columns.ts'
import type { Evaluation } from './evaluation.ts'
import { putFloat, putHistogram, putPlace } from './histogram-cells.ts'
import { clearPresent, type StepBatch } from './step-batch.ts'

/** Windows between questions whether the turn is over: each may look at many histograms. */
const windowsPerCheckpoint = 64

/** The windows of series that hold native histograms, for all steps of an axis. */
export class MixedWindows {
  readonly #low: Int32Array
  readonly #high: Int32Array

  constructor(
    readonly evaluation: Evaluation,
    readonly implementation: WindowFunction,
    steps: number,
  ) {
    this.#low = new Int32Array(steps)
    this.#high = new Int32Array(steps)
  }

  /** Fills a row; the floats' windows are those of `input`. `isStored`: see SampleCounts.windows. */
  async fill(
    input: WindowInput,
    histograms: HistogramColumns,
    batch: StepBatch,
    row: number,
    tell: WindowTeller,
    isStored: boolean,
  ): Promise<void> {
    this.#slide(input, histograms)
    const { kernel, mixed } = this.implementation
    const { values, present, steps, words } = batch
    kernel(input, { values, valueOffset: row * steps, present, presentOffset: row * words })
    const isOfFloats = (step: number) => this.#high[step] === this.#low[step]
    tellOverlaps(this.implementation, input, tell, isOfFloats)
    if (mixed === undefined) this.#tellIgnored(input, tell)
    else {
      const window = new MixedWindow(input, histograms, tell)
      const { growth } = this.implementation
      const isPlain = growth !== undefined && input.count === 0 && histograms.isPlainCounter
      for (let step = 0; step < input.steps; step++) {
        window.place(step, this.#low[step] ?? 0, this.#high[step] ?? 0)
        if (window.histogramCount === 0) continue
        if (step % windowsPerCheckpoint === 0) await this.evaluation.control.checkpoint()
        if (isPlain && this.#putGrowth(input, histograms, batch, row, step)) continue
        const answer = mixed(window)
        if (answer === 'as-floats') continue
        if (answer === undefined) clearPresent(present, row * words, step)
        else if (typeof answer === 'number') putFloat(batch, row, step, answer)
        else putHistogram(batch, row, step, answer)
      }
    }
    this.evaluation.counts.windows(this.#low, this.#high, isStored, samplesBefore(histograms))
  }

  /** As extrapolatedMixed, of a plain counter, without a histogram object; false where it cannot. */
  #putGrowth(
    input: WindowInput,
    { timestampsMs, places, block }: HistogramColumns,
    batch: StepBatch,
    row: number,
    step: number,
  ): boolean {
    const low = this.#low[step] ?? 0
    const last = (this.#high[step] ?? 0) - 1
    if (last <= low) return false
    const place = batch.histograms.storeGrowth(block, places[low] ?? 0, places[last] ?? 0)
    if (place === noPlace) return false
    const firstCount = block.countAt(places[low] ?? 0)
    const increase = batch.histograms.countAt(place)
    const endMs = input.endMs + step * input.endStepMs
    const factor = extrapolationFactor(
      timestampsMs[low] ?? 0,
      timestampsMs[last] ?? 0,
      last - low + 1,
      endMs - input.rangeMs,
      endMs,
      increase > 0 && firstCount >= 0 ? firstCount / increase : Number.POSITIVE_INFINITY,
    )
    const isRate = this.implementation.growth === 'rate'
    batch.histograms.scale(place, isRate ? factor / (input.rangeMs / 1000) : factor)
    putPlace(batch, row, step, place)
    return true
  }

  /** A function that knows floats only: upstream tells where it left histograms out. */
  #tellIgnored(input: WindowInput, tell: WindowTeller): void {
    for (let step = 0; step < input.steps; step++) {
      const floats = (input.high[step] ?? 0) - (input.low[step] ?? 0)
      if (floats === 0 || this.#high[step] === this.#low[step]) continue
      tell.info(
        'ignored histograms in a range containing both floats and histograms for metric name ' +
          tell.metric,
      )
      return
    }
  }

  #slide(input: WindowInput, { timestampsMs, count }: HistogramColumns): void {
    let low = 0
    let high = 0
    const reachMs = input.rangeMs + input.beforeMs
    let endMs = input.endMs
    for (let step = 0; step < input.steps; step++, endMs += input.endStepMs) {
      while (high < count && (timestampsMs[high] ?? 0) <= endMs + input.afterMs) high++
      while (low < high && (timestampsMs[low] ?? 0) <= endMs - reachMs) low++
      this.#low[step] = low
      this.#high[step] = high
    }
  }
}

/** How much the histograms before each one count for. */
function samplesBefore(histograms: HistogramColumns): Float64Array {
  const { count } = histograms
  const before = new Float64Array(count + 1)
  for (let index = 0; index < count; index++) {
    before[index + 1] = (before[index] ?? 0) + histograms.samples(index, index + 1)
  }
  return before
}

/** Warns of each window of floats in which a start timestamp overlaps (row Q10.4). */
export function tellOverlaps(
  implementation: WindowFunction,
  input: WindowInput,
  tell: WindowTeller,
  isOfFloats: (step: number) => boolean,
): void {
  if (input.startsMs === undefined || implementation.fromStarts?.tellsOverlaps !== true) return
  const windows = overlappingWindows(input, isOfFloats)
  if (windows > 0) tell.warnCounted(`${overlapText} ${tell.metric}`, windows)
}
