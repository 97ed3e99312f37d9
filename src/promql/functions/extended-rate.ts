import { put, rescan, type WindowInput, type WindowKernel } from './window.ts'

/** How a window reaches beyond its range for samples to tell its edges by (rows Q2.9 to Q2.11). */
export type Edges = 'anchored' | 'smoothed'

/** First index in low <= index < high that is later than timeMs, high where none is. */
export function firstAfter(
  timestampsMs: Float64Array,
  low: number,
  high: number,
  timeMs: number,
): number {
  let [from, to] = [low, high]
  while (from < to) {
    const middle = (from + to) >>> 1
    if ((timestampsMs[middle] ?? 0) > timeMs) to = middle
    else from = middle + 1
  }
  return from
}

/** The samples at the edges of a range; `first` may lie before it, `last` of smoothed behind it. */
export interface EdgeSamples {
  readonly first: number
  readonly last: number
}

/**
 * Which of low <= index < high, at least one, stand at the edges of [startMs, endMs]; undefined
 * where none is later than the start.
 */
export function edgeSamples(
  timestampsMs: Float64Array,
  low: number,
  high: number,
  startMs: number,
  endMs: number,
  edges: Edges,
): EdgeSamples | undefined {
  const first = Math.max(low, firstAfter(timestampsMs, low, high - 1, startMs) - 1)
  const last = edges === 'smoothed' ? firstAfter(timestampsMs, low, high - 1, endMs - 1) : high - 1
  return (timestampsMs[last] ?? 0) <= startMs ? undefined : { first, last }
}

/** On the line from sample `index` to the next; a counter that fell began anew at zero. */
export function interpolated(
  timestampsMs: Float64Array,
  values: Float64Array,
  index: number,
  timeMs: number,
  isCounter: boolean,
): number {
  const fromMs = timestampsMs[index] ?? 0
  const next = values[index + 1] ?? 0
  const value = values[index] ?? 0
  const from = isCounter && next < value ? 0 : value
  return from + ((next - from) * (timeMs - fromMs)) / ((timestampsMs[index + 1] ?? 0) - fromMs)
}

/** Value at the left edge, whose sample `edgeSamples` found. */
export function leftValue(
  timestampsMs: Float64Array,
  values: Float64Array,
  first: number,
  startMs: number,
  edges: Edges,
  isCounter: boolean,
): number {
  return edges === 'smoothed' && (timestampsMs[first] ?? 0) < startMs
    ? interpolated(timestampsMs, values, first, startMs, isCounter)
    : (values[first] ?? 0)
}

/** Value at the right edge; `low` is the first sample that may be looked at. */
export function rightValue(
  timestampsMs: Float64Array,
  values: Float64Array,
  { low, last }: { readonly low: number; readonly last: number },
  endMs: number,
  edges: Edges,
  isCounter: boolean,
): number {
  return edges === 'smoothed' && last > low && (timestampsMs[last] ?? 0) > endMs
    ? interpolated(timestampsMs, values, last - 1, endMs, isCounter)
    : (values[last] ?? 0)
}

/**
 * rate, increase and delta between the values at the very edges of the range (rows Q2.9, Q2.10):
 * of anchored those of samples, of smoothed those on the line between samples.
 */
export function extended(isCounter: boolean, isRate: boolean, edges: Edges): WindowKernel {
  return rescan((input, low, high, step) => {
    const { timestampsMs, values } = input
    const endMs = input.endMs + step * input.endStepMs
    const startMs = endMs - input.rangeMs
    const found = edgeSamples(timestampsMs, low, high, startMs, endMs, edges)
    if (found === undefined) return undefined
    const { first, last } = found
    if (edges === 'smoothed' && (timestampsMs[first] ?? 0) > endMs) return undefined
    const left = leftValue(timestampsMs, values, first, startMs, edges, isCounter)
    const right = rightValue(timestampsMs, values, { low, last }, endMs, edges, isCounter)
    let result = right - left
    if (isCounter) {
      const from = (timestampsMs[first] ?? 0) <= startMs ? first + 1 : first
      const to = (timestampsMs[last] ?? 0) >= endMs ? last : last + 1
      result += lostToResets(values, from, to, left, right)
    }
    return isRate ? result / (input.rangeMs / 1000) : result
  })
}

/** What resets took away from `left` over the samples within the edges to `right`. */
function lostToResets(
  values: Float64Array,
  from: number,
  to: number,
  left: number,
  right: number,
): number {
  let lost = 0
  let previous = left
  for (let index = from; index < to; index++) {
    const value = values[index] ?? 0
    if (value < previous) lost += previous
    previous = value
  }
  return right < previous ? lost + previous : lost
}

/** A kernel over what is later than the start of the range, and the newest sample before it. */
export function anchored(kernel: WindowKernel): WindowKernel {
  let lows = new Int32Array(1024)
  return (input, row) => {
    if (lows.length < input.steps) lows = new Int32Array(input.steps)
    for (let step = 0; step < input.steps; step++) lows[step] = anchorOf(input, step)
    kernel({ ...input, low: lows }, row)
  }
}

function anchorOf(input: WindowInput, step: number): number {
  const low = input.low[step] ?? 0
  const high = input.high[step] ?? 0
  const startMs = input.endMs + step * input.endStepMs - input.rangeMs
  const after = firstAfter(input.timestampsMs, low, high, startMs)
  return after === high ? high : Math.max(low, after - 1)
}

/**
 * What a smoothed instant selector answers (row Q2.11), of windows with a range of 0: the sample of
 * that time, else the line between its neighbours, else the one before.
 */
export const smoothedSample: WindowKernel = (input, row) => {
  const { timestampsMs, values } = input
  for (let step = 0; step < input.steps; step++) {
    const low = input.low[step] ?? 0
    const high = input.high[step] ?? 0
    const timeMs = input.endMs + step * input.endStepMs
    const at = firstAfter(timestampsMs, low, high, timeMs) - 1
    if (at < low) continue
    const isBetween = (timestampsMs[at] ?? 0) < timeMs && at + 1 < high
    const value = isBetween
      ? interpolated(timestampsMs, values, at, timeMs, false)
      : (values[at] ?? 0)
    put(row, step, value)
  }
}
