import { NarthexError } from '../base/errors.ts'
import type { NativeHistogram } from '../model/histogram.ts'
import { Labels } from '../model/labels.ts'
import { parseSeriesNotation, type SequenceValue } from '../promql/parse/series-notation.ts'
import type { LoadInput, SeriesInput } from './contract.ts'

/** One sample on its way in. */
export interface SampleRow {
  readonly labels: Labels
  readonly timeMs: number
  readonly value: number | 'stale' | NativeHistogram
}

/** Throws PARAMETER_INVALID for what cannot be a series. */
export function rowsOfSeries(input: Iterable<SeriesInput>): readonly SampleRow[] {
  const rows: SampleRow[] = []
  for (const { labels: map, samples } of input) {
    const labels = Labels.of(map)
    if (labels.size === 0) throw new NarthexError('PARAMETER_INVALID', 'a series without labels')
    for (const [timeMs, value] of samples) {
      if (!Number.isSafeInteger(timeMs)) {
        const words = `a time is a whole number of milliseconds, not ${timeMs}`
        throw new NarthexError('PARAMETER_INVALID', words)
      }
      rows.push({ labels, timeMs, value })
    }
  }
  return rows
}

/** Throws QUERY_PARSE for lines that do not parse. */
export function rowsOfNotation({ startMs = 0, stepMs, series }: LoadInput): readonly SampleRow[] {
  const lines = typeof series === 'string' ? series.split('\n') : series
  return lines
    .filter((line) => line.trim() !== '')
    .flatMap((line) => rowsOfLine(line.trim(), startMs, stepMs))
}

/** One line of it. Throws QUERY_PARSE. */
export function rowsOfLine(line: string, startMs: number, stepMs: number): readonly SampleRow[] {
  const { labels, values } = parseSeriesNotation(line)
  return values.flatMap((value, step) => {
    const written = writtenValue(value)
    const timeMs = startMs + step * stepMs
    return written === undefined ? [] : [{ labels, timeMs, value: written }]
  })
}

function writtenValue(value: SequenceValue): SampleRow['value'] | undefined {
  switch (value.kind) {
    case 'omitted':
      return undefined
    case 'stale':
      return 'stale'
    case 'float':
      return value.value
    case 'histogram':
      return value.histogram
  }
}
