import type { SeriesId } from '../model/samples.ts'
import { halvesOf, writeStaleAt } from '../model/stale-nan.ts'
import { type Appendable, type Appender, type RefusalCode, refusal } from '../storage/appender.ts'
import type { AppendResult, Refused } from './contract.ts'
import type { SampleRow } from './sample-rows.ts'

const reasons: Readonly<Record<RefusalCode, string>> = {
  [refusal.outOfOrder]: 'out of order',
  [refusal.outOfBounds]: 'older than what is taken',
  [refusal.duplicateTimestamp]: 'another value at the same time',
  [refusal.tooFarAhead]: 'too far in the future',
  [refusal.unknownSeries]: 'unknown series',
  [refusal.invalidHistogram]: 'an invalid histogram',
  [refusal.histogramTooLarge]: 'a histogram of too many buckets',
  [refusal.tooOld]: 'out of order, and too old',
}

/** Appends rows in the order of their times, and commits. Throws what commit throws. */
export function appendRows(database: Appendable, rows: readonly SampleRow[]): AppendResult {
  const appender = database.appender()
  const refused: Refused[] = []
  try {
    const sorted = [...rows].sort((a, b) => a.timeMs - b.timeMs)
    for (let from = 0; from < sorted.length; ) {
      const row = sorted[from]
      if (row === undefined) break
      if (typeof row.value === 'object') {
        const id = appender.seriesAt(row.labels, row.timeMs)
        const code = appender.appendHistogram(id, row.timeMs, row.value)
        if (code !== 0) refused.push(refusedRow(row, code))
        from++
        continue
      }
      let to = from + 1
      while (to < sorted.length && typeof sorted[to]?.value !== 'object') to++
      refused.push(...appendFloats(appender, sorted.slice(from, to)))
      from = to
    }
  } catch (thrown) {
    appender.rollback()
    throw thrown
  }
  appender.commit()
  return { appended: rows.length - refused.length, refused }
}

function appendFloats(appender: Appender, rows: readonly SampleRow[]): readonly Refused[] {
  const ids: readonly SeriesId[] = rows.map(({ labels, timeMs }) =>
    appender.seriesAt(labels, timeMs),
  )
  const values = new Float64Array(rows.length)
  const halves = halvesOf(values)
  rows.forEach(({ value }, index) => {
    if (value === 'stale') writeStaleAt(halves, index)
    else if (typeof value === 'number') values[index] = value
  })
  const timesMs = Float64Array.from(rows, ({ timeMs }) => timeMs)
  const outcome = appender.append(Uint32Array.from(ids), timesMs, values, rows.length)
  return Array.from({ length: outcome.refused }, (_none, at) => {
    const row = rows[outcome.refusedIndex[at] ?? 0]
    return row === undefined ? [] : [refusedRow(row, outcome.refusedCode[at] ?? 0)]
  }).flat()
}

function refusedRow({ labels, timeMs }: SampleRow, code: number): Refused {
  const found = Object.entries(reasons).find(([known]) => Number(known) === code)
  return { labels: Object.fromEntries(labels.entries()), timeMs, reason: found?.[1] ?? '' }
}
