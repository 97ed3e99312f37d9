import { Button, Menu } from '@mantine/core'
import { IconCheck, IconChevronDown } from '@tabler/icons-react'
import { useState } from 'react'
import { durationText, parseDurationMs } from '../format/duration-text.ts'
import { type Density, type Panel, pointsOfDensity, type Resolution, stepMsOf } from './panel.ts'
import styles from './resolution-menu.module.css'

interface ResolutionMenuProps {
  readonly panel: Panel
  readonly onChange: (resolution: Resolution) => void
}

const densities: readonly Density[] = ['low', 'medium', 'high']
const fixedStepsMs: readonly number[] = [10_000, 30_000, 60_000, 300_000, 900_000, 3_600_000]

function nameOf(resolution: Resolution, stepMs: number): string {
  if (resolution.kind === 'auto') return `Res. ${resolution.density}`
  return `Step ${durationText(stepMs)}`
}

/** How dense the points of a graph are. */
export function ResolutionMenu({ panel, onChange }: ResolutionMenuProps) {
  const { resolution } = panel
  const stepMs = stepMsOf(panel)
  return (
    <Menu position="bottom-start" withinPortal={false} shadow="md">
      <Menu.Target>
        <Button
          variant="default"
          size="xs"
          className={styles.button ?? ''}
          rightSection={<IconChevronDown size={14} />}
          aria-label={`Resolution: ${nameOf(resolution, stepMs)}`}
        >
          {nameOf(resolution, stepMs)}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Automatic</Menu.Label>
        {densities.map((density) => (
          <Choice
            key={density}
            chosen={resolution.kind === 'auto' && resolution.density === density}
            text={density}
            detail={`${pointsOfDensity[density]} points`}
            onChoose={() => onChange({ kind: 'auto', density })}
          />
        ))}
        <Menu.Label>Fixed step</Menu.Label>
        {fixedStepsMs.map((fixedMs) => (
          <Choice
            key={fixedMs}
            chosen={resolution.kind === 'fixed' && resolution.stepMs === fixedMs}
            text={durationText(fixedMs)}
            detail=""
            onChoose={() => onChange({ kind: 'fixed', stepMs: fixedMs })}
          />
        ))}
        <CustomStep
          stepMs={stepMs}
          onChange={(custom) => onChange({ kind: 'custom', stepMs: custom })}
        />
      </Menu.Dropdown>
    </Menu>
  )
}

interface ChoiceProps {
  readonly chosen: boolean
  readonly text: string
  readonly detail: string
  readonly onChoose: () => void
}

function Choice({ chosen, text, detail, onChoose }: ChoiceProps) {
  return (
    <Menu.Item
      onClick={onChoose}
      leftSection={<IconCheck size={14} className={chosen ? undefined : styles.unchosen} />}
      rightSection={<span className={styles.detail}>{detail}</span>}
    >
      {text}
    </Menu.Item>
  )
}

function CustomStep({ stepMs, onChange }: { stepMs: number; onChange: (stepMs: number) => void }) {
  const [text, setText] = useState(durationText(stepMs))
  const typed = parseDurationMs(text)
  return (
    <form
      className={styles.custom}
      onSubmit={(event) => {
        event.preventDefault()
        if (typed !== undefined) onChange(typed)
      }}
    >
      <label>
        Custom step
        <input
          value={text}
          aria-invalid={typed === undefined}
          onChange={(event) => setText(event.currentTarget.value)}
          // The menu would take letters and arrows for its own.
          onKeyDown={(event) => event.key !== 'Escape' && event.stopPropagation()}
        />
      </label>
      <Button size="compact-xs" type="submit" disabled={typed === undefined}>
        Set
      </Button>
    </form>
  )
}
