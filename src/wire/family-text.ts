import { goG } from '../model/float-text.ts'
import { type EscapingScheme, escapeName } from '../model/name-escaping.ts'
import { isValidMetricName } from '../model/name-validity.ts'
import type { FamilyWriter } from './family-writer.ts'
import type { ExposedMetric, FamilyType, MetricFamily } from './metric-family.ts'

/** Text 0.0.4 or OpenMetrics 1.0.0, with names in a scheme. */
interface TextFormat {
  readonly isOpenMetrics: boolean
  readonly escaping: EscapingScheme
}

/** The comment lines before the series of a family. */
function familyHead(family: Omit<MetricFamily, 'metrics'>, format: TextFormat): string {
  const name = escapedFamilyName(family.name, format.escaping)
  const isCounter = format.isOpenMetrics && family.type === 'counter'
  // OpenMetrics names the family of a counter without the ending of its series.
  const shown = nameText(isCounter ? name.replace(/_total$/, '') : name)
  const help = family.help === undefined ? '' : `# HELP ${shown} ${helpText(family.help, format)}\n`
  return `${help}# TYPE ${shown} ${typeText(family.type, format)}\n`
}

/** Text 0.0.4 or OpenMetrics; native histograms have none. */
export class TextFamilies implements FamilyWriter {
  readonly #format: TextFormat
  #lines: LineWriter | undefined

  constructor(format: TextFormat) {
    this.#format = format
  }

  begin(family: Omit<MetricFamily, 'metrics'>): string {
    this.#lines = new LineWriter(family.name, this.#format)
    return familyHead(family, this.#format)
  }

  metric(metric: ExposedMetric): string {
    return this.#lines?.lines(metric) ?? ''
  }

  end(): string {
    return this.#format.isOpenMetrics ? '# EOF\n' : ''
  }
}

/** Legacy names stay as they are in every scheme. */
export function escapedFamilyName(name: string, escaping: EscapingScheme): string {
  return isValidMetricName(name, 'legacy') ? name : escapeName(name, escaping)
}

/** Writes the lines of the series of one family. */
class LineWriter {
  readonly #name: string
  readonly #format: TextFormat
  /** By the suffix of a series: what its lines begin with. */
  readonly #starts = new Map<string, string>()
  /** The labels of the series before, which those of a histogram share, and their text. */
  #labels: ExposedMetric['labels'] = []
  #labelsText = ''

  constructor(name: string, format: TextFormat) {
    this.#name = escapedFamilyName(name, format.escaping)
    this.#format = format
  }

  lines(metric: ExposedMetric): string {
    const { summary, histogram, value } = metric
    let text = ''
    if (summary !== undefined) {
      for (const [quantile, at] of summary.quantiles) {
        text += this.#line('', metric, at, `quantile="${this.#number(quantile)}"`)
      }
      text += this.#line('_sum', metric, summary.sum)
      text += this.#line('_count', metric, summary.count)
    } else if (histogram !== undefined) {
      const bounds = histogram.buckets
      for (const [upperBound, count] of bounds) {
        text += this.#line('_bucket', metric, count, `le="${this.#number(upperBound)}"`)
      }
      if (bounds.at(-1)?.[0] !== Infinity) {
        text += this.#line('_bucket', metric, histogram.count, 'le="+Inf"')
      }
      text += this.#line('_sum', metric, histogram.sum)
      text += this.#line('_count', metric, histogram.count)
    } else if (value !== undefined) text += this.#line('', metric, value)
    return text
  }

  #line(suffix: string, { labels, timestampMs }: ExposedMetric, value: number, extra = ''): string {
    const start = this.#starts.get(suffix) ?? this.#newStart(suffix)
    const between = extra !== '' && labels.length > 0 ? ',' : ''
    const pairs = this.#pairs(labels) + between + extra
    const end = `${this.#number(value)}${this.#time(timestampMs)}\n`
    // A name that is no legacy one stands among the labels.
    if (start.startsWith('{')) return `${start}${pairs === '' ? '' : ','}${pairs}} ${end}`
    return pairs === '' ? `${start} ${end}` : `${start}{${pairs}} ${end}`
  }

  #newStart(suffix: string): string {
    const name = this.#name + suffix
    const start = isValidMetricName(name, 'legacy') ? name : `{${nameText(name)}`
    this.#starts.set(suffix, start)
    return start
  }

  #pairs(labels: ExposedMetric['labels']): string {
    if (labels === this.#labels) return this.#labelsText
    let text = ''
    for (const [name, value] of labels) {
      const shown = nameText(escapedFamilyName(name, this.#format.escaping))
      text += `${text === '' ? '' : ','}${shown}="${escapedText(value, true)}"`
    }
    this.#labels = labels
    this.#labelsText = text
    return text
  }

  #number(value: number): string {
    const text = goG(value)
    // OpenMetrics wants to see that it is no integer type.
    return this.#format.isOpenMetrics && /^-?\d+$/.test(text) ? `${text}.0` : text
  }

  #time(timestampMs: number | undefined): string {
    if (timestampMs === undefined) return ''
    return this.#format.isOpenMetrics ? ` ${this.#number(timestampMs / 1000)}` : ` ${timestampMs}`
  }
}

/** A name of other characters stands in quotes. */
function nameText(name: string): string {
  return isValidMetricName(name, 'legacy') ? name : `"${escapedText(name, true)}"`
}

function typeText(type: FamilyType, { isOpenMetrics }: TextFormat): string {
  if (type === 'untyped') return isOpenMetrics ? 'unknown' : 'untyped'
  if (type === 'gauge-histogram') return isOpenMetrics ? 'gaugehistogram' : 'histogram'
  return type
}

function helpText(text: string, { isOpenMetrics }: TextFormat): string {
  return escapedText(text, isOpenMetrics)
}

function escapedText(text: string, escapesQuotes: boolean): string {
  if (!/[\\\n"]/.test(text)) return text
  const escaped = text.replace(/\\/g, '\\\\').replace(/\n/g, '\\n')
  return escapesQuotes ? escaped.replace(/"/g, '\\"') : escaped
}
