import { Button, Popover } from '@mantine/core'
import { IconChevronLeft, IconChevronRight, IconClock } from '@tabler/icons-react'
import { useState } from 'react'
import { durationText } from '../format/duration-text.ts'
import { parseTimeText, timeText, zoneText } from '../format/time-text.ts'
import { useTimeZone } from '../shell/time-zone.ts'
import styles from './stepper.module.css'

interface TimeInputProps {
  readonly label: string
  /** null is now. */
  readonly timeMs: number | null
  readonly nowMs: number
  /** How far the arrows move. */
  readonly stepMs: number
  readonly onChange: (timeMs: number | null) => void
}

/** A moment: now, or one that is stepped to with the arrows or picked. */
export function TimeInput({ label, timeMs, nowMs, stepMs, onChange }: TimeInputProps) {
  const [zone] = useTimeZone()
  const [open, setOpen] = useState(false)
  const move = (direction: -1 | 1): void => {
    // Whole seconds, as the URL keeps them.
    onChange(Math.round(((timeMs ?? nowMs) + direction * stepMs) / 1000) * 1000)
  }
  return (
    <div className={styles.stepper}>
      <button
        type="button"
        className={styles.step}
        aria-label={`${label}: earlier`}
        onClick={() => move(-1)}
      >
        <IconChevronLeft size={15} />
      </button>
      <Popover opened={open} onChange={setOpen} withinPortal={false} trapFocus shadow="md">
        <Popover.Target>
          <button
            type="button"
            className={styles.center}
            aria-label={`${label}: ${timeMs === null ? 'now' : timeText(timeMs, zone)}`}
            title={label}
            onClick={() => setOpen(!open)}
          >
            <IconClock size={14} aria-hidden="true" />
            {timeMs === null ? 'now' : timeText(timeMs, zone)}
          </button>
        </Popover.Target>
        <Popover.Dropdown>
          <TimePicker
            label={label}
            timeMs={timeMs ?? nowMs}
            onPick={(picked) => {
              setOpen(false)
              onChange(picked)
            }}
          />
        </Popover.Dropdown>
      </Popover>
      <button
        type="button"
        className={styles.step}
        aria-label={`${label}: later`}
        onClick={() => move(1)}
      >
        <IconChevronRight size={15} />
      </button>
    </div>
  )
}

/** Offered beside a typed time, as ago from now. */
const agosMs = [900_000, 3_600_000, 21_600_000, 86_400_000, 604_800_000] as const

interface TimePickerProps {
  readonly label: string
  readonly timeMs: number
  readonly onPick: (timeMs: number | null) => void
}

function TimePicker({ label, timeMs, onPick }: TimePickerProps) {
  const [zone] = useTimeZone()
  const [text, setText] = useState(timeText(timeMs, zone).replace(' ', 'T'))
  const typed = parseTimeText(text, zone)
  return (
    <form
      className={styles.popover}
      onSubmit={(event) => {
        event.preventDefault()
        if (typed !== undefined) onPick(typed)
      }}
    >
      <label className={styles.popoverLabel}>
        {label} ({zoneText(zone)})
        <input
          type="datetime-local"
          step="1"
          className={styles.timeField}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
      </label>
      <div className={styles.choices}>
        <Button size="compact-sm" type="submit" disabled={typed === undefined}>
          Set
        </Button>
        <Button size="compact-sm" variant="default" onClick={() => onPick(null)}>
          Now
        </Button>
        {agosMs.map((agoMs) => (
          <Button
            key={agoMs}
            size="compact-sm"
            variant="default"
            aria-label={`${durationText(agoMs)} ago`}
            onClick={() => onPick(Math.floor((Date.now() - agoMs) / 1000) * 1000)}
          >
            -{durationText(agoMs)}
          </Button>
        ))}
      </div>
    </form>
  )
}
