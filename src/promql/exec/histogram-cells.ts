import type { NativeHistogram } from '../../model/histogram.ts'
import { HistogramBlock } from '../histogram/histogram-block.ts'

const noBits = new Int32Array(0)

/**
 * Which cells of a batch or a matrix are native histograms, and those histograms. The bits stand
 * like those of presence; the value of such a cell is the histogram's place in the block.
 */
export class HistogramCells extends HistogramBlock {
  /** False means that no bit is on, and none need be asked for. */
  hasAny = false
  bits = noBits

  /** `words` is the length of the presence bits. */
  constructor(readonly words: number) {
    super()
  }

  override clear(): void {
    super.clear()
    if (!this.hasAny) return
    this.bits.fill(0)
    this.hasAny = false
  }

  mark(word: number, bit: number): void {
    if (this.bits.length === 0) this.bits = new Int32Array(this.words)
    this.hasAny = true
    this.bits[word] = (this.bits[word] ?? 0) | (1 << bit)
  }
}

/** What a StepBatch and a HeldMatrix have in common: rows of cells. */
export interface Cells {
  readonly steps: number
  readonly words: number
  readonly values: Float64Array
  readonly present: Int32Array
  readonly histograms: HistogramCells
}

/** Whether a present cell is a histogram. */
export function isHistogram(cells: Cells, row: number, step: number): boolean {
  if (!cells.histograms.hasAny) return false
  const word = row * cells.words + (step >>> 5)
  return ((cells.histograms.bits[word] ?? 0) & (1 << (step & 31))) !== 0
}

/** Whether a row has histograms at any step. */
export function hasHistograms(cells: Cells, row: number): boolean {
  const { bits, hasAny } = cells.histograms
  if (!hasAny) return false
  const end = (row + 1) * cells.words
  for (let word = row * cells.words; word < end; word++) {
    if (((bits[word] ?? 0) & (cells.present[word] ?? 0)) !== 0) return true
  }
  return false
}

/** Whether a row has floats at any step. */
export function hasFloats(cells: Cells, row: number): boolean {
  const { bits } = cells.histograms
  const end = (row + 1) * cells.words
  for (let word = row * cells.words; word < end; word++) {
    if (((cells.present[word] ?? 0) & ~(bits[word] ?? 0)) !== 0) return true
  }
  return false
}

export function loadHistogram(
  cells: Cells,
  row: number,
  step: number,
  into: NativeHistogram,
): void {
  cells.histograms.load(cells.values[row * cells.steps + step] ?? 0, into)
}

/** Makes a cell present with this histogram, whatever it was. */
export function putHistogram(
  cells: Cells,
  row: number,
  step: number,
  histogram: NativeHistogram,
): void {
  putPlace(cells, row, step, cells.histograms.store(histogram))
}

/** The same with one that stands in the cells' block already. */
export function putPlace(cells: Cells, row: number, step: number, place: number): void {
  const word = row * cells.words + (step >>> 5)
  cells.values[row * cells.steps + step] = place
  cells.present[word] = (cells.present[word] ?? 0) | (1 << (step & 31))
  cells.histograms.mark(word, step & 31)
}

/** Makes a cell present with this float, whatever it was. */
export function putFloat(cells: Cells, row: number, step: number, value: number): void {
  const word = row * cells.words + (step >>> 5)
  const bit = 1 << (step & 31)
  cells.values[row * cells.steps + step] = value
  cells.present[word] = (cells.present[word] ?? 0) | bit
  const { histograms } = cells
  if (histograms.hasAny) histograms.bits[word] = (histograms.bits[word] ?? 0) & ~bit
}

/** Copies a present cell; answers how many samples it counts for. */
export function copyCell(
  from: Cells,
  row: number,
  step: number,
  to: Cells,
  toRow: number,
  toStep: number,
): number {
  const value = from.values[row * from.steps + step] ?? 0
  if (!isHistogram(from, row, step)) {
    putFloat(to, toRow, toStep, value)
    return 1
  }
  const isShared = from.histograms === to.histograms
  const place = isShared ? value : to.histograms.copyFrom(from.histograms, value)
  putPlace(to, toRow, toStep, place)
  return to.histograms.samplesAt(place)
}

/**
 * After values and presence of whole rows were copied: the histograms among them. Answers the
 * samples that they count for beyond one each.
 */
export function copyHistograms(
  from: Cells,
  row: number,
  to: Cells,
  toRow: number,
  rows: number,
): number {
  if (!from.histograms.hasAny) return 0
  const { bits } = from.histograms
  let samples = 0
  for (let index = 0; index < rows * from.words; index++) {
    const word = row * from.words + index
    const found = (bits[word] ?? 0) & (from.present[word] ?? 0)
    if (found === 0) continue
    const copied = Math.floor(index / from.words)
    const firstStep = (index % from.words) * 32
    for (let bit = 0; bit < 32; bit++) {
      if ((found & (1 << bit)) === 0) continue
      const step = firstStep + bit
      samples += copyCell(from, row + copied, step, to, toRow + copied, step) - 1
    }
  }
  return samples
}

/** Turns the histograms of a row off, for what only knows floats; answers whether there were any. */
export function dropHistograms(cells: Cells, row: number): boolean {
  if (!cells.histograms.hasAny) return false
  const { bits } = cells.histograms
  let dropped = 0
  const end = (row + 1) * cells.words
  for (let word = row * cells.words; word < end; word++) {
    const gone = (bits[word] ?? 0) & (cells.present[word] ?? 0)
    dropped |= gone
    cells.present[word] = (cells.present[word] ?? 0) & ~gone
    bits[word] = 0
  }
  return dropped !== 0
}
