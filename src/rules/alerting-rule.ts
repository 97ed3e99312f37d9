import { Labels, LabelsBuilder, metricNameLabel } from '../model/labels.ts'
import { Alert, AlertSeries, type AlertState, rankOf } from './alert.ts'
import { AlertText } from './alert-text.ts'
import { Rule } from './rule.ts'
import type { RuleDefinition } from './rule-file.ts'
import { noHistograms, RuleError, type RuleSeries } from './rule-sample.ts'

export const alertNameLabel = 'alertname'
export const alertsMetric = 'ALERTS'
export const forStateMetric = 'ALERTS_FOR_STATE'

/** Upstream's: so long a resolved alert is told again, in case the first message was lost. */
const resolvedRetentionMs = 15 * 60_000

/** What one sample of the query makes of an alert, its templates expanded. */
export interface FoundAlert {
  readonly labels: Labels
  /** Of the labels. */
  readonly key: string
  readonly annotations: Labels
  readonly value: number
}

const noSeries: RuleSeries = { labels: [], values: new Float64Array(0), histograms: noHistograms }

/** Keeps the alerts that its query finds: pending, firing, resolved (rows R3.*). */
export class AlertingRule extends Rule {
  readonly labelTexts: readonly AlertText[]
  readonly annotationTexts: readonly AlertText[]
  /** By the key of their labels. */
  #active = new Map<string, Alert>()
  /** The label sets of the latest series, which are the same object while they are the same. */
  #series: readonly Labels[] = []
  /** Whether state of before the start was looked for: no series are written until then. */
  isRestored: boolean

  constructor(definition: RuleDefinition, isRestored: boolean) {
    super(definition)
    this.isRestored = isRestored
    this.labelTexts = textsOf(definition.name, definition.labels)
    this.annotationTexts = textsOf(definition.name, definition.annotations)
  }

  get active(): Iterable<Alert> {
    return this.#active.values()
  }

  /** Those that are pending or firing. */
  get current(): readonly Alert[] {
    return [...this.#active.values()].filter(({ resolvedAtMs }) => resolvedAtMs === undefined)
  }

  get state(): AlertState {
    if (this.lastEvaluationMs === undefined) return 'unknown'
    let state: AlertState = 'inactive'
    for (const alert of this.#active.values()) {
      if (rankOf(alert.state) > rankOf(state)) state = alert.state
    }
    return state
  }

  /** The alerts of the rule that this one replaces. */
  inherit(from: AlertingRule): void {
    for (const [key, alert] of from.#active) {
      // The labels of the rule go into them.
      alert.series = new AlertSeries()
      this.#active.set(key, alert)
    }
  }

  /**
   * Takes what the query found at an evaluation. Answers the series to store, at `sampleMs`: none
   * before the rule is restored. Throws RuleError: then nothing changed, or where there are more
   * alerts than the limit all are forgotten.
   */
  take(
    found: readonly FoundAlert[],
    { timeMs, limit }: { readonly timeMs: number; readonly limit: number },
  ): RuleSeries {
    if (found.length === 0 && this.#active.size === 0) return noSeries
    const keys = new Map<string, FoundAlert>()
    for (const alert of found) keys.set(alert.key, alert)
    if (keys.size < found.length) {
      throw new RuleError(
        'vector contains metrics with the same labelset after applying alert labels',
      )
    }
    for (const [key, one] of keys) this.#sighted(key, one, timeMs)
    const labels: Labels[] = []
    const values: number[] = []
    let count = 0
    for (const [key, alert] of this.#active) {
      if (keys.has(key)) alert.keepFiringSinceMs = undefined
      else if (!this.#keepsFiring(key, alert, timeMs)) continue
      count++
      this.#move(alert, timeMs)
      if (!this.isRestored) continue
      labels.push(this.#stateLabels(alert), this.#forLabels(alert))
      values.push(1, Math.floor(alert.activeAtMs / 1_000))
    }
    if (limit > 0 && count > limit) {
      this.#active = new Map()
      throw new RuleError(`exceeded limit of ${limit} with ${count} alerts`)
    }
    const isSame =
      labels.length === this.#series.length &&
      labels.every((set, index) => set === this.#series[index])
    if (!isSame) this.#series = labels
    return {
      labels: this.#series,
      values: Float64Array.from(values),
      histograms: noHistograms,
    }
  }

  /** Labels that all series of its `for` state have, for the restoration; templates are left out. */
  forStateLabels(): Labels {
    const builder = new LabelsBuilder(this.labels)
    builder.set(metricNameLabel, forStateMetric).set(alertNameLabel, this.name)
    const constant = [...builder.build().entries()].filter(([, value]) => !value.includes('{{'))
    return Labels.of(constant)
  }

  #sighted(key: string, found: FoundAlert, timeMs: number): void {
    const known = this.#active.get(key)
    const isKnown = known !== undefined && known.state !== 'inactive'
    const alert = isKnown ? known : new Alert(found.labels, timeMs)
    alert.value = found.value
    alert.annotations = found.annotations
    if (!isKnown) this.#active.set(key, alert)
  }

  /** Of an alert that the query no longer finds: false where it is none any more. */
  #keepsFiring(key: string, alert: Alert, timeMs: number): boolean {
    const { keepFiringForMs } = this.definition
    let keeps = false
    if (alert.state === 'firing' && keepFiringForMs > 0) {
      alert.keepFiringSinceMs ??= timeMs
      keeps = timeMs - alert.keepFiringSinceMs < keepFiringForMs
    }
    const { resolvedAtMs } = alert
    const isOld = resolvedAtMs !== undefined && timeMs - resolvedAtMs > resolvedRetentionMs
    if (alert.state === 'pending' || isOld) this.#active.delete(key)
    if (alert.state !== 'inactive' && !keeps) {
      alert.state = 'inactive'
      alert.resolvedAtMs = timeMs
    }
    return keeps
  }

  /** From pending to firing, and back where a reload made `for` longer. */
  #move(alert: Alert, timeMs: number): void {
    const isDue = timeMs - alert.activeAtMs >= this.definition.forMs
    if (alert.state === 'pending' && isDue) {
      alert.state = 'firing'
      alert.firedAtMs = timeMs
    } else if (alert.state === 'firing' && !isDue) {
      alert.state = 'pending'
      alert.firedAtMs = undefined
      alert.lastSentAtMs = undefined
      alert.keepFiringSinceMs = undefined
    }
  }

  #stateLabels(alert: Alert): Labels {
    const { state, series } = alert
    if (series.state !== state) {
      series.state = state
      series.stateLabels = this.#seriesOf(alert, alertsMetric).set('alertstate', state).build()
    }
    return series.stateLabels
  }

  #forLabels(alert: Alert): Labels {
    const { series } = alert
    series.forLabels ??= this.#seriesOf(alert, forStateMetric).build()
    return series.forLabels
  }

  #seriesOf(alert: Alert, metric: string): LabelsBuilder {
    const builder = new LabelsBuilder(this.labels)
    for (const [name, value] of alert.labels.entries()) builder.set(name, value)
    return builder.set(metricNameLabel, metric).set(alertNameLabel, this.name)
  }
}

function textsOf(alert: string, texts: Labels): readonly AlertText[] {
  return [...texts.entries()].map(([name, text]) => new AlertText(alert, name, text))
}
