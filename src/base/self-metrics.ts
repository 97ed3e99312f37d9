import { assert } from './assert.ts'

/**
 * What the server counts about itself, rendered as a text 0.0.4 page. Registered once by name at
 * start; label values come from closed sets or from the configuration, never from request data.
 */
export type MetricKind = 'counter' | 'gauge' | 'histogram' | 'summary'

export interface Counter {
  add(amount?: number): void
}
export interface Gauge {
  set(value: number): void
}
export interface Histogram {
  observe(value: number): void
}

export interface Summary {
  observe(value: number): void
}

/** Writes `name{labels} value` lines of one family. */
type Render = (write: (suffix: string, labels: string, value: number) => void) => void

export class MetricsRegistry {
  readonly #families = new Map<string, { kind: MetricKind; help: string; renders: Render[] }>()

  counter(name: string, help: string, labels: Readonly<Record<string, string>> = {}): Counter {
    let value = 0
    const text = labelsText(labels)
    this.#register(name, 'counter', help, (write) => write('', text, value))
    return {
      add(amount = 1) {
        assert(amount >= 0, `counter ${name} went down`)
        value += amount
      },
    }
  }

  gauge(name: string, help: string, labels: Readonly<Record<string, string>> = {}): Gauge {
    let value = 0
    const text = labelsText(labels)
    this.#register(name, 'gauge', help, (write) => write('', text, value))
    return {
      set(next) {
        value = next
      },
    }
  }

  /** Read at each scrape; `read` answers the value, or one value for each label set. */
  observed(
    name: string,
    kind: 'counter' | 'gauge',
    help: string,
    read: () => number | readonly (readonly [Readonly<Record<string, string>>, number])[],
  ): void {
    this.#register(name, kind, help, (write) => {
      const answer = read()
      if (typeof answer === 'number') write('', '', answer)
      else for (const [labels, value] of answer) write('', labelsText(labels), value)
    })
  }

  histogram(
    name: string,
    help: string,
    upperBounds: readonly number[],
    labels: Readonly<Record<string, string>> = {},
  ): Histogram {
    const counts = new Float64Array(upperBounds.length + 1)
    let sum = 0
    this.#register(name, 'histogram', help, (write) => {
      let total = 0
      upperBounds.forEach((bound, index) => {
        total += counts[index] ?? 0
        write('_bucket', labelsText({ ...labels, le: String(bound) }), total)
      })
      total += counts[upperBounds.length] ?? 0
      write('_bucket', labelsText({ ...labels, le: '+Inf' }), total)
      write('_sum', labelsText(labels), sum)
      write('_count', labelsText(labels), total)
    })
    return {
      observe(value) {
        let index = 0
        while (index < upperBounds.length && value > (upperBounds[index] ?? 0)) index++
        counts[index] = (counts[index] ?? 0) + 1
        sum += value
      },
    }
  }

  /** Quantiles are those of the last thousand observations, by nearest rank. */
  summary(
    name: string,
    help: string,
    quantiles: readonly number[],
    labels: Readonly<Record<string, string>> = {},
  ): Summary {
    return this.summaries(name, help, quantiles).of(labels)
  }

  /** Summaries that come and go with the configuration. */
  summaries(name: string, help: string, quantiles: readonly number[]): SummaryFamily {
    const family = new SummaryFamily(quantiles)
    this.#register(name, 'summary', help, (write) => family.render(write))
    return family
  }

  render(): string {
    let page = ''
    for (const [name, family] of [...this.#families].sort(([a], [b]) => (a < b ? -1 : 1))) {
      page += `# HELP ${name} ${family.help.replace(/\\/g, '\\\\').replace(/\n/g, '\\n')}\n# TYPE ${name} ${family.kind}\n`
      for (const render of family.renders) {
        render((suffix, labels, value) => {
          page += `${name}${suffix}${labels} ${valueText(value)}\n`
        })
      }
    }
    return page
  }

  #register(name: string, kind: MetricKind, help: string, render: Render): void {
    const family = this.#families.get(name)
    if (family === undefined) {
      this.#families.set(name, { kind, help, renders: [render] })
      return
    }
    assert(
      family.kind === kind && family.help === help,
      `metric ${name} registered differently twice`,
    )
    family.renders.push(render)
  }
}

/** One summary for each label set. */
export class SummaryFamily {
  readonly #quantiles: readonly number[]
  readonly #members = new Map<string, RecentValues>()

  constructor(quantiles: readonly number[]) {
    this.#quantiles = quantiles
  }

  /** The summary of these labels, made where there is none yet. */
  of(labels: Readonly<Record<string, string>>): Summary {
    const key = labelsText(labels)
    const member = this.#members.get(key) ?? new RecentValues(labels)
    this.#members.set(key, member)
    return member
  }

  forget(labels: Readonly<Record<string, string>>): void {
    this.#members.delete(labelsText(labels))
  }

  render(write: Parameters<Render>[0]): void {
    for (const member of this.#members.values()) member.render(this.#quantiles, write)
  }
}

class RecentValues implements Summary {
  readonly #labels: Readonly<Record<string, string>>
  readonly #recent = new Float64Array(1_000)
  #count = 0
  #sum = 0

  constructor(labels: Readonly<Record<string, string>>) {
    this.#labels = labels
  }

  observe(value: number): void {
    this.#recent[this.#count % this.#recent.length] = value
    this.#count++
    this.#sum += value
  }

  render(quantiles: readonly number[], write: Parameters<Render>[0]): void {
    const sorted = this.#recent.slice(0, Math.min(this.#count, this.#recent.length)).sort()
    for (const quantile of quantiles) {
      const rank = Math.max(Math.ceil(quantile * sorted.length) - 1, 0)
      const text = labelsText({ ...this.#labels, quantile: String(quantile) })
      write('', text, sorted[rank] ?? Number.NaN)
    }
    write('_sum', labelsText(this.#labels), this.#sum)
    write('_count', labelsText(this.#labels), this.#count)
  }
}

function labelsText(labels: Readonly<Record<string, string>>): string {
  const entries = Object.entries(labels)
  if (entries.length === 0) return ''
  const escaped = (text: string) =>
    text.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n')
  return `{${entries.map(([name, value]) => `${name}="${escaped(value)}"`).join(',')}}`
}

function valueText(value: number): string {
  if (value === Infinity) return '+Inf'
  if (value === -Infinity) return '-Inf'
  return String(value)
}
