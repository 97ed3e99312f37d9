import { Labels } from '../model/labels.ts'

export type AlertState = 'unknown' | 'inactive' | 'pending' | 'firing'

const ranks: Readonly<Record<AlertState, number>> = {
  unknown: 0,
  inactive: 1,
  pending: 2,
  firing: 3,
}

/** Later states say more: a rule has the state of the alert that says most. */
export function rankOf(state: AlertState): number {
  return ranks[state]
}

/** The label sets of the series of an alert, made once for each state. */
export class AlertSeries {
  state: AlertState = 'unknown'
  stateLabels = Labels.empty
  forLabels: Labels | undefined
}

/** One alert of one rule; times by the timestamps of evaluations, undefined where there is none. */
export class Alert {
  state: AlertState = 'pending'
  annotations: Labels = Labels.empty
  value = 0
  firedAtMs: number | undefined
  resolvedAtMs: number | undefined
  lastSentAtMs: number | undefined
  validUntilMs: number | undefined
  keepFiringSinceMs: number | undefined

  series = new AlertSeries()

  constructor(
    readonly labels: Labels,
    public activeAtMs: number,
  ) {}

  /** Row R3.7: what was resolved since the last time, and what is due again. */
  needsSending(timeMs: number, resendDelayMs: number): boolean {
    if (this.state === 'pending') return false
    if (this.resolvedAtMs !== undefined && this.resolvedAtMs > (this.lastSentAtMs ?? -Infinity)) {
      return true
    }
    return (this.lastSentAtMs ?? -Infinity) + resendDelayMs < timeMs
  }
}
