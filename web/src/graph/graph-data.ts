import type { MatrixItem } from '../api/query-data.ts'
import { type LabelSet, labelsText } from '../series/labels.ts'

/** The steps of a range query, in Unix seconds. */
export interface StepGrid {
  readonly startSeconds: number
  readonly endSeconds: number
  readonly stepSeconds: number
}

/** A series on the grid of its query; null where it has no sample that can be drawn. */
export interface GraphSeries {
  readonly key: string
  readonly labels: LabelSet
  readonly values: readonly (number | null)[]
  readonly summary: SeriesSummary
}

/** What the legend says of a series' drawn values; NaN throughout when there are none. */
export interface SeriesSummary {
  readonly last: number
  readonly min: number
  readonly max: number
  readonly mean: number
}

export interface GraphData {
  readonly times: readonly number[]
  readonly series: readonly GraphSeries[]
}

/** Lays the series of a range answer on its grid. NaN and infinite values leave gaps, as they have no height. */
export function graphData(items: readonly MatrixItem[], grid: StepGrid): GraphData {
  const count = Math.floor((grid.endSeconds - grid.startSeconds) / grid.stepSeconds + 1e-6) + 1
  const times = Array.from({ length: count }, (_, i) => grid.startSeconds + i * grid.stepSeconds)
  const series = items.map((item) => {
    const values = new Array<number | null>(count).fill(null)
    for (const [seconds, text] of item.values ?? []) {
      const index = Math.round((seconds - grid.startSeconds) / grid.stepSeconds)
      const value = Number.parseFloat(text)
      if (index >= 0 && index < count && Number.isFinite(value)) values[index] = value
    }
    return { key: labelsText(item.metric), labels: item.metric, values, summary: summaryOf(values) }
  })
  return { times, series }
}

function summaryOf(values: readonly (number | null)[]): SeriesSummary {
  let [last, min, max, sum, count] = [Number.NaN, Infinity, -Infinity, 0, 0]
  for (const value of values) {
    if (value === null) continue
    last = value
    min = Math.min(min, value)
    max = Math.max(max, value)
    sum += value
    count += 1
  }
  if (count === 0) return { last, min: Number.NaN, max: Number.NaN, mean: Number.NaN }
  return { last, min, max, mean: sum / count }
}

/** The heights of stacked areas: each series on the sum of those before it; a gap adds nothing and stays a gap. */
export function stacked(
  columns: readonly (readonly (number | null)[])[],
): readonly (readonly (number | null)[])[] {
  const totals: number[] = []
  return columns.map((column) =>
    column.map((value, index) => {
      if (value === null) return null
      const total = (totals[index] ?? 0) + value
      totals[index] = total
      return total
    }),
  )
}
