import { durationText, parseDurationMs } from '../format/duration-text.ts'
import { parseTimeText, timeText } from '../format/time-text.ts'
import { newPanel, type Panel, panelsMax, type Resolution } from './panel.ts'

/**
 * The query page's state as Prometheus writes it into a URL (FEATURES U2.2), so that links made for
 * either open in both: g0.expr, g0.tab, g0.range_input and so on for each panel. Older forms (tab=0,
 * stacked=1, step_input) are read and not written.
 */
export function decodePanels(search: string): readonly Panel[] {
  const parameters = new URLSearchParams(search)
  const panels: Panel[] = []
  while (panels.length < panelsMax && parameters.has(`g${panels.length}.expr`)) {
    const prefix = `g${panels.length}.`
    panels.push(decodePanel((name) => parameters.get(prefix + name) ?? undefined))
  }
  return panels.length === 0 ? [newPanel] : panels
}

type Read = (name: string) => string | undefined

function decodePanel(read: Read): Panel {
  const tab = read('tab')
  const end = read('end_input') ?? read('moment_input') ?? ''
  const yAxisMin = Number.parseFloat(read('y_axis_min') ?? '')
  const stacked = read('display_mode') === 'stacked' || read('stacked') === '1'
  return {
    expr: read('expr') ?? '',
    tab: tab === 'graph' || tab === '0' ? 'graph' : 'table',
    endMs: parseTimeText(end, 'utc') ?? null,
    rangeMs: parseDurationMs(read('range_input') ?? '') ?? newPanel.rangeMs,
    resolution: decodeResolution(read),
    displayMode: stacked ? 'stacked' : 'lines',
    yAxisMin: Number.isFinite(yAxisMin) ? yAxisMin : null,
  }
}

function decodeResolution(read: Read): Resolution {
  const kind = read('res_type')
  if (kind === 'auto') {
    const density = read('res_density')
    return { kind, density: density === 'low' || density === 'high' ? density : 'medium' }
  }
  const seconds = Number.parseFloat(read(kind === undefined ? 'step_input' : 'res_step') ?? '')
  if (!(seconds > 0)) return newPanel.resolution
  return { kind: kind === 'fixed' ? 'fixed' : 'custom', stepMs: seconds * 1000 }
}

export function encodePanels(panels: readonly Panel[]): string {
  const [only] = panels
  if (panels.length === 1 && only !== undefined && isUntouched(only)) return ''
  const parameters = new URLSearchParams()
  panels.forEach((panel, index) => {
    for (const [name, value] of encodedPanel(panel)) parameters.append(`g${index}.${name}`, value)
  })
  return parameters.toString()
}

function isUntouched(panel: Panel): boolean {
  return JSON.stringify(encodedPanel(panel)) === JSON.stringify(encodedPanel(newPanel))
}

function encodedPanel(panel: Panel): readonly (readonly [string, string])[] {
  const { endMs, resolution, yAxisMin } = panel
  const end = endMs === null ? undefined : timeText(endMs, 'utc')
  return [
    ['expr', panel.expr],
    ['show_tree', '0'],
    ['tab', panel.tab],
    ...(end === undefined
      ? []
      : ([
          ['end_input', end],
          ['moment_input', end],
        ] as const)),
    ['range_input', durationText(panel.rangeMs)],
    ['res_type', resolution.kind],
    resolution.kind === 'auto'
      ? ['res_density', resolution.density]
      : ['res_step', String(resolution.stepMs / 1000)],
    ['display_mode', panel.displayMode],
    ...(yAxisMin === null ? [] : ([['y_axis_min', String(yAxisMin)]] as const)),
    ['show_exemplars', '0'],
  ]
}
