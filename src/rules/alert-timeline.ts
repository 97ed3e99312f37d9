import { NarthexError } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import type { Labels } from '../model/labels.ts'
import type { Alert } from './alert.ts'
import type { AlertingRule } from './alerting-rule.ts'

/** A time in which an alert had one state; times are those of evaluations. */
export interface AlertInterval {
  readonly state: 'pending' | 'firing'
  readonly startMs: number
  /** The evaluation that found it otherwise; undefined where none did. */
  endMs: number | undefined
  /** Since when the rule's expression has held. */
  readonly activeAtMs: number
  /** Of its first evaluation, as the annotations are. */
  readonly value: number
  readonly annotations: Labels
}

/** All that one label set of a rule went through, in order of time. */
export interface AlertRecord {
  readonly labels: Labels
  readonly intervals: readonly AlertInterval[]
}

/** How many intervals all timelines of a run have together. */
export interface IntervalCount {
  count: number
}

/** What the alerts of one rule go through. Protocol: observe() after each evaluation of the rule. */
export class AlertTimeline {
  readonly #rule: AlertingRule
  readonly #total: IntervalCount
  readonly #records = new Map<string, { labels: Labels; intervals: AlertInterval[] }>()
  readonly #open = new Map<string, { interval: AlertInterval; seenMs: number }>()

  constructor(rule: AlertingRule, total: IntervalCount) {
    this.#rule = rule
    this.#total = total
  }

  /** Throws LIMIT_EXCEEDED. */
  observe(timeMs: number): void {
    for (const alert of this.#rule.active) {
      const { state } = alert
      if (state === 'pending' || state === 'firing') this.#see(alert, state, timeMs)
    }
    for (const [key, { interval, seenMs }] of this.#open) {
      if (seenMs === timeMs) continue
      interval.endMs = timeMs
      this.#open.delete(key)
    }
  }

  /** By the first time, then by the labels. */
  get records(): readonly AlertRecord[] {
    const startOf = ({ intervals }: AlertRecord) => intervals[0]?.startMs ?? 0
    return [...this.#records.values()].sort(
      (a, b) => startOf(a) - startOf(b) || a.labels.compare(b.labels),
    )
  }

  #see(alert: Alert, state: AlertInterval['state'], timeMs: number): void {
    const { labels, activeAtMs, value, annotations } = alert
    const key = labels.key()
    const open = this.#open.get(key)
    if (open?.interval.state === state && open.interval.activeAtMs === activeAtMs) {
      open.seenMs = timeMs
      return
    }
    if (open !== undefined) open.interval.endMs = timeMs
    if (++this.#total.count > limits.alertIntervalsMax) {
      const words = `alerts change their state more than ${limits.alertIntervalsMax} times`
      throw new NarthexError('LIMIT_EXCEEDED', `${words}: take a shorter range`)
    }
    const interval = { state, startMs: timeMs, endMs: undefined, activeAtMs, value, annotations }
    this.#open.set(key, { interval, seenMs: timeMs })
    const record = this.#records.get(key)
    if (record === undefined) this.#records.set(key, { labels, intervals: [interval] })
    else record.intervals.push(interval)
  }
}
