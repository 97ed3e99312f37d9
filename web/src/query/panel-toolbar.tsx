import { SegmentedControl } from '@mantine/core'
import { IconChartAreaLine, IconChartLine } from '@tabler/icons-react'
import type { Panel } from './panel.ts'
import styles from './panel-toolbar.module.css'
import { RangeInput } from './range-input.tsx'
import { ResolutionMenu } from './resolution-menu.tsx'
import { TimeInput } from './time-input.tsx'

interface PanelToolbarProps {
  readonly panel: Panel
  readonly nowMs: number
  readonly onChange: (change: Partial<Panel>) => void
}

/** Table or graph, and what the chosen one needs: a time, or range, end, resolution and mode. */
export function PanelToolbar({ panel, nowMs, onChange }: PanelToolbarProps) {
  return (
    <div className={styles.toolbar}>
      <SegmentedControl
        size="xs"
        withItemsBorders={false}
        aria-label="Result as"
        value={panel.tab}
        onChange={(tab) => onChange({ tab: tab === 'graph' ? 'graph' : 'table' })}
        data={[
          { value: 'table', label: 'Table' },
          { value: 'graph', label: 'Graph' },
        ]}
      />
      {panel.tab === 'graph' && (
        <RangeInput rangeMs={panel.rangeMs} onChange={(rangeMs) => onChange({ rangeMs })} />
      )}
      <TimeInput
        label={panel.tab === 'graph' ? 'End time' : 'Evaluation time'}
        timeMs={panel.endMs}
        nowMs={nowMs}
        stepMs={panel.tab === 'graph' ? panel.rangeMs / 2 : 60_000}
        onChange={(endMs) => onChange({ endMs })}
      />
      {panel.tab === 'graph' && <GraphLook panel={panel} onChange={onChange} />}
    </div>
  )
}

function GraphLook({ panel, onChange }: Pick<PanelToolbarProps, 'panel' | 'onChange'>) {
  return (
    <>
      <ResolutionMenu panel={panel} onChange={(resolution) => onChange({ resolution })} />
      <SegmentedControl
        size="xs"
        withItemsBorders={false}
        aria-label="Draw as"
        value={panel.displayMode}
        onChange={(mode) => onChange({ displayMode: mode === 'stacked' ? 'stacked' : 'lines' })}
        data={[
          { value: 'lines', label: <Mode icon="lines" text="Lines" /> },
          { value: 'stacked', label: <Mode icon="stacked" text="Stacked" /> },
        ]}
      />
      <button
        type="button"
        className={styles.zero}
        aria-pressed={panel.yAxisMin !== null}
        title="Begin the vertical axis at zero"
        onClick={() => onChange({ yAxisMin: panel.yAxisMin === null ? 0 : null })}
      >
        From 0
      </button>
    </>
  )
}

function Mode({ icon, text }: { icon: 'lines' | 'stacked'; text: string }) {
  const Icon = icon === 'lines' ? IconChartLine : IconChartAreaLine
  return (
    <span className={styles.mode}>
      <Icon size={14} aria-hidden="true" />
      {text}
    </span>
  )
}
