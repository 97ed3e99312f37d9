import { exactTimeAt } from '../../model/exact-time.ts'
import { type Cells, HistogramCells } from './histogram-cells.ts'

/**
 * The time axis of an evaluation: step s stands for startMs + s * stepMs. An instant query is an
 * axis of one step; a subquery has an axis of its own.
 */
export interface TimeAxis {
  readonly startMs: number
  readonly stepMs: number
  readonly steps: number
  /** The end of what was asked for, which the last step need not reach; absent: that step. */
  readonly endMs?: number
  /** Where a time is beyond the safe integers; `startMs` is the nearest float then. */
  readonly exactStartMs?: bigint
}

/** Where the time is beyond the safe integers, the nearest float. */
export function timeAt(axis: TimeAxis, step: number): number {
  const { exactStartMs, stepMs } = axis
  if (exactStartMs !== undefined) return Number(exactTimeAt(exactStartMs, stepMs, step))
  return axis.startMs + step * stepMs
}

export function lastTime(axis: TimeAxis): number {
  return timeAt(axis, axis.steps - 1)
}

/**
 * A block of series x steps. Row r holds series `first + r`; its values stand at
 * r * steps .. (r + 1) * steps, its presence bits at r * words .. (r + 1) * words, bit s of word
 * s >> 5 for step s. A value whose bit is off is meaningless: absence is never a NaN. A present cell
 * may be a native histogram (histogram-cells.ts).
 */
export class StepBatch implements Cells {
  first = 0
  rows = 0
  readonly words: number
  readonly values: Float64Array
  readonly present: Int32Array
  readonly histograms: HistogramCells

  constructor(
    readonly steps: number,
    readonly rowsMax: number,
  ) {
    this.words = wordsFor(steps)
    this.values = new Float64Array(rowsMax * steps)
    this.present = new Int32Array(rowsMax * this.words)
    this.histograms = new HistogramCells(this.present.length)
  }

  /** Makes it `rows` empty rows from series `first` on. */
  reset(first: number, rows: number): void {
    this.first = first
    this.rows = rows
    this.present.fill(0, 0, rows * this.words)
    this.histograms.clear()
  }
}

export function wordsFor(steps: number): number {
  return (steps + 31) >>> 5
}

export function isPresent(bits: Int32Array, offset: number, step: number): boolean {
  return ((bits[offset + (step >>> 5)] ?? 0) & (1 << (step & 31))) !== 0
}

export function setPresent(bits: Int32Array, offset: number, step: number): void {
  const word = offset + (step >>> 5)
  bits[word] = (bits[word] ?? 0) | (1 << (step & 31))
}

export function clearPresent(bits: Int32Array, offset: number, step: number): void {
  const word = offset + (step >>> 5)
  bits[word] = (bits[word] ?? 0) & ~(1 << (step & 31))
}

/** Turns the bits of all `steps` on. */
export function setAllPresent(bits: Int32Array, offset: number, steps: number): void {
  const full = steps >>> 5
  bits.fill(-1, offset, offset + full)
  if ((steps & 31) !== 0) bits[offset + full] = (1 << (steps & 31)) - 1
}

/** Whether the bits of all `steps` are on. */
export function hasAllPresent(bits: Int32Array, offset: number, steps: number): boolean {
  const full = offset + (steps >>> 5)
  for (let word = offset; word < full; word++) if (bits[word] !== -1) return false
  const rest = (1 << (steps & 31)) - 1
  return rest === 0 || ((bits[full] ?? 0) & rest) === rest
}

/** How many bits are on in `words` words. */
export function countPresent(bits: Int32Array, offset: number, words: number): number {
  let count = 0
  for (let word = offset; word < offset + words; word++) {
    let rest = bits[word] ?? 0
    rest -= (rest >>> 1) & 0x55555555
    rest = (rest & 0x33333333) + ((rest >>> 2) & 0x33333333)
    count += Math.imul((rest + (rest >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
  }
  return count
}

export function anyPresent(bits: Int32Array, offset: number, words: number): boolean {
  for (let word = offset; word < offset + words; word++) if (bits[word] !== 0) return true
  return false
}
