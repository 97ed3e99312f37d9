import { IconMinus, IconPlus } from '@tabler/icons-react'
import { type KeyboardEvent, useEffect, useState } from 'react'
import { durationText, parseDurationMs } from '../format/duration-text.ts'
import styles from './stepper.module.css'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

/** What the buttons step through. */
const rangesMs: readonly number[] = [
  10_000,
  30_000,
  minuteMs,
  5 * minuteMs,
  15 * minuteMs,
  30 * minuteMs,
  hourMs,
  2 * hourMs,
  6 * hourMs,
  12 * hourMs,
  dayMs,
  2 * dayMs,
  7 * dayMs,
  14 * dayMs,
  28 * dayMs,
  56 * dayMs,
  112 * dayMs,
  182 * dayMs,
  365 * dayMs,
  730 * dayMs,
]

interface RangeInputProps {
  readonly rangeMs: number
  readonly onChange: (rangeMs: number) => void
}

/** How much time a graph shows: stepped by buttons or arrow keys, or typed as a duration. */
export function RangeInput({ rangeMs, onChange }: RangeInputProps) {
  const [text, setText] = useState(durationText(rangeMs))
  useEffect(() => setText(durationText(rangeMs)), [rangeMs])
  const shorter = rangesMs.findLast((candidate) => candidate < rangeMs)
  const longer = rangesMs.find((candidate) => candidate > rangeMs)
  const typed = parseDurationMs(text)

  const takeTyped = (): void => {
    if (typed === undefined) setText(durationText(rangeMs))
    else if (typed !== rangeMs) onChange(typed)
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Enter') takeTyped()
    const next = event.key === 'ArrowUp' ? longer : event.key === 'ArrowDown' ? shorter : undefined
    if (next === undefined) return
    event.preventDefault()
    onChange(next)
  }
  return (
    <div className={styles.stepper}>
      <button
        type="button"
        className={styles.step}
        aria-label="Shorter range"
        disabled={shorter === undefined}
        onClick={() => shorter !== undefined && onChange(shorter)}
      >
        <IconMinus size={14} />
      </button>
      <input
        className={styles.field}
        aria-label="Range"
        aria-invalid={typed === undefined}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        onBlur={takeTyped}
        onKeyDown={onKeyDown}
      />
      <button
        type="button"
        className={styles.step}
        aria-label="Longer range"
        disabled={longer === undefined}
        onClick={() => longer !== undefined && onChange(longer)}
      >
        <IconPlus size={14} />
      </button>
    </div>
  )
}
