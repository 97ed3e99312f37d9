export type Density = 'low' | 'medium' | 'high'

/** How far apart the points of a graph are: by how many of them, or by a step (from a list, or typed). */
export type Resolution =
  | { readonly kind: 'auto'; readonly density: Density }
  | { readonly kind: 'fixed' | 'custom'; readonly stepMs: number }

export type PanelTab = 'table' | 'graph'
export type DisplayMode = 'lines' | 'stacked'

/** Everything of a query panel that its URL remembers. */
export interface Panel {
  readonly expr: string
  readonly tab: PanelTab
  /** The evaluation time of the table and the end of the graph; null is now. */
  readonly endMs: number | null
  readonly rangeMs: number
  readonly resolution: Resolution
  readonly displayMode: DisplayMode
  /** The lowest value of the graph's axis; null fits it to the data. */
  readonly yAxisMin: number | null
}

export const newPanel: Panel = {
  expr: '',
  tab: 'table',
  endMs: null,
  rangeMs: 3_600_000,
  resolution: { kind: 'auto', density: 'medium' },
  displayMode: 'lines',
  yAxisMin: null,
}

/** Panels of one page; a URL with more is cut. */
export const panelsMax = 20

export const pointsOfDensity: Readonly<Record<Density, number>> = {
  low: 100,
  medium: 250,
  high: 750,
}

/** The step of the panel's range query: whole seconds for automatic resolutions, at least one. */
export function stepMsOf(panel: Panel): number {
  const { resolution, rangeMs } = panel
  if (resolution.kind !== 'auto') return resolution.stepMs
  const points = pointsOfDensity[resolution.density]
  return Math.max(1000, Math.floor(rangeMs / points / 1000) * 1000)
}
