import type { WrittenSeries } from '../support/remote-write-body.ts'

/** What the writer sends, as a pure function: both sides of the test compute it for themselves. */
export const seriesCount = 5_000
const stepMs = 250

export function timestampOf(startMs: number, step: number): number {
  return startMs + step * stepMs
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
    timestampsMs: [timestampOf(startMs, step)],
    values: Float64Array.of(sampleValue(series, step)),
  }))
}
