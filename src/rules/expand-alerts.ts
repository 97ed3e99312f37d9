import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import { Labels, LabelsBuilder, metricNameLabel } from '../model/labels.ts'
import { alertData } from './alert-template.ts'
import type { AlertText } from './alert-text.ts'
import { type AlertingRule, alertNameLabel, type FoundAlert } from './alerting-rule.ts'
import type { RuleMetrics } from './rule-metrics.ts'
import type { RuleSample, RuleSeries } from './rule-sample.ts'
import { mostOf, type TemplateInputs } from './template-inputs.ts'
import { templateQuery } from './template-query.ts'
import type { Expansion } from './template-run.ts'
import type { GoValue } from './template-values.ts'

/** What is around all rules, for templates. */
export interface TemplateSurroundings {
  readonly externalLabels: Labels
  readonly externalUrl: string
}

export interface ExpandAlertsOptions extends TemplateSurroundings {
  readonly clock: Clock
  readonly logger: () => Logger
  readonly metrics: RuleMetrics
  /** Of the evaluation. */
  readonly timeMs: number
  /** By the monotonic clock: the end of the evaluation. */
  readonly endMs: number
  /** Rejects with RuleError. */
  readonly query: (expr: string) => Promise<readonly RuleSample[]>
}

/** What a sample was made into. */
interface ExpandedAlert {
  /** The very labels of the sample. */
  readonly from: Labels
  /** Of what was around it. */
  readonly externalLabels: Labels
  readonly alert: FoundAlert
  /** Without a fault, which is told of each time. */
  readonly isWhole: boolean
}

/**
 * Makes alerts of what the query of a rule finds (row R3.11). What follows from labels alone, or from
 * a value that is the same, is as it was the time before; that counts as an expansion as upstream's
 * does.
 */
export class AlertExpander {
  readonly #rule: AlertingRule
  readonly #labelInputs: TemplateInputs
  readonly #annotationInputs: TemplateInputs
  /** By row of the latest answer. */
  #known: readonly ExpandedAlert[] = []

  constructor(rule: AlertingRule) {
    this.#rule = rule
    this.#labelInputs = allInputs(rule.labelTexts)
    this.#annotationInputs = allInputs(rule.annotationTexts)
  }

  /** Labels and annotations of the alerts that these samples are. */
  async expand(
    { labels, values, histograms }: RuleSeries,
    options: ExpandAlertsOptions,
  ): Promise<readonly FoundAlert[]> {
    const expanded: ExpandedAlert[] = []
    for (const [row, from] of labels.entries()) {
      const known = this.#known[row]
      const sample = { labels: from, value: values[row] ?? 0, histogram: histograms.get(row) }
      const isKnown =
        known?.isWhole && known.from === from && known.externalLabels === options.externalLabels
      expanded.push(await this.#expanded(sample, isKnown ? known.alert : undefined, options))
    }
    this.#known = expanded
    return expanded.map(({ alert }) => alert)
  }

  async #expanded(
    sample: RuleSample,
    known: FoundAlert | undefined,
    options: ExpandAlertsOptions,
  ): Promise<ExpandedAlert> {
    const { labelTexts, annotationTexts } = this.#rule
    const expansion = new SampleExpansion(sample, options)
    const isSame = (inputs: TemplateInputs) =>
      inputs === 'nothing' ||
      inputs === 'labels' ||
      (inputs === 'value' &&
        sample.histogram === undefined &&
        Object.is(known?.value, sample.value))
    const hasLabels = known !== undefined && isSame(this.#labelInputs)
    if (hasLabels) options.metrics.expansions.add(labelTexts.length)
    const { labels, key } = hasLabels ? known : keyed(await this.#labels(sample, expansion))
    const hasAnnotations = known !== undefined && isSame(this.#annotationInputs)
    if (hasAnnotations) options.metrics.expansions.add(annotationTexts.length)
    const annotations = hasAnnotations ? known.annotations : await this.#annotations(expansion)
    return {
      from: sample.labels,
      externalLabels: options.externalLabels,
      alert: { labels, key, annotations, value: sample.value },
      isWhole: !expansion.hasFault && sample.histogram === undefined,
    }
  }

  async #labels(sample: RuleSample, expansion: SampleExpansion): Promise<Labels> {
    const builder = new LabelsBuilder(sample.labels).delete(metricNameLabel)
    for (const text of this.#rule.labelTexts) builder.set(text.name, await expansion.of(text))
    return builder.set(alertNameLabel, this.#rule.name).build()
  }

  async #annotations(expansion: SampleExpansion): Promise<Labels> {
    const annotations: [string, string][] = []
    for (const text of this.#rule.annotationTexts) {
      annotations.push([text.name, await expansion.of(text)])
    }
    return Labels.withEmptyValues(annotations)
  }
}

function keyed(labels: Labels): Pick<FoundAlert, 'labels' | 'key'> {
  return { labels, key: labels.key() }
}

/** What all of some texts follow from. */
function allInputs(texts: readonly AlertText[]): TemplateInputs {
  return mostOf(texts.map(({ inputs }) => inputs))
}

/** The texts of one sample. */
class SampleExpansion {
  hasFault = false
  readonly #sample: RuleSample
  readonly #options: ExpandAlertsOptions
  #data: GoValue

  constructor(sample: RuleSample, options: ExpandAlertsOptions) {
    this.#sample = sample
    this.#options = options
  }

  /** What is wrong with a template stands where its text would. */
  of({ text, template }: AlertText): string | Promise<string> {
    const { clock, endMs, timeMs, externalUrl, externalLabels, metrics } = this.#options
    metrics.expansions.add()
    if (template === undefined) return text
    if (typeof template === 'string') return this.#textOf({ ok: false, error: template })
    this.#data ??= alertData(this.#sample, { labels: externalLabels, url: externalUrl })
    const query = templateQuery(this.#options.query)
    const expansion = template.expand(this.#data, { clock, endMs, timeMs, externalUrl, query })
    return expansion instanceof Promise
      ? expansion.then((waited) => this.#textOf(waited))
      : this.#textOf(expansion)
  }

  #textOf(expansion: Expansion): string {
    if (expansion.ok) return expansion.text
    const { metrics, logger } = this.#options
    this.hasFault = true
    metrics.expansionFailures.add()
    logger().warn('Expanding alert template failed', { err: expansion.error })
    return `<error expanding template: ${expansion.error}>`
  }
}
