import { shortNumber } from '../format/number-text.ts'
import { agoText } from '../format/time-text.ts'
import styles from './table-view.module.css'

interface ValueTextProps {
  readonly text: string
  /** The metric's name, which may tell that the value is a time. */
  readonly metric: string
}

/** A value exactly as the server wrote it, and beside long ones how a person would say it. */
export function ValueText({ text, metric }: ValueTextProps) {
  const hint = hintOf(text, metric)
  return (
    <>
      {hint !== '' && <span className={styles.hint}>{hint}</span>}
      <span className={styles.exact}>{text}</span>
    </>
  )
}

function hintOf(text: string, metric: string): string {
  const value = Number.parseFloat(text)
  if (!Number.isFinite(value)) return ''
  if (/_time(stamp)?_seconds$/.test(metric) && value > 1e8) return momentText(value)
  const magnitude = Math.abs(value)
  const plain = magnitude < 100_000 && (magnitude >= 0.001 || magnitude === 0)
  return plain ? '' : `≈ ${shortNumber(value)}`
}

function momentText(seconds: number): string {
  const elapsedMs = Date.now() - seconds * 1000
  return elapsedMs >= 0 ? `${agoText(elapsedMs)} ago` : `in ${agoText(-elapsedMs)}`
}
