import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import { Labels, LabelsBuilder, metricNameLabel } from '../model/labels.ts'
import { alertData, templateValue } from './alert-template.ts'
import {
  type AlertingRule,
  type AlertText,
  alertNameLabel,
  type FoundAlert,
} from './alerting-rule.ts'
import type { RuleMetrics } from './rule-metrics.ts'
import { RuleError, type RuleSample } from './rule-sample.ts'
import { FunctionError } from './template-function.ts'
import { GoList, type GoValue, goSample, queryResultType } from './template-values.ts'

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

/** Labels and annotations of the alerts that these samples are (row R3.11). */
export async function expandAlerts(
  rule: AlertingRule,
  samples: readonly RuleSample[],
  options: ExpandAlertsOptions,
): Promise<readonly FoundAlert[]> {
  const found: FoundAlert[] = []
  for (const sample of samples) {
    const data = alertData(sample, {
      labels: options.externalLabels,
      url: options.externalUrl,
    })
    const expand = (text: AlertText) => expanded(text, data, options)
    const builder = new LabelsBuilder(sample.labels).delete(metricNameLabel)
    for (const text of rule.labelTexts) builder.set(text.name, await expand(text))
    builder.set(alertNameLabel, rule.name)
    const annotations: [string, string][] = []
    for (const text of rule.annotationTexts) annotations.push([text.name, await expand(text)])
    found.push({
      labels: builder.build(),
      annotations: Labels.ofAnnotations(annotations),
      value: sample.value,
    })
  }
  return found
}

/** What is wrong with a template stands where its text would. */
async function expanded(
  { text, template }: AlertText,
  data: GoValue,
  options: ExpandAlertsOptions,
): Promise<string> {
  options.metrics.expansions.add()
  if (template === undefined) return text
  const { clock, endMs, timeMs, externalUrl, logger, metrics } = options
  const query = async (expr: string) => await queryResult(expr, options)
  const expansion = await template.expand(data, { clock, endMs, timeMs, externalUrl, query })
  if (expansion.ok) return expansion.text
  metrics.expansionFailures.add()
  logger().warn('Expanding alert template failed', { err: expansion.error })
  return `<error expanding template: ${expansion.error}>`
}

async function queryResult(
  expr: string,
  { query }: Pick<ExpandAlertsOptions, 'query'>,
): Promise<GoList> {
  try {
    const samples = await query(expr)
    return new GoList(
      queryResultType,
      samples.map((sample) => goSample(sample.labels.entries(), templateValue(sample))),
    )
  } catch (thrown) {
    if (!(thrown instanceof RuleError)) throw thrown
    throw new FunctionError(thrown.message)
  }
}
