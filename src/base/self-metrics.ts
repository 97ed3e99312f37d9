import { assert } from './assert.ts'
import { BucketTally, type TallyCounts } from './bucket-tally.ts'

/**
 * What the server counts about itself. Registered once by name at start; label values come from
 * closed sets or from the configuration, never from request data.
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
  /** What was counted elsewhere, with the same bounds. */
  add(tally: TallyCounts): void
}

export interface Summary {
  observe(value: number): void
}

/** A family as it is now, in the shape of wire/metric-family.ts. */
interface SelfFamily {
  readonly name: string
  readonly help: string
  readonly type: MetricKind
  readonly metrics: readonly SelfMetric[]
}

export interface SelfMetric {
  readonly labels: LabelPairs
  readonly value?: number
  readonly histogram?: {
    readonly count: number
    readonly sum: number
    readonly isFloat: false
    readonly buckets: readonly (readonly [upperBound: number, cumulativeCount: number])[]
  }
  readonly summary?: {
    readonly count: number
    readonly sum: number
    readonly quantiles: readonly (readonly [quantile: number, value: number])[]
  }
}

export type LabelPairs = readonly (readonly [name: string, value: string])[]
type LabelRecord = Readonly<Record<string, string>>

/** Answers what was registered together, as it is now. */
type Read = () => readonly SelfMetric[]

interface RegisteredFamily {
  readonly kind: MetricKind
  readonly help: string
  readonly reads: Read[]
  /** Label sets that were registered one by one: each once, or a page has a series twice. */
  readonly members: Set<string>
}

export class MetricsRegistry {
  readonly #families = new Map<string, RegisteredFamily>()
  #pages = 0

  counter(name: string, help: string, labels: LabelRecord = {}): Counter {
    let value = 0
    const pairs = Object.entries(labels)
    this.#register(name, 'counter', help, () => [{ labels: pairs, value }], pairs)
    return {
      add(amount = 1) {
        assert(amount >= 0, `counter ${name} went down`)
        value += amount
      },
    }
  }

  gauge(name: string, help: string, labels: LabelRecord = {}): Gauge {
    let value = 0
    const pairs = Object.entries(labels)
    this.#register(name, 'gauge', help, () => [{ labels: pairs, value }], pairs)
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
    read: () => number | readonly (readonly [LabelRecord, number])[],
  ): void {
    this.#register(name, kind, help, () => {
      const answer = read()
      if (typeof answer === 'number') return [{ labels: [], value: answer }]
      return answer.map(([labels, value]) => ({ labels: Object.entries(labels), value }))
    })
  }

  /** The same of many, which keep their labels from one scrape to the next. */
  members(
    name: string,
    kind: 'counter' | 'gauge',
    help: string,
    read: () => readonly SelfMetric[],
  ): void {
    this.#register(name, kind, help, read)
  }

  /** What `observed` reads for one page, read once however many families it is for. */
  oncePerPage<Value>(read: () => Value): () => Value {
    let latest: { readonly page: number; readonly value: Value } | undefined
    return () => {
      if (latest?.page !== this.#pages) latest = { page: this.#pages, value: read() }
      return latest.value
    }
  }

  histogram(
    name: string,
    help: string,
    upperBounds: readonly number[],
    labels: LabelRecord = {},
  ): Histogram {
    return this.histograms(name, help, upperBounds).of(labels)
  }

  /** Histograms that come and go with the configuration. */
  histograms(name: string, help: string, upperBounds: readonly number[]): HistogramFamily {
    const family = new MemberFamily((labels) => new BucketCounts(labels, upperBounds))
    this.#register(name, 'histogram', help, () => family.read())
    return family
  }

  /** Quantiles are those of the last thousand observations, by nearest rank. */
  summary(
    name: string,
    help: string,
    quantiles: readonly number[],
    labels: LabelRecord = {},
  ): Summary {
    return this.summaries(name, help, quantiles).of(labels)
  }

  /** Summaries that come and go with the configuration. */
  summaries(name: string, help: string, quantiles: readonly number[]): SummaryFamily {
    const family = new MemberFamily((labels) => new RecentValues(labels, quantiles))
    this.#register(name, 'summary', help, () => family.read())
    return family
  }

  /** Everything as it is now, by name; as upstream's, without families that have no series yet. */
  families(): readonly SelfFamily[] {
    this.#pages++
    return [...this.#families]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, { kind: type, help, reads }]) => {
        return { name, help, type, metrics: reads.flatMap((read) => read()) }
      })
      .filter(({ metrics }) => metrics.length > 0)
  }

  /** All of it as text 0.0.4, with numbers as JavaScript writes them. */
  render(): string {
    let page = ''
    for (const { name, help, type, metrics } of this.families()) {
      const shown = help.replace(/\\/g, '\\\\').replace(/\n/g, '\\n')
      page += `# HELP ${name} ${shown}\n# TYPE ${name} ${type}\n`
      for (const metric of metrics) page += linesOf(name, metric)
    }
    return page
  }

  #register(name: string, kind: MetricKind, help: string, read: Read, labels?: LabelPairs): void {
    const known = this.#families.get(name)
    const family = known ?? { kind, help, reads: [], members: new Set<string>() }
    this.#families.set(name, family)
    assert(
      family.kind === kind && family.help === help,
      `metric ${name} registered differently twice`,
    )
    family.reads.push(read)
    if (labels === undefined) return
    const member = labelsText(labels)
    assert(!family.members.has(member), `metric ${name}${member} registered twice`)
    family.members.add(member)
  }
}

