import { extrapolationFactor } from './extrapolation.ts'
import type { MixedWindow } from './mixed-window.ts'
import { put, rescan, type WindowInput, type WindowKernel } from './window.ts'

/**
 * Functions of counters that believe the samples' start timestamps (--enable-feature=
 * use-start-timestamps, rows F2.8 and Q10.4). A start of 0 is none.
 */

export const overlapText =
  'sample has start time that overlaps with previous sample timestamp for metric'

/**
 * Whether a counter began anew between two neighbours, as the later one's start tells. One that is
 * not before its own sample is unknown or wrong. One that is exactly the sample before is of a
 * series of deltas, but only where that sample's own start was known.
 */
export function restarts(
  previousStartMs: number,
  previousMs: number,
  startMs: number,
  timeMs: number,
): boolean {
  if (startMs === 0 || startMs >= timeMs || startMs < previousMs) return false
  return startMs > previousMs || (previousStartMs !== 0 && previousStartMs < previousMs)
}

/** Whether a start lies before the neighbour, and is not that of the neighbour either. */
export function overlaps(previousStartMs: number, previousMs: number, startMs: number): boolean {
  return startMs !== 0 && startMs < previousMs && startMs !== previousStartMs
}

/** Whether the histogram `index` (1 and more) of a window began anew behind the one before. */
export function histogramRestarts(window: MixedWindow, index: number): boolean {
  return restarts(
    window.histogramStartMs(index - 1),
    window.histogramTimeMs(index - 1),
    window.histogramStartMs(index),
    window.histogramTimeMs(index),
  )
}

export function histogramOverlaps(window: MixedWindow, index: number): boolean {
  const [before, startMs] = [index - 1, window.histogramStartMs(index)]
  return overlaps(window.histogramStartMs(before), window.histogramTimeMs(before), startMs)
}

export function floatRestarts(window: MixedWindow, index: number): boolean {
  return restarts(
    window.floatStartMs(index - 1),
    window.floatTimeMs(index - 1),
    window.floatStartMs(index),
    window.floatTimeMs(index),
  )
}

const noStarts = new Float64Array(0)

/** How many pairs up to each sample are so, reused for one series after the other. */
let pairsBefore = new Int32Array(1024)

/** Fills pairsBefore with resets, or overlaps, among the samples. */
function countPairs(
  input: WindowInput,
  isSo: (input: WindowInput, index: number) => boolean,
): void {
  if (pairsBefore.length < input.count) pairsBefore = new Int32Array(input.count * 2)
  let pairs = 0
  pairsBefore[0] = 0
  for (let index = 1; index < input.count; index++) {
    if (isSo(input, index)) pairs++
    pairsBefore[index] = pairs
  }
}

function pairsWithin(first: number, last: number): number {
  return (pairsBefore[last] ?? 0) - (pairsBefore[first] ?? 0)
}

/** Whether the counter fell, or began anew, between a sample (1 and more) and the one before. */
function isReset(
  { timestampsMs, values, startsMs = noStarts }: WindowInput,
  index: number,
): boolean {
  if ((values[index] ?? 0) < (values[index - 1] ?? 0)) return true
  return restarts(
    startsMs[index - 1] ?? 0,
    timestampsMs[index - 1] ?? 0,
    startsMs[index] ?? 0,
    timestampsMs[index] ?? 0,
  )
}

function isOverlap({ timestampsMs, startsMs = noStarts }: WindowInput, index: number): boolean {
  return overlaps(startsMs[index - 1] ?? 0, timestampsMs[index - 1] ?? 0, startsMs[index] ?? 0)
}

/** In how many windows a start overlaps, of those that `isOfFloats`. */
export function overlappingWindows(
  input: WindowInput,
  isOfFloats: (step: number) => boolean,
): number {
  countPairs(input, isOverlap)
  let windows = 0
  for (let step = 0; step < input.steps; step++) {
    const first = input.low[step] ?? 0
    const last = (input.high[step] ?? 0) - 1
    if (last > first && isOfFloats(step) && pairsWithin(first, last) > 0) windows++
  }
  return windows
}

/**
 * By what the increase since `startMs`, which lies in the window before its first sample, is
 * multiplied: nothing is missing to its left. A single sample has no interval to go right by.
 */
export function factorFromStart(
  startMs: number,
  firstMs: number,
  lastMs: number,
  count: number,
  endMs: number,
): number {
  const average = count === 1 ? 0 : (lastMs - firstMs) / 1000 / (count - 1)
  let toEnd = (endMs - lastMs) / 1000
  if (toEnd >= average * 1.1) toEnd = average / 2
  const interval = (lastMs - startMs) / 1000
  return interval === 0 ? 1 : (interval + toEnd) / interval
}

/** Whether a counter was zero within a window, which begins behind `windowStartMs`. */
export function startsWithin(startMs: number, windowStartMs: number, firstMs: number): boolean {
  return startMs !== 0 && startMs > windowStartMs && startMs < firstMs
}

/** rate and increase: see `extrapolated`. */
export function extrapolatedFromStarts(isRate: boolean): WindowKernel {
  return (input, row) => {
    const { timestampsMs, values, startsMs = noStarts, low, high, rangeMs } = input
    countPairs(input, isReset)
    for (let step = 0; step < input.steps; step++) {
      const first = low[step] ?? 0
      const last = (high[step] ?? 0) - 1
      if (last < first) continue
      const [firstMs, lastMs] = [timestampsMs[first] ?? 0, timestampsMs[last] ?? 0]
      const firstValue = values[first] ?? 0
      const endMs = input.endMs + step * input.endStepMs
      const startMs = startsMs[first] ?? 0
      const hasStart = startsWithin(startMs, endMs - rangeMs, firstMs)
      if (last === first && !hasStart) continue
      let result = (values[last] ?? 0) - firstValue
      if (pairsWithin(first, last) > 0) result = withResets(input, first, last, result)
      let factor = 0
      if (hasStart) {
        result += firstValue
        factor = factorFromStart(startMs, firstMs, lastMs, last - first + 1, endMs)
      } else {
        const toZero =
          result > 0 && firstValue >= 0 ? firstValue / result : Number.POSITIVE_INFINITY
        const count = last - first + 1
        factor = extrapolationFactor(firstMs, lastMs, count, endMs - rangeMs, endMs, toZero)
      }
      if (isRate) factor /= rangeMs / 1000
      put(row, step, result * factor)
    }
  }
}

function withResets(input: WindowInput, first: number, last: number, plain: number): number {
  let result = plain
  for (let index = first + 1; index <= last; index++) {
    if (isReset(input, index)) result += input.values[index - 1] ?? 0
  }
  return result
}

/** irate: see `lastTwo`. */
export const instantRateFromStarts: WindowKernel = rescan((input, _low, high) => {
  const last = input.values[high - 1] ?? 0
  const intervalMs = (input.timestampsMs[high - 1] ?? 0) - (input.timestampsMs[high - 2] ?? 0)
  if (intervalMs === 0) return undefined
  const change = isReset(input, high - 1) ? last : last - (input.values[high - 2] ?? 0)
  return change / (intervalMs / 1000)
}, 2)

/** resets. */
export const resetsFromStarts: WindowKernel = (input, row) => {
  countPairs(input, isReset)
  for (let step = 0; step < input.steps; step++) {
    const first = input.low[step] ?? 0
    const high = input.high[step] ?? 0
    if (high > first) put(row, step, pairsWithin(first, high - 1))
  }
}
