import { useMemo, useState } from 'react'
import { NoData } from '../query/no-data.tsx'
import type { Panel } from '../query/panel.ts'
import type { QueryAnswer } from '../query/query-stats.tsx'
import { Notice } from '../shell/notices.tsx'
import { useScheme } from '../shell/scheme.ts'
import { useTimeZone } from '../shell/time-zone.ts'
import { Chart } from './chart.tsx'
import { graphData } from './graph-data.ts'
import styles from './graph-view.module.css'
import { Legend } from './legend.tsx'

/** Lines drawn before the reader asks for all of them; thousands make any browser slow. */
const linesFirst = 300

interface GraphViewProps {
  readonly panel: Panel
  readonly answer: QueryAnswer
  readonly onChange: (change: Partial<Panel>) => void
}

/** The answer of a range query as chart and legend. */
export function GraphView({ panel, answer, onChange }: GraphViewProps) {
  const scheme = useScheme()
  const [zone] = useTimeZone()
  const [all, setAll] = useState(false)
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set())
  const [highlighted, setHighlighted] = useState<number>()
  const { data, grid } = answer
  const items = data.resultType === 'matrix' ? data.result : []
  const graph = useMemo(
    () => graphData(all ? items : items.slice(0, linesFirst), grid),
    [items, grid, all],
  )
  const drawn = useMemo(
    () =>
      graph.series
        .map((series, index) => ({ series, index }))
        .filter(({ series }) => !hidden.has(series.key)),
    [graph, hidden],
  )
  if (items.length === 0) return <NoData />

  const toggle = (key: string): void => {
    const next = new Set(hidden)
    if (!next.delete(key)) next.add(key)
    setHidden(next)
  }
  const isolate = (key: string): void => {
    const others = graph.series.map((series) => series.key).filter((other) => other !== key)
    const alone = !hidden.has(key) && others.every((other) => hidden.has(other))
    setHidden(new Set(alone ? [] : others))
  }
  const zoom = (startSeconds: number, endSeconds: number): void => {
    const endMs = Math.round(endSeconds) * 1000
    onChange({ endMs, rangeMs: Math.max(1000, Math.round(endSeconds - startSeconds) * 1000) })
  }
  return (
    <>
      {graph.series.length < items.length && (
        <Notice kind="info">
          The first {linesFirst} of {items.length.toLocaleString('en')} series are drawn.{' '}
          <button type="button" className={styles.all} onClick={() => setAll(true)}>
            Draw all
          </button>
        </Notice>
      )}
      <Chart
        data={graph}
        drawn={drawn}
        highlighted={highlighted}
        mode={panel.displayMode}
        yAxisMin={panel.yAxisMin}
        zone={zone}
        scheme={scheme}
        onZoom={zoom}
      />
      <Legend
        series={graph.series}
        hidden={hidden}
        scheme={scheme}
        onToggle={toggle}
        onIsolate={isolate}
        onHighlight={setHighlighted}
      />
    </>
  )
}