/** One histogram or summary for each label set. */
class MemberFamily<Member extends { read(): SelfMetric }> {
  readonly #make: (labels: LabelRecord) => Member
  readonly #members = new Map<string, Member>()

  constructor(make: (labels: LabelRecord) => Member) {
    this.#make = make
  }

  /** The one of these labels, made where there is none yet. */
  of(labels: LabelRecord): Member {
    const key = labelsText(Object.entries(labels))
    const member = this.#members.get(key) ?? this.#make(labels)
    this.#members.set(key, member)
    return member
  }

  forget(labels: LabelRecord): void {
    this.#members.delete(labelsText(Object.entries(labels)))
  }

  read(): readonly SelfMetric[] {
    return [...this.#members.values()].map((member) => member.read())
  }
}

export type HistogramFamily = MemberFamily<BucketCounts>
export type SummaryFamily = MemberFamily<RecentValues>

class BucketCounts implements Histogram {
  readonly #labels: LabelRecord
  readonly #tally: BucketTally

  constructor(labels: LabelRecord, upperBounds: readonly number[]) {
    this.#labels = labels
    this.#tally = new BucketTally(upperBounds)
  }

  observe(value: number): void {
    this.#tally.observe(value)
  }

  add(tally: TallyCounts): void {
    this.#tally.add(tally)
  }

  read(): SelfMetric {
    const { upperBounds } = this.#tally
    const { counts, sum } = this.#tally.read()
    let count = 0
    const buckets = upperBounds.map((bound, index): readonly [number, number] => {
      count += counts[index] ?? 0
      return [bound, count]
    })
    count += counts[upperBounds.length] ?? 0
    const histogram = { count, sum, isFloat: false as const, buckets }
    return { labels: Object.entries(this.#labels), histogram }
  }
}

class RecentValues implements Summary {
  readonly #labels: LabelPairs
  readonly #recent = new Float64Array(1_000)
  readonly #quantiles: readonly number[]
  #count = 0
  #sum = 0

  constructor(labels: LabelRecord, quantiles: readonly number[]) {
    this.#labels = Object.entries(labels)
    this.#quantiles = quantiles
  }

  observe(value: number): void {
    this.#recent[this.#count % this.#recent.length] = value
    this.#count++
    this.#sum += value
  }

  read(): SelfMetric {
    const sorted = this.#recent.slice(0, Math.min(this.#count, this.#recent.length)).sort()
    const found = this.#quantiles.map((quantile): readonly [number, number] => {
      const rank = Math.max(Math.ceil(quantile * sorted.length) - 1, 0)
      return [quantile, sorted[rank] ?? Number.NaN]
    })
    return {
      labels: this.#labels,
      summary: { count: this.#count, sum: this.#sum, quantiles: found },
    }
  }
}

function linesOf(name: string, { labels, value, histogram, summary }: SelfMetric): string {
  const line = (suffix: string, more: LabelPairs, number: number) =>
    `${name}${suffix}${labelsText([...labels, ...more])} ${valueText(number)}\n`
  if (value !== undefined) return line('', [], value)
  let text = ''
  for (const [bound, count] of histogram?.buckets ?? []) {
    text += line('_bucket', [['le', String(bound)]], count)
  }
  if (histogram !== undefined) text += line('_bucket', [['le', '+Inf']], histogram.count)
  for (const [quantile, at] of summary?.quantiles ?? []) {
    text += line('', [['quantile', String(quantile)]], at)
  }
  const { sum, count } = histogram ?? summary ?? { sum: 0, count: 0 }
  return `${text}${line('_sum', [], sum)}${line('_count', [], count)}`
}

function labelsText(pairs: LabelPairs): string {
  if (pairs.length === 0) return ''
  const escaped = (text: string) =>
    text.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n')
  return `{${pairs.map(([name, value]) => `${name}="${escaped(value)}"`).join(',')}}`
}

function valueText(value: number): string {
  if (value === Infinity) return '+Inf'
  if (value === -Infinity) return '-Inf'
  return String(value)
}
