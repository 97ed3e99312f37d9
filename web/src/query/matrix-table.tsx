import { useState } from 'react'
import type { MatrixItem } from '../api/query-data.ts'
import type { TimeZone } from '../format/time-text.ts'
import { timeText } from '../format/time-text.ts'
import { labelsText } from '../series/labels.ts'
import { SeriesName } from '../series/series-name.tsx'
import { useTimeZone } from '../shell/time-zone.ts'
import { ShowAll } from './show-all.tsx'
import styles from './table-view.module.css'

/** Series and samples of each shown before the reader asks for more. */
const rowsFirst = 100
const samplesFirst = 50

/** A range vector as it is stored: every sample with its own time. */
export function MatrixTable({ items }: { items: readonly MatrixItem[] }) {
  const [zone] = useTimeZone()
  const [all, setAll] = useState(false)
  const rows = all ? items : items.slice(0, rowsFirst)
  return (
    <>
      <table className={styles.table} aria-label="Result">
        <thead>
          <tr>
            <th scope="col">Series</th>
            <th scope="col">Value and time</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((item) => (
            <tr key={labelsText(item.metric)}>
              <th scope="row">
                <SeriesName labels={item.metric} />
              </th>
              <td>
                <Samples item={item} zone={zone} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <ShowAll shown={rows.length} of={items.length} onShow={() => setAll(true)} />
    </>
  )
}

function Samples({ item, zone }: { item: MatrixItem; zone: TimeZone }) {
  const [all, setAll] = useState(false)
  const samples = [
    ...(item.values ?? []),
    ...(item.histograms ?? []).map(([seconds, { count, sum }]) => {
      return [seconds, `histogram: count ${count}, sum ${sum}`] as const
    }),
  ]
  const shown = all ? samples : samples.slice(-samplesFirst)
  return (
    <div className={styles.samples}>
      {shown.length < samples.length && (
        <button type="button" className={styles.more} onClick={() => setAll(true)}>
          {samples.length - shown.length} earlier
        </button>
      )}
      {shown.map(([seconds, text]) => (
        <div key={seconds} className={styles.sample}>
          <span className={styles.exact}>{text}</span>
          <span className={styles.hint}>{timeText(seconds * 1000, zone, true)}</span>
        </div>
      ))}
    </div>
  )
}
