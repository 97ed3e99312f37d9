import { shortNumber } from '../format/number-text.ts'
import type { TimeZone } from '../format/time-text.ts'
import { timeText } from '../format/time-text.ts'
import styles from './chart.module.css'
import type { GraphSeries } from './graph-data.ts'
import type { Hover } from './hover.ts'

interface ChartTooltipProps {
  readonly hover: Hover
  readonly series: GraphSeries
  readonly timeMs: number
  readonly color: string
  readonly zone: TimeZone
  readonly widthPx: number
}

/** Time, value and labels of the nearest line, on the side of the pointer that has more room. */
export function ChartTooltip({ hover, series, timeMs, color, zone, widthPx }: ChartTooltipProps) {
  const { __name__: metric = '', ...labels } = series.labels
  const value = series.values[hover.timeIndex]
  const gapPx = 18
  const side =
    hover.leftPx > widthPx / 2
      ? { right: widthPx - hover.leftPx + gapPx }
      : { left: hover.leftPx + gapPx }
  return (
    <div className={styles.tooltip} style={{ top: 14, ...side }} data-testid="tooltip">
      <div className={styles.time}>{timeText(timeMs, zone, timeMs % 1000 !== 0)}</div>
      <div className={styles.value}>
        <span className={styles.swatch} style={{ background: color }} />
        {value === null || value === undefined ? 'no value' : shortNumber(value, 6)}
      </div>
      {metric !== '' && <div className={styles.metric}>{metric}</div>}
      <dl className={styles.labels}>
        {Object.entries(labels).map(([name, text]) => (
          <div key={name} style={{ display: 'contents' }}>
            <dt>{name}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
    </div>
  )
}
