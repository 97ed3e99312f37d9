import { messageOf } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'
import { goQuote } from '../model/go-quote.ts'
import { type Labels, LabelsBuilder, metricNameLabel } from '../model/labels.ts'
import type { Alert } from './alert.ts'
import { type AlertingRule, alertNameLabel, forStateMetric } from './alerting-rule.ts'
import { RuleError, type RuleSample } from './rule-sample.ts'

/** Flags --rules.alert.for-outage-tolerance and for-grace-period (row F1.33). */
export interface RestoreSettings {
  readonly outageToleranceMs: number
  readonly gracePeriodMs: number
}

/** Evaluates at a time with so long a lookback. Rejects with RuleError. */
export type AskSince = (
  query: string,
  timeMs: number,
  lookbackMs: number,
) => Promise<readonly RuleSample[]>

/**
 * Gives the alerts of a rule the time since when they have been active, as the series of before the
 * start tell (row R3.5): the outage does not count towards `for`, and what would fire soon waits
 * for the grace period. What cannot be read is logged, and the rule begins anew.
 */
export async function restoreForState(
  rule: AlertingRule,
  timeMs: number,
  { outageToleranceMs, gracePeriodMs }: RestoreSettings,
  ask: AskSince,
  logger: Logger,
): Promise<void> {
  try {
    if (rule.definition.forMs < gracePeriodMs) return
    const selector = selectorOf(rule.forStateLabels())
    // The engine's lookback leaves out the sample that is exactly so old, and upstream takes it.
    const lookbackMs = outageToleranceMs + 1
    const values = byLabels(await ask(selector, timeMs, lookbackMs))
    if (values.size === 0) return
    const times = byLabels(await ask(`timestamp(${selector})`, timeMs, lookbackMs))
    for (const alert of rule.active) {
      const key = alert.labels.key()
      const value = values.get(key)
      const seenSeconds = times.get(key)
      if (value === undefined || seenSeconds === undefined) continue
      const seenMs = Math.floor(seenSeconds) * 1_000
      restore(alert, { timeMs, seenMs, activeAtMs: Math.trunc(value) * 1_000 }, rule, gracePeriodMs)
    }
  } catch (thrown) {
    if (!(thrown instanceof RuleError)) throw thrown
    logger.error("Failed to restore 'for' state", {
      [alertNameLabel]: rule.name,
      err: messageOf(thrown),
    })
  } finally {
    rule.isRestored = true
  }
}

function restore(
  alert: Alert,
  at: { readonly timeMs: number; readonly seenMs: number; readonly activeAtMs: number },
  { definition: { forMs } }: AlertingRule,
  gracePeriodMs: number,
): void {
  const remainingMs = forMs - (at.seenMs - at.activeAtMs)
  if (remainingMs <= 0) alert.activeAtMs = at.activeAtMs
  else if (remainingMs < gracePeriodMs) alert.activeAtMs = at.timeMs + gracePeriodMs - forMs
  else alert.activeAtMs = at.activeAtMs + (at.timeMs - at.seenMs)
}

function byLabels(samples: readonly RuleSample[]): ReadonlyMap<string, number> {
  return new Map(
    samples.map(({ labels, value }) => {
      const unnamed = new LabelsBuilder(labels).delete(metricNameLabel).build()
      return [unnamed.key(), value]
    }),
  )
}

function selectorOf(labels: Labels): string {
  const matchers = [...labels.entries()]
    .filter(([name]) => name !== metricNameLabel)
    .map(([name, value]) => `${goQuote(name)}=${goQuote(value)}`)
  return `${forStateMetric}{${matchers.join(',')}}`
}
