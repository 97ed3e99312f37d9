import { type MouseEvent, useMemo, useState } from 'react'
import { shortNumber } from '../format/number-text.ts'
import { sharedLabels } from '../series/labels.ts'
import { lineStyleOf, type Scheme } from '../series/series-colors.ts'
import { SeriesName } from '../series/series-name.tsx'
import type { GraphSeries } from './graph-data.ts'
import styles from './legend.module.css'
import { LineSample } from './line-sample.tsx'

interface LegendProps {
  readonly series: readonly GraphSeries[]
  readonly hidden: ReadonlySet<string>
  readonly scheme: Scheme
  readonly onToggle: (key: string) => void
  readonly onIsolate: (key: string) => void
  readonly onHighlight: (index: number | undefined) => void
}

/** Rows shown before the reader asks for all of them. */
const rowsFirst = 100

/** The series of a graph as a table: what each looks like, is called, and amounts to. */
export function Legend(props: LegendProps) {
  const { series, onHighlight } = props
  const [all, setAll] = useState(false)
  const shared = useMemo(() => sharedLabels(series.map(({ labels }) => labels)), [series])
  const rows = all ? series : series.slice(0, rowsFirst)
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: leaving the table only ends a highlight
    <div className={styles.legend} onMouseLeave={() => onHighlight(undefined)}>
      {Object.keys(shared).length > 0 && (
        <div className={styles.shared}>
          <span className={styles.sharedTitle}>All {series.length}</span>
          <SeriesName labels={shared} />
        </div>
      )}
      <div className={styles.scroll}>
        <table className={styles.table} aria-label="Legend">
          <thead>
            <tr>
              <th scope="col">Series</th>
              <th scope="col">last</th>
              <th scope="col">min</th>
              <th scope="col">max</th>
              <th scope="col">mean</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((item, index) => (
              <LegendRow key={item.key} {...props} item={item} index={index} shared={shared} />
            ))}
          </tbody>
        </table>
      </div>
      {rows.length < series.length && (
        <button type="button" className={styles.more} onClick={() => setAll(true)}>
          Show all {series.length} series
        </button>
      )}
    </div>
  )
}

interface LegendRowProps extends LegendProps {
  readonly item: GraphSeries
  readonly index: number
  readonly shared: Readonly<Record<string, string>>
}

function LegendRow(props: LegendRowProps) {
  const { item, index, shared, hidden, scheme, onToggle, onIsolate, onHighlight } = props
  const shown = !hidden.has(item.key)
  const isolateOrToggle = (event: MouseEvent): void => {
    if (event.ctrlKey || event.metaKey) onToggle(item.key)
    else onIsolate(item.key)
  }
  const { last, min, max, mean } = item.summary
  return (
    <tr
      className={shown ? undefined : styles.hidden}
      onMouseEnter={() => onHighlight(shown ? index : undefined)}
    >
      <th scope="row">
        <div className={styles.name}>
          <button
            type="button"
            role="switch"
            aria-checked={shown}
            aria-label={`Show series ${index + 1}`}
            className={styles.toggle}
            onClick={() => onToggle(item.key)}
          >
            <LineSample style={lineStyleOf(index, scheme)} shown={shown} />
          </button>
          <button
            type="button"
            className={styles.isolate}
            title="Show only this series, or all again; with Ctrl or Cmd hide it"
            onClick={isolateOrToggle}
            onFocus={() => onHighlight(shown ? index : undefined)}
            onBlur={() => onHighlight(undefined)}
          >
            <SeriesName labels={item.labels} without={shared} />
          </button>
        </div>
      </th>
      {[last, min, max, mean].map((value, column) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: four columns that never move
        <td key={column}>{Number.isNaN(value) ? '–' : shortNumber(value)}</td>
      ))}
    </tr>
  )
}
