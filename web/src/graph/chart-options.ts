import type uPlot from 'uplot'
import { axisTexts } from '../format/number-text.ts'
import type { TimeZone } from '../format/time-text.ts'
import type { DisplayMode } from '../query/panel.ts'
import type { LineStyle } from '../series/series-colors.ts'
import { dateIn, timeAxisValues } from './time-axis.ts'

/** What the chart looks like and reports; `lines` are those drawn, in order. */
export interface ChartLook {
  readonly width: number
  readonly height: number
  readonly lines: readonly LineStyle[]
  readonly mode: DisplayMode
  readonly zone: TimeZone
  readonly yAxisMin: number | null
  readonly ink: string
  readonly grid: string
  readonly onCursor: (plot: uPlot) => void
  readonly onZoom: (startSeconds: number, endSeconds: number) => void
}

export function chartOptions(look: ChartLook): uPlot.Options {
  return {
    width: look.width,
    height: look.height,
    // To the right, room for half of the last tick's text.
    padding: [10, 30, 0, 0],
    legend: { show: false },
    tzDate: dateIn(look.zone),
    focus: { alpha: 0.35 },
    cursor: {
      drag: { x: true, y: false, setScale: false },
      focus: { prox: 1e6 },
      points: { one: true, size: 8, width: 2 },
      y: false,
    },
    scales: { x: { time: true }, y: { range: yRange(look) } },
    axes: axes(look),
    series: [{}, ...look.lines.map((line) => seriesOptions(line, look.mode))],
    ...(look.mode === 'stacked' ? { bands: stackBands(look.lines) } : {}),
    hooks: {
      setCursor: [look.onCursor],
      setSelect: [(plot) => zoomTo(plot, look.onZoom)],
    },
  }
}

function axes({ ink, grid }: ChartLook): uPlot.Axis[] {
  const font = '12px Inter, ui-sans-serif, system-ui, sans-serif'
  const lines = { stroke: grid, width: 1 }
  return [
    {
      stroke: ink,
      font,
      grid: lines,
      ticks: { ...lines, size: 5 },
      space: 72,
      values: timeAxisValues,
    },
    {
      stroke: ink,
      font,
      grid: lines,
      ticks: { ...lines, size: 0 },
      gap: 8,
      size: axisWidth,
      values: (_plot, splits, _axis, _space, increment) => [...axisTexts(splits, increment)],
    },
  ]
}

/** As wide as the longest text, and never so narrow that short axes of several panels differ. */
function axisWidth(_plot: uPlot, values: string[] | null): number {
  const longest = Math.max(0, ...(values ?? []).map((text) => text.length))
  return Math.max(52, Math.ceil(longest * 7) + 16)
}

function seriesOptions(line: LineStyle, mode: DisplayMode): uPlot.Series {
  return {
    stroke: line.color,
    width: 1.5,
    dash: [...line.dash],
    ...(mode === 'stacked' ? { fill: `${line.color}40` } : {}),
    points: { show: true, size: 4, width: 0, fill: line.color, filter: lonelyPoints },
  }
}

/** Only samples without a neighbour get a point: a line would not show them. */
function lonelyPoints(plot: uPlot, seriesIndex: number): number[] {
  const values = plot.data[seriesIndex] ?? []
  const found: number[] = []
  for (let index = 0; index < values.length; index += 1) {
    if (values[index] == null) continue
    if (values[index - 1] == null && values[index + 1] == null) found.push(index)
  }
  return found
}

/** Fills between a stacked series and the one below it; uPlot's bands count from the upper one. */
function stackBands(lines: readonly LineStyle[]): uPlot.Band[] {
  return lines
    .slice(1)
    .map((line, index) => ({ series: [index + 2, index + 1], fill: `${line.color}40` }))
}

/** Some room above and below; from the given minimum, or from zero when areas stand on it. */
function yRange({ mode, yAxisMin }: ChartLook): uPlot.Scale.Range {
  return (_plot, dataMin, dataMax) => {
    if (dataMin === null || dataMax === null) return [0, 1]
    const min = yAxisMin ?? (mode === 'stacked' ? Math.min(0, dataMin) : dataMin)
    const max = Math.max(dataMax, min)
    const room = (max - min) * 0.08 || Math.abs(max) * 0.1 || 1
    const floor = yAxisMin ?? (mode === 'stacked' && dataMin >= 0 ? 0 : min - room)
    // Data that never falls below zero keeps zero as its floor.
    return [yAxisMin === null && min >= 0 ? Math.max(0, floor) : floor, max + room]
  }
}

function zoomTo(plot: uPlot, onZoom: ChartLook['onZoom']): void {
  const { left, width } = plot.select
  if (width < 4) return
  const [start, end] = [plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x')]
  plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
  onZoom(start, end)
}
