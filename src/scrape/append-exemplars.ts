import { encodeExemplarLabels } from '../model/exemplar.ts'
import { seriesId } from '../model/samples.ts'
import { type Appender, exemplarRefusal } from '../storage/appender.ts'
import type { Exemplar } from './exposition.ts'
import type { PageColumns } from './page-columns.ts'

interface RowExemplar {
  readonly row: number
  readonly exemplar: Exemplar
}

/**
 * Stages the exemplars of a page's rows, those of a series by their times; one without a time of
 * its own has that of its sample, those of refused rows are left out. Answers how many came out of
 * order, of series all of whose exemplars did: others are a page's memory of older ones.
 */
export function appendExemplars(
  appender: Appender,
  columns: PageColumns,
  refusedRows: ReadonlySet<number>,
): number {
  const { exemplars } = columns
  if (exemplars.length === 0 || !appender.takesExemplars) return 0
  let outOfOrder = 0
  for (let from = 0; from < exemplars.length; ) {
    const row = exemplars[from]?.row ?? 0
    let to = from + 1
    while (exemplars[to]?.row === row) to++
    const ofRow = exemplars.slice(from, to)
    from = to
    if (refusedRows.has(row)) continue
    const late = appendOfSeries(appender, columns, ofRow)
    if (late === ofRow.length) outOfOrder += late
  }
  return outOfOrder
}

/** How many of them came out of order. */
function appendOfSeries(
  appender: Appender,
  columns: PageColumns,
  exemplars: readonly RowExemplar[],
): number {
  const staged = exemplars
    .map(({ row, exemplar: { labelPairs, value, timestampMs } }) => ({
      id: seriesId(columns.idOf(row)),
      exemplar: {
        labels: encodeExemplarLabels(labelPairs.map((text) => Buffer.from(text))),
        value,
        timestampMs: timestampMs ?? columns.timestampMsOf(row),
        hasTimestamp: timestampMs !== undefined,
      },
    }))
    .sort(
      ({ exemplar: a }, { exemplar: b }) =>
        a.timestampMs - b.timestampMs || a.value - b.value || Buffer.compare(a.labels, b.labels),
    )
  let late = 0
  for (const { id, exemplar } of staged) {
    if (appender.appendExemplar(id, exemplar) === exemplarRefusal.outOfOrder) late++
  }
  return late
}
