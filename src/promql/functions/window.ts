/**
 * The samples of one series and, for each step, the window low[step] .. high[step] of them that a
 * range function looks at. Both columns only ever rise, so that kernels can slide.
 */
export interface WindowInput {
  readonly timestampsMs: Float64Array
  readonly values: Float64Array
  /** Start timestamps, 0 for none, where the function believes them. */
  readonly startsMs?: Float64Array | undefined
  readonly low: Int32Array
  readonly high: Int32Array
  readonly steps: number
  readonly count: number
  /** End of the window of step s: endMs + s * endStepMs; its start is rangeMs earlier. */
  readonly endMs: number
  readonly endStepMs: number
  readonly rangeMs: number
  /** How far low and high reach beyond the range: 0 but for anchored and smoothed. */
  readonly beforeMs: number
  readonly afterMs: number
  /** Evaluation time of step s: timeMs + s * timeStepMs. */
  readonly timeMs: number
  readonly timeStepMs: number
  /** The scalar arguments in order, a value for each step. */
  readonly params: readonly Float64Array[]
}

/** A row of a batch that a kernel fills. */
export interface WindowRow {
  readonly values: Float64Array
  readonly valueOffset: number
  readonly present: Int32Array
  readonly presentOffset: number
}

/** Fills the steps that have an answer; steps with an empty window never have one. */
export type WindowKernel = (input: WindowInput, row: WindowRow) => void

/** What a kernel answers for one window; undefined = no answer. */
type PerWindow = (input: WindowInput, low: number, high: number, step: number) => number | undefined

const rescanning = new WeakSet<WindowKernel>()

/** Whether the work of a kernel is that of all windows together, not of the samples. */
export function rescans(kernel: WindowKernel): boolean {
  return rescanning.has(kernel)
}

/** A kernel that looks at each window anew, for functions that cannot slide. */
export function rescan(perWindow: PerWindow, samplesMin = 1): WindowKernel {
  const kernel: WindowKernel = (input, row) => {
    for (let step = 0; step < input.steps; step++) {
      const low = input.low[step] ?? 0
      const high = input.high[step] ?? 0
      if (high - low < samplesMin) continue
      const value = perWindow(input, low, high, step)
      if (value !== undefined) put(row, step, value)
    }
  }
  rescanning.add(kernel)
  return kernel
}

export function put(row: WindowRow, step: number, value: number): void {
  row.values[row.valueOffset + step] = value
  const word = row.presentOffset + (step >>> 5)
  row.present[word] = (row.present[word] ?? 0) | (1 << (step & 31))
}
