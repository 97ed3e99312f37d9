import 'uplot/dist/uPlot.min.css'
import { useEffect, useRef, useState } from 'react'
import uPlot from 'uplot'
import type { TimeZone } from '../format/time-text.ts'
import type { DisplayMode } from '../query/panel.ts'
import { lineStyleOf, type Scheme } from '../series/series-colors.ts'
import styles from './chart.module.css'
import { chartOptions } from './chart-options.ts'
import { ChartTooltip } from './chart-tooltip.tsx'
import { type GraphData, type GraphSeries, stacked } from './graph-data.ts'
import { type Hover, hoverAt } from './hover.ts'
import { useWidth } from './use-width.ts'

/** A series that is drawn, with its place in the answer, which decides its colour. */
export interface DrawnSeries {
  readonly index: number
  readonly series: GraphSeries
}

interface ChartProps {
  readonly data: GraphData
  readonly drawn: readonly DrawnSeries[]
  /** Index in the answer of the series to bring forward; the others fade. */
  readonly highlighted: number | undefined
  readonly mode: DisplayMode
  readonly yAxisMin: number | null
  readonly zone: TimeZone
  readonly scheme: Scheme
  readonly onZoom: (startSeconds: number, endSeconds: number) => void
}

const heightPx = 340

export function Chart(props: ChartProps) {
  const { data, drawn, highlighted, mode, yAxisMin, zone, scheme, onZoom } = props
  const host = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot>(undefined)
  const zoom = useRef(onZoom)
  zoom.current = onZoom
  const width = useWidth(host)
  const [hover, setHover] = useState<Hover>()

  useEffect(() => {
    const element = host.current
    if (element === null || width === 0) return
    const tokens = getComputedStyle(element)
    const options = chartOptions({
      width,
      height: heightPx,
      lines: drawn.map(({ index }) => lineStyleOf(index, scheme)),
      mode,
      zone,
      yAxisMin,
      ink: tokens.getPropertyValue('--nx-ink-2'),
      grid: tokens.getPropertyValue('--nx-line'),
      onCursor: (chart) => setHover(hoverAt(chart)),
      onZoom: (start, end) => zoom.current(start, end),
    })
    const columns = drawn.map(({ series }) => series.values)
    const made = new uPlot(options, alignedData(data.times, columns, mode), element)
    plot.current = made
    return () => {
      plot.current = undefined
      setHover(undefined)
      made.destroy()
    }
  }, [data, drawn, mode, yAxisMin, zone, scheme, width])

  useEffect(() => {
    const line = drawn.findIndex(({ index }) => index === highlighted)
    plot.current?.setSeries(line < 0 ? null : line + 1, { focus: true })
  }, [drawn, highlighted])

  const hovered = hover === undefined ? undefined : drawn[hover.lineIndex]
  return (
    <div className={styles.chart} ref={host}>
      {hover !== undefined && hovered !== undefined && (
        <ChartTooltip
          hover={hover}
          series={hovered.series}
          timeMs={(data.times[hover.timeIndex] ?? 0) * 1000}
          color={lineStyleOf(hovered.index, scheme).color}
          zone={zone}
          widthPx={width}
        />
      )}
    </div>
  )
}

function alignedData(
  times: readonly number[],
  columns: readonly (readonly (number | null)[])[],
  mode: DisplayMode,
): uPlot.AlignedData {
  const heights = mode === 'stacked' ? stacked(columns) : columns
  return [[...times], ...heights.map((column) => [...column])]
}
