import type { GrowingColumns } from '../../model/growing-columns.ts'
import type { ChunkSeriesSet } from '../../storage/querier.ts'
import { type Intervals, intervalsOf, noIntervals } from './intervals.ts'

/** One source's part of a series. */
export interface SeriesPart {
  readonly set: Pick<ChunkSeriesSet, 'readFloats' | 'readHistograms'>
  readonly series: number
}

/** Of a series, times at which a later source has a sample of the other kind. */
export interface OvertakenTimes {
  readonly floats: Intervals
  readonly histograms: Intervals
}

export const nothingOvertaken: OvertakenTimes = { floats: noIntervals, histograms: noIntervals }

/** Compares floats and histograms of a series' parts, the newest last: a time has one sample. */
export function overtakenTimes(
  parts: readonly SeriesPart[],
  minTimeMs: number,
  maxTimeMs: number,
  scratch: GrowingColumns,
): OvertakenTimes {
  const floats = parts.map(({ set, series }) => {
    const count = set.readFloats(series, minTimeMs, maxTimeMs, scratch)
    return new Set(scratch.timestampsMs.subarray(0, count))
  })
  // Most series have samples of one kind.
  if (floats.every((times) => times.size === 0)) return nothingOvertaken
  const [known, lostFloats, lostHistograms] = [
    new Set<number>(),
    new Set<number>(),
    new Set<number>(),
  ]
  parts.forEach(({ set, series }, part) => {
    floats[part]?.forEach((timeMs) => {
      lostFloats.delete(timeMs)
      if (known.has(timeMs)) lostHistograms.add(timeMs)
    })
    const cursor = set.readHistograms(series, minTimeMs, maxTimeMs)
    while (cursor.next()) {
      const { timestampMs } = cursor
      known.add(timestampMs)
      lostHistograms.delete(timestampMs)
      if (floats.some((times, before) => before < part && times.has(timestampMs))) {
        lostFloats.add(timestampMs)
      }
    }
  })
  return { floats: single(lostFloats), histograms: single(lostHistograms) }
}

function single(times: ReadonlySet<number>): Intervals {
  return intervalsOf([...times].flatMap((timeMs) => [timeMs, timeMs]))
}
