import type { ScrapeConfig } from '../config/config.ts'
import { goQuote } from '../model/go-quote.ts'
import { type Labels, LabelsBuilder, metricNameLabel } from '../model/labels.ts'
import { isValidLabelName, isValidMetricName } from '../model/name-validity.ts'
import { relabelBuilder } from '../model/relabel.ts'
import { ScrapeFault } from './scrape-fault.ts'

/**
 * The labels that a scraped series is stored under: the target's labels joined in, metric
 * relabelling applied (rows S3.2, S3.3, C3.5). undefined = dropped. Throws ScrapeFault for labels
 * that fail the scrape: no name, names that the job does not allow, limits, a name twice.
 */
export function sampleLabels(
  pairs: readonly string[],
  targetLabels: Labels,
  config: ScrapeConfig,
): Labels | undefined {
  const builder = new LabelsBuilder()
  const scraped = new Map<string, string>()
  let repeated: string | undefined
  for (let index = 0; index < pairs.length; index += 2) {
    const name = pairs[index] ?? ''
    if (scraped.has(name)) repeated ??= name
    else scraped.set(name, pairs[index + 1] ?? '')
  }
  for (const [name, value] of scraped) builder.set(name, value)
  if (config.honorLabels) {
    // A scraped label wins even where it is empty: that is how a page takes a target label away.
    for (const [name, value] of targetLabels.entries()) {
      if (!scraped.has(name)) builder.set(name, value)
    }
  } else {
    joinTargetLabels(builder, targetLabels)
  }
  if (!relabelBuilder(builder, config.metricRelabelRules)) return undefined
  const labels = builder.build()
  if (labels.size === 0) return undefined
  checkNames(labels, config)
  checkLimits(labels, config)
  // Relabelling may have done away with it.
  if (repeated !== undefined && labels.has(repeated)) {
    throw new ScrapeFault(`label name "${repeated}" is not unique: invalid sample`)
  }
  return labels
}

/** The target's labels win; a scraped one of the same name becomes exported_NAME. */
function joinTargetLabels(builder: LabelsBuilder, targetLabels: Labels): void {
  const clashes: (readonly [string, string])[] = []
  for (const [name, value] of targetLabels.entries()) {
    const existing = builder.get(name)
    if (existing !== '') clashes.push([name, existing])
    builder.set(name, value)
  }
  clashes.sort(([a], [b]) => a.length - b.length)
  for (const [name, value] of clashes) {
    let exported = `exported_${name}`
    while (builder.get(exported) !== '') exported = `exported_${exported}`
    builder.set(exported, value)
  }
}

function checkNames(labels: Labels, config: ScrapeConfig): void {
  if (!labels.has(metricNameLabel)) throw new ScrapeFault('missing metric name (__name__ label)')
  for (const [name, value] of labels.entries()) {
    const isValid =
      name === metricNameLabel
        ? isValidMetricName(value, config.nameScheme)
        : isValidLabelName(name, config.nameScheme)
    if (isValid) continue
    throw new ScrapeFault(`invalid metric name or label names: ${labelsWords(labels)}`)
  }
}

function checkLimits(labels: Labels, { limits }: ScrapeConfig): void {
  const metric = shortened(labels.get(metricNameLabel))
  if (limits.labelsMax > 0 && labels.size > limits.labelsMax) {
    throw labelFault(
      `label_limit exceeded (metric: ${metric}, number of labels: ${labels.size}, limit: ${limits.labelsMax})`,
    )
  }
  if (limits.labelNameBytesMax === 0 && limits.labelValueBytesMax === 0) return
  for (const [name, value] of labels.entries()) {
    const where = `metric: ${metric}, label name: ${shortened(name)}`
    const nameBytes = Buffer.byteLength(name)
    if (limits.labelNameBytesMax > 0 && nameBytes > limits.labelNameBytesMax) {
      throw labelFault(
        `label_name_length_limit exceeded (${where}, length: ${nameBytes}, limit: ${limits.labelNameBytesMax})`,
      )
    }
    const valueBytes = Buffer.byteLength(value)
    if (limits.labelValueBytesMax > 0 && valueBytes > limits.labelValueBytesMax) {
      const shown = goQuote(shortened(value))
      throw labelFault(
        `label_value_length_limit exceeded (${where}, value: ${shown}, length: ${valueBytes}, limit: ${limits.labelValueBytesMax})`,
      )
    }
  }
}

function labelFault(message: string): ScrapeFault {
  return new ScrapeFault(message, 'labels')
}

/** As messages show what may be long. */
function shortened(text: string): string {
  return text.length <= shownCharactersMax ? text : [...text].slice(0, shownCharactersMax).join('')
}

const shownCharactersMax = 50

function labelsWords(labels: Labels): string {
  const pairs = [...labels.entries()].map(
    ([name, value]) =>
      `${isValidLabelName(name, 'legacy') ? name : goQuote(name)}=${goQuote(value)}`,
  )
  return `{${pairs.join(', ')}}`
}
