import { useApi } from '../api/use-api.ts'
import { durationText } from '../format/duration-text.ts'
import { timeText } from '../format/time-text.ts'
import type { LabelSet } from '../series/labels.ts'
import { ErrorNotice } from '../shell/notices.tsx'
import { useTimeZone } from '../shell/time-zone.ts'
import { LabelChips } from '../targets/label-chips.tsx'
import styles from './rules.module.css'

interface IntervalData {
  readonly state: 'pending' | 'firing'
  readonly start: string
  readonly end?: string
}

interface HistoryData {
  readonly alerts: readonly {
    readonly labels: LabelSet
    readonly intervals: readonly IntervalData[]
  }[]
}

const dayMs = 86_400_000
const alertsMax = 20

/** When the alerts of a rule were pending and firing during the last day, a bar each. */
export function AlertHistory({ name, nowMs }: { name: string; nowMs: number }) {
  const match = `{alertname=${JSON.stringify(name)}}`
  const search = new URLSearchParams({ 'match[]': match, limit: String(alertsMax) })
  const { data, error } = useApi<HistoryData>(`alerts/history?${search}`, 30_000)
  if (error !== null) return <ErrorNotice error={error} />
  if (data === undefined || data.alerts.length === 0) return null
  const starts = data.alerts.flatMap(({ intervals }) =>
    intervals.map(({ start }) => Date.parse(start)),
  )
  // A young server's bars would be too narrow to see on a whole day.
  const firstMs = Math.max(nowMs - dayMs, Math.min(...starts))
  return (
    <section className={styles.history} aria-label={`History of ${name}`}>
      <h3>Last {durationText(Math.max(1, Math.round((nowMs - firstMs) / 1000)) * 1000)}</h3>
      {data.alerts.map(({ labels, intervals }) => (
        <div key={JSON.stringify(labels)} className={styles.line}>
          <LabelChips labels={labels} />
          <div className={styles.bar}>
            {intervals.map((interval) => (
              <Interval key={interval.start} interval={interval} firstMs={firstMs} nowMs={nowMs} />
            ))}
          </div>
        </div>
      ))}
    </section>
  )
}

interface IntervalProps {
  readonly interval: IntervalData
  readonly firstMs: number
  readonly nowMs: number
}

function Interval({ interval, firstMs, nowMs }: IntervalProps) {
  const [zone] = useTimeZone()
  const { state, start, end } = interval
  const startMs = Math.max(firstMs, Date.parse(start))
  const endMs = end === undefined ? nowMs : Date.parse(end)
  const spanMs = Math.max(1, nowMs - firstMs)
  const share = (ms: number) => `${(100 * ms) / spanMs}%`
  const until = end === undefined ? 'now' : timeText(endMs, zone)
  const seconds = Math.max(0, Math.round((endMs - startMs) / 1000)) * 1000
  return (
    <span
      className={styles[state]}
      style={{ left: share(startMs - firstMs), width: share(endMs - startMs) }}
      title={`${state} from ${timeText(startMs, zone)} to ${until}: ${durationText(seconds)}`}
    />
  )
}
