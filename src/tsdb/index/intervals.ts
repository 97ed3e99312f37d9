import { halvesOf } from '../../model/stale-nan.ts'
import type { SampleColumns } from '../../storage/querier.ts'

/**
 * Deleted times of one series: first and last in turn, both included, ascending, with at least one
 * time that is kept between two of them.
 */
export type Intervals = Float64Array

export const noIntervals: Intervals = new Float64Array(0)

/** Whether one interval holds all times from the first to the last. */
export function isWithinIntervals(
  intervals: Intervals,
  minTimeMs: number,
  maxTimeMs: number,
): boolean {
  for (let at = 0; at < intervals.length; at += 2) {
    if ((intervals[at] ?? 0) <= minTimeMs && maxTimeMs <= (intervals[at + 1] ?? 0)) return true
  }
  return false
}

/**
 * Closes up samples [start, end) of ascending times over those that are deleted, values as halves,
 * and their start timestamps where they are there; answers the end of what is left.
 */
export function dropDeleted(
  intervals: Intervals,
  { timestampsMs, values, startsMs }: SampleColumns,
  start: number,
  end: number,
): number {
  if (intervals.length === 0) return end
  const halves = halvesOf(values)
  let at = 0
  let to = start
  for (let from = start; from < end; from++) {
    const timeMs = timestampsMs[from] ?? 0
    while (at < intervals.length && (intervals[at + 1] ?? 0) < timeMs) at += 2
    if (at < intervals.length && (intervals[at] ?? 0) <= timeMs) continue
    timestampsMs[to] = timeMs
    halves[to * 2] = halves[from * 2] ?? 0
    halves[to * 2 + 1] = halves[from * 2 + 1] ?? 0
    if (startsMs !== undefined) startsMs[to] = startsMs[from] ?? 0
    to++
  }
  return to
}

/** First and last times in turn, in any order: sorted, and those that meet or touch made one. */
export function intervalsOf(times: readonly number[]): Intervals {
  const rows = Array.from({ length: times.length / 2 }, (_, row) => row)
  rows.sort((a, b) => (times[a * 2] ?? 0) - (times[b * 2] ?? 0))
  const merged = new Float64Array(times.length)
  let end = 0
  for (const row of rows) {
    const [minTimeMs, maxTimeMs] = [times[row * 2] ?? 0, times[row * 2 + 1] ?? 0]
    const lastMs = merged[end * 2 - 1] ?? 0
    if (end > 0 && minTimeMs <= lastMs + 1) merged[end * 2 - 1] = Math.max(lastMs, maxTimeMs)
    else {
      merged[end * 2] = minTimeMs
      merged[end * 2 + 1] = maxTimeMs
      end++
    }
  }
  return merged.slice(0, end * 2)
}
