import type { WrittenSeries } from '../support/remote-write-body.ts'

/** What the writer sends, as a pure function: both sides of the test compute it for themselves. */
export const seriesCount = 5_000
const stepMs = 250

/**
 * When a series' sample of a step was. Every fourth series comes late: of each two steps it sends the
 * later time first, so that half of its samples are out of order.
 */
export function timestampOf(startMs: number, series: number, step: number): number {
  const isLate = series % 4 === 3
  return startMs + (isLate ? step ^ 1 : step) * stepMs
}

/** A double with all its mantissa bits in use, different for every series and step. */
export function sampleValue(series: number, step: number): number {
  let mixed = Math.imul(series + 1, 0x9e3779b1) ^ Math.imul(step + 1, 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d)
  return ((mixed >>> 0) + 1) / 3 + step
}

export function seriesOfStep(startMs: number, step: number): readonly WrittenSeries[] {
  return Array.from({ length: seriesCount }, (_, series) => ({
    labels: [
      ['__name__', 'written'],
      ['series', String(series)],
    ],
    timestampsMs: [timestampOf(startMs, series, step)],
    values: Float64Array.of(sampleValue(series, step)),
  }))
}
