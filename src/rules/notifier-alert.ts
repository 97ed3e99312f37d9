import { goJson } from '../model/go-json.ts'
import type { Labels } from '../model/labels.ts'
import { LabelsBuilder } from '../model/labels.ts'
import { type RelabelRule, relabelBuilder } from '../model/relabel.ts'
import type { Alert } from './alert.ts'
import { tableLink } from './template-functions.ts'

/** An alert as Alertmanagers are told it (row R5.2). */
export interface NotifiedAlert {
  readonly labels: Labels
  readonly annotations: Labels
  /** When it began to fire (row R3.8); undefined where it never did. */
  readonly startsAtMs: number | undefined
  /** When it was resolved; else until when it holds unless it is told again. */
  readonly endsAtMs: number | undefined
  readonly generatorUrl: string
}

export function notifiedAlert(alert: Alert, query: string, externalUrl: string): NotifiedAlert {
  return {
    labels: alert.labels,
    annotations: alert.annotations,
    startsAtMs: alert.firedAtMs,
    endsAtMs: alert.resolvedAtMs ?? alert.validUntilMs,
    generatorUrl: externalUrl + tableLink(query),
  }
}

/** Adds labels that the alerts have not, then applies rules, which may drop some (row R5.4). */
export function relabeledAlerts(
  alerts: readonly NotifiedAlert[],
  externalLabels: Labels,
  rules: readonly RelabelRule[],
): readonly NotifiedAlert[] {
  if (externalLabels.size === 0 && rules.length === 0) return alerts
  const kept: NotifiedAlert[] = []
  for (const alert of alerts) {
    const builder = new LabelsBuilder(alert.labels)
    for (const [name, value] of externalLabels.entries()) {
      if (builder.get(name) === '') builder.set(name, value)
    }
    if (relabelBuilder(builder, rules)) kept.push({ ...alert, labels: builder.build() })
  }
  return kept
}

/** The body of POST /api/v2/alerts. */
export function alertsBody(alerts: readonly NotifiedAlert[]): string {
  return goJson(
    alerts.map((alert) => ({
      ...(alert.annotations.size === 0 ? {} : { annotations: alert.annotations.toObject() }),
      endsAt: timeText(alert.endsAtMs),
      startsAt: timeText(alert.startsAtMs),
      generatorURL: alert.generatorUrl,
      labels: alert.labels.toObject(),
    })),
  )
}

/** Go's zero time where there is none. */
function timeText(ms: number | undefined): string {
  return ms === undefined ? '0001-01-01T00:00:00.000Z' : new Date(ms).toISOString()
}
