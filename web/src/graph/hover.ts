import type uPlot from 'uplot'

/** What the pointer is at: a step of the grid and the nearest drawn line, with its place in the chart's element. */
export interface Hover {
  readonly timeIndex: number
  /** Index among the drawn lines. */
  readonly lineIndex: number
  readonly leftPx: number
  readonly topPx: number
}

/** The line nearest to the pointer at the step below it; undefined beside the data. */
export function hoverAt(plot: uPlot): Hover | undefined {
  const { idx, left = -1, top = -1 } = plot.cursor
  if (idx == null || left < 0 || top < 0) return undefined
  let nearest: Hover | undefined
  let distanceMin = Number.POSITIVE_INFINITY
  for (let series = 1; series < plot.data.length; series += 1) {
    const value = plot.data[series]?.[idx]
    if (value == null) continue
    const topPx = plot.valToPos(value, 'y')
    const distance = Math.abs(topPx - top)
    if (distance >= distanceMin) continue
    distanceMin = distance
    const leftPx = plot.over.offsetLeft + plot.valToPos(plot.data[0][idx] ?? 0, 'x')
    nearest = { timeIndex: idx, lineIndex: series - 1, leftPx, topPx }
  }
  return nearest
}
