import { goQuote } from '../../model/go-quote.ts'
import { compactHistogram } from '../../model/histogram-compaction.ts'
import {
  conflictingResets,
  hasConflict,
  mismatchedBounds,
  mixedSchemas,
} from '../functions/mixed-annotations.ts'
import { combined } from '../histogram/arithmetic.ts'
import type { HistogramTotal } from '../histogram/histogram-sum.ts'
import { HistogramTotals } from '../histogram/histogram-totals.ts'
import type { Span } from '../parse/ast.ts'
import type { Accumulator } from './accumulators.ts'
import type { Evaluation } from './evaluation.ts'
import { isHistogram, putHistogram } from './histogram-cells.ts'
import { clearPresent, isPresent, type StepBatch } from './step-batch.ts'

/**
 * sum and avg of histograms beside those of floats (row Q4.8). A group that has both at a step, or
 * histograms that cannot be combined, has no answer there.
 */
export class MixedTotals implements Accumulator {
  cells: number
  #totals: HistogramTotals | undefined
  /** Of each cell: 1 << hint of what was added, and `incompatible`. */
  readonly #seen: Uint8Array

  constructor(
    readonly evaluation: Evaluation,
    readonly span: Span,
    readonly floats: Accumulator,
    readonly total: () => HistogramTotal,
    readonly metricOf: (series: number) => string,
    cells: number,
  ) {
    this.cells = floats.cells
    this.#seen = new Uint8Array(cells)
  }

  add(group: number, batch: StepBatch, row: number): void {
    if (batch.histograms.hasAny) this.#addHistograms(group, batch, row)
    this.floats.add(group, batch, row)
  }

  finish(group: number, batch: StepBatch, row: number): void {
    this.floats.finish(group, batch, row)
    const totals = this.#totals
    if (totals === undefined) return
    const { annotations } = this.evaluation
    for (let step = 0; step < batch.steps; step++) {
      const cell = group * batch.steps + step
      if (!totals.has(cell)) continue
      const seen = this.#seen[cell] ?? 0
      if (isPresent(batch.present, row * batch.words, step)) {
        clearPresent(batch.present, row * batch.words, step)
        annotations.warn('encountered a mix of histograms and floats for aggregation', this.span)
        continue
      }
      if ((seen & incompatible) !== 0) continue
      if (hasConflict(seen)) annotations.warn(conflictingResets('aggregation'), this.span)
      const result = totals.finish(cell)
      compactHistogram(result)
      putHistogram(batch, row, step, result)
    }
  }

  #addHistograms(group: number, batch: StepBatch, row: number): void {
    this.#totals?.beginBlock()
    for (let step = 0; step < batch.steps; step++) {
      if (!isPresent(batch.present, row * batch.words, step)) continue
      if (!isHistogram(batch, row, step)) continue
      clearPresent(batch.present, row * batch.words, step)
      const cell = group * batch.steps + step
      const seen = this.#seen[cell] ?? 0
      if ((seen & incompatible) !== 0) continue
      this.#totals ??= new HistogramTotals(this.total(), this.#seen.length)
      const place = batch.values[row * batch.steps + step] ?? 0
      const bits = this.#totals.addFrom(cell, batch.histograms, place)
      this.#seen[cell] = seen | (1 << batch.histograms.hintAt(place))
      if (bits !== 0) this.#tell(bits, cell, batch.first + row)
    }
    this.#hold()
  }

  #tell(bits: number, cell: number, series: number): void {
    const { annotations } = this.evaluation
    if ((bits & combined.incompatible) !== 0) {
      annotations.warn(mixedSchemas(goQuote(this.metricOf(series))), this.span)
      this.#seen[cell] = (this.#seen[cell] ?? 0) | incompatible
    } else if ((bits & combined.boundsReconciled) !== 0) {
      annotations.info(mismatchedBounds('aggregation'), this.span)
    }
  }

  /** What the histograms hold counts in the budget beside the cells. */
  #hold(): void {
    const held = this.floats.cells + (this.#totals?.samples ?? 0)
    if (held <= this.cells) return
    this.evaluation.budget.add(held - this.cells)
    this.cells = held
  }
}

/** Beyond the bits of the hints. */
const incompatible = 1 << 4
