import type { NativeHistogram } from '../../model/histogram.ts'
import { HistogramBlock } from '../histogram/histogram-block.ts'
import type { Evaluation } from './evaluation.ts'
import { type Cells, isHistogram, putFloat, putPlace } from './histogram-cells.ts'
import { HeldMatrix } from './matrix.ts'
import { sameLabelset } from './merge-duplicates.ts'
import type { SeriesTable } from './operator.ts'

const cell = { absent: 0, float: 1, histogram: 2 } as const

interface Row {
  readonly values: Float64Array
  readonly kinds: Uint8Array
}

/**
 * Result rows of which nobody knows beforehand how many there will be: filled cell by cell, then
 * made a matrix. Two samples in one cell are upstream's error.
 */
export class GrowingRows {
  readonly #rows: (Row | undefined)[] = []
  readonly #block = new HistogramBlock()

  constructor(
    readonly evaluation: Evaluation,
    readonly steps: number,
  ) {}

  putFloat(series: number, step: number, value: number): void {
    this.#put(series, step, value, cell.float)
  }

  putHistogram(series: number, step: number, histogram: NativeHistogram): void {
    this.#put(series, step, this.#block.store(histogram), cell.histogram)
  }

  /** A present cell, whatever it is. */
  putCell(series: number, step: number, from: Cells, row: number): void {
    const value = from.values[row * from.steps + step] ?? 0
    if (!isHistogram(from, row, step)) this.putFloat(series, step, value)
    else this.#put(series, step, this.#block.copyFrom(from.histograms, value), cell.histogram)
  }

  async matrix(table: SeriesTable): Promise<HeldMatrix> {
    const matrix = new HeldMatrix(this.evaluation, table, this.steps)
    for (let series = 0; series < this.#rows.length; series++) {
      const over = this.evaluation.looks.turn()
      if (over !== undefined) await over
      const row = this.#rows[series]
      if (row !== undefined) matrix.hold(this.#copy(row, matrix, series))
    }
    return matrix
  }

  #copy({ values, kinds }: Row, matrix: HeldMatrix, series: number): number {
    let samples = 0
    for (let step = 0; step < this.steps; step++) {
      if (kinds[step] === cell.absent) continue
      const value = values[step] ?? 0
      if (kinds[step] === cell.float) {
        putFloat(matrix, series, step, value)
        samples++
      } else {
        const place = matrix.histograms.copyFrom(this.#block, value)
        putPlace(matrix, series, step, place)
        samples += matrix.histograms.samplesAt(place)
      }
    }
    return samples
  }

  #put(series: number, step: number, value: number, kind: number): void {
    let row = this.#rows[series]
    if (row === undefined) {
      this.evaluation.budget.check(this.steps)
      row = { values: new Float64Array(this.steps), kinds: new Uint8Array(this.steps) }
      this.#rows[series] = row
    }
    if (row.kinds[step] !== cell.absent) throw sameLabelset()
    row.kinds[step] = kind
    row.values[step] = value
  }
}
