import type { PageScanner } from '../kernels/known-lines.ts'
import { NativeHistogram, resetHint } from '../model/histogram.ts'
import { compactHistogram } from '../model/histogram-compaction.ts'
import { halvesOf } from '../model/stale-nan.ts'
import type { MetricType } from '../storage/metadata.ts'
import { familyType, MetricFamilyReader } from '../wire/metric-families.ts'
import { ClassicBuckets } from './classic-buckets.ts'
import type { EntryHash } from './entry-hash.ts'
import type { EntrySource, PageRules } from './entry-source.ts'
import { type EntryKind, type Exemplar, entryKind } from './exposition.ts'
import { openMetricsFloat } from './go-float.ts'
import { withMetadataLabels } from './metadata-labels.ts'
import type { Page } from './read-page.ts'
import { ScrapeFault } from './scrape-fault.ts'

const types: Readonly<Record<number, MetricType>> = {
  [familyType.counter]: 'counter',
  [familyType.gauge]: 'gauge',
  [familyType.summary]: 'summary',
  [familyType.untyped]: 'unknown',
  [familyType.histogram]: 'histogram',
  [familyType.gaugeHistogram]: 'gaugehistogram',
}

/** Where in a family, then in a metric, the reading is. */
const stage = {
  family: 0,
  help: 1,
  unit: 2,
  native: 3,
  series: 4,
  converted: 5,
  metric: 6,
  first: 7,
} as const

/** The series of a metric: those without a bound come first. */
const field = { count: -2, sum: -1, first: 0 } as const

/** What a page is read into, all of it used again for the next one: pages one after the other. */
export class ProtobufScratch {
  readonly families = new MetricFamilyReader()
  readonly histogram = new NativeHistogram()
  readonly classic = new ClassicBuckets()
}

/**
 * Delimited protobuf (row S1.8): metadata of a family, then for each metric its native histogram,
 * its series, and what its classic buckets are converted to, in upstream's order and by its rules
 * for what is native (model/textparse/protobufparse.go).
 */
export class ProtobufParser implements EntrySource {
  metricType: MetricType = 'unknown'
  readonly histogram: NativeHistogram
  readonly #value = new Float64Array(1)
  readonly valueHalves = halvesOf(this.#value)
  readonly #scanner: PageScanner
  readonly #rules: PageRules
  readonly #families: MetricFamilyReader
  readonly #classic: ClassicBuckets
  #kind: EntryKind = entryKind.end
  #stage: number = stage.family
  #field = 0
  #fieldsEnd = 0
  #hasConverted = false
  /** Hashes of the family's name and of the metric's labels. */
  readonly #familyHash = new Int32Array(4)
  readonly #labelHash = new Int32Array(4)
  #labelBytes = 0

  /** The scanner holds the page. */
  constructor(
    page: Page,
    scanner: PageScanner,
    rules: PageRules,
    scratch: ProtobufScratch = new ProtobufScratch(),
  ) {
    this.#scanner = scanner
    this.#rules = rules
    this.#families = scratch.families
    this.histogram = scratch.histogram
    this.#classic = scratch.classic
    this.#families.open(page.bytes, page.lengthBytes)
  }

  get timestampMs(): number {
    return this.#families.timestampMs === 0 ? Number.NaN : this.#families.timestampMs
  }

  next(): EntryKind {
    this.#kind = this.#next()
    return this.#kind
  }

  #next(): EntryKind {
    const families = this.#families
    for (;;) {
      switch (this.#stage) {
        case stage.family:
          if (!families.nextFamily()) return entryKind.end
          // A family without metrics tells nothing.
          if (!families.nextMetric()) continue
          this.#beginFamily()
          this.#stage = stage.help
          return entryKind.help
        case stage.help:
          this.#stage = stage.unit
          if (families.unit.end > families.unit.start) return entryKind.unit
          continue
        case stage.unit:
          this.#stage = stage.first
          return entryKind.type
        case stage.first:
          this.#beginMetric()
          continue
        case stage.metric:
          if (families.nextMetric()) this.#beginMetric()
          else this.#stage = stage.family
          continue
        default: {
          const kind = this.#nextOfMetric()
          if (kind !== undefined) return kind
        }
      }
    }
  }

  /** The next histogram or series of the metric. */
  #nextOfMetric(): EntryKind | undefined {
    if (this.#stage === stage.native) {
      this.#stage = stage.series
      this.#fillNative()
      return entryKind.histogram
    }
    if (this.#stage === stage.series) {
      if (++this.#field < this.#fieldsEnd) {
        this.#setValue()
        return entryKind.series
      }
      this.#stage = stage.converted
    }
    this.#stage = stage.metric
    if (!this.#hasConverted) return undefined
    this.#convert()
    return entryKind.histogram
  }

  /** Only of what is new, so that a name is checked once. Throws ScrapeFault. */
  familyName(): string {
    const families = this.#families
    const name = families.text(families.name)
    if (!families.isText(families.name)) throw new ScrapeFault(`invalid metric name: ${name}`)
    return name
  }

  /** As familyName(). */
  entryText(): string {
    const families = this.#families
    const text = families.text(this.#kind === entryKind.unit ? families.unit : families.help)
    if (this.#kind !== entryKind.help || families.isText(families.help)) return text
    const name = JSON.stringify(this.familyName())
    throw new ScrapeFault(`invalid help for metric ${name}: ${text}`)
  }

  labelPairs(): readonly string[] {
    const families = this.#families
    const pairs = ['__name__', this.familyName() + this.#suffix()]
    families.addLabels(pairs)
    const ends = this.#kind === entryKind.series && this.#field >= field.first
    const name = this.metricType === 'summary' ? 'quantile' : 'le'
    if (ends && this.#hasBounds()) pairs.push(name, openMetricsFloat(this.#bound()))
    if (!this.#rules.typeAndUnitLabels) return pairs
    return withMetadataLabels(pairs, this.metricType, families.text(families.unit))
  }

  hash(into: EntryHash): number {
    const families = this.#families
    into.begin(this.#kind)
    into.addHash(this.#familyHash)
    if (this.#kind !== entryKind.series && this.#kind !== entryKind.histogram) {
      into.addPair(families.type, 0)
      if (this.#kind === entryKind.type) return 0
      const { start, end } = this.#kind === entryKind.unit ? families.unit : families.help
      into.addHash(this.#scanner.hash(start, end - start))
      return end - start
    }
    into.addHash(this.#labelHash)
    if (this.#kind === entryKind.series) {
      into.addPair(Math.min(this.#field, field.first), families.type)
      if (this.#field >= field.first && this.#hasBounds()) {
        boundValue[0] = this.#bound()
        into.addPair(boundHalves[0] ?? 0, boundHalves[1] ?? 0)
      }
    }
    return this.#labelBytes
  }

  exemplars(): readonly Exemplar[] {
    const families = this.#families
    if (this.#kind === entryKind.series) {
      const canHave = this.metricType === 'counter' || this.#isHistogram()
      const isBound = this.#isHistogram() && this.#field >= families.bounds.count
      if (!canHave || this.#field < field.first || isBound) return none
      const exemplar = families.exemplarAt(this.#field)
      return exemplar === undefined ? none : [exemplar]
    }
    const { native, bounds } = families
    const found =
      native.exemplarCount > 0
        ? families.histogramExemplars()
        : Array.from({ length: bounds.count }, (_, place) => families.exemplarAt(place))
    // Of a histogram only those that tell their time.
    return found.flatMap((one) => (one?.timestampMs === undefined ? [] : [one]))
  }

  startMs(): number {
    return this.#families.startMs
  }

  #beginFamily(): void {
    const families = this.#families
    if (families.name.start === families.name.end) throw new ScrapeFault('invalid metric name: ')
    const type = types[families.type]
    if (type === undefined) {
      const quoted = JSON.stringify(this.familyName())
      throw new ScrapeFault(`unknown metric type for metric ${quoted}: ${families.type}`)
    }
    this.metricType = type
    const { start, end } = families.name
    copyHash(this.#scanner.hash(start, end - start), this.#familyHash)
  }

  #beginMetric(): void {
    const { native, bounds } = this.#families
    this.#hashLabels()
    this.#hasConverted = false
    this.#stage = stage.series
    if (!this.#isHistogram()) {
      const isSummary = this.metricType === 'summary'
      this.#field = isSummary ? field.count - 1 : field.first - 1
      this.#fieldsEnd = isSummary ? bounds.count : field.first + 1
      return
    }
    const isNative = !this.#rules.ignoresNative && native.isNative
    const { convertsClassic, keepsClassic } = this.#rules
    if (isNative) this.#checkNative()
    if (isNative) this.#stage = stage.native
    this.#hasConverted = !isNative && convertsClassic
    const isClassic = isNative ? keepsClassic && bounds.count > 0 : keepsClassic || !convertsClassic
    this.#field = field.count - 1
    this.#fieldsEnd = isClassic ? this.#bucketsEnd() : this.#field
  }

  /** Labels stand together, as all writers have it; else they are hashed with what is between. */
  #hashLabels(): void {
    const { labelPlaces, labelCount } = this.#families
    this.#labelBytes = 0
    if (labelCount === 0) {
      this.#labelHash.fill(0)
      return
    }
    const start = labelPlaces[0] ?? 0
    this.#labelBytes = (labelPlaces[labelCount * 2 - 1] ?? 0) - start
    copyHash(this.#scanner.hash(start, this.#labelBytes), this.#labelHash)
  }

  #isHistogram(): boolean {
    return this.#families.type >= familyType.histogram
  }

  #hasBounds(): boolean {
    return this.#isHistogram() || this.metricType === 'summary'
  }

  /** One for each bucket up to +Inf, which is there even if the page leaves it out. */
  #bucketsEnd(): number {
    const { column, count } = this.#families.bounds
    const last = column.subarray(0, count).indexOf(Infinity)
    return (last < 0 ? count : last) + 1
  }

  /** The bucket's or quantile's; +Inf for the bucket that was left out. */
  #bound(): number {
    const { column, count } = this.#families.bounds
    return this.#field < count ? (column[this.#field] ?? 0) : Infinity
  }

  #suffix(): string {
    if (this.#kind !== entryKind.series || !this.#hasBounds()) return ''
    if (this.#field === field.count) return '_count'
    if (this.#field === field.sum) return '_sum'
    return this.#isHistogram() ? '_bucket' : ''
  }

  #setValue(): void {
    const families = this.#families
    if (!this.#hasBounds() || this.#field === field.sum) {
      this.valueHalves[0] = families.valueHalves[0] ?? 0
      this.valueHalves[1] = families.valueHalves[1] ?? 0
    } else if (this.#field === field.count || this.#field >= families.bounds.count) {
      this.#value[0] = this.#count()
    } else {
      const { halves } = families.values
      this.valueHalves[0] = halves[this.#field * 2] ?? 0
      this.valueHalves[1] = halves[this.#field * 2 + 1] ?? 0
    }
  }

  #count(): number {
    const { native, count } = this.#families
    return native.countFloat === 0 ? count : native.countFloat
  }

  #checkNative(): void {
    const { native, count } = this.#families
    const name = `histogram ${JSON.stringify(this.familyName())}`
    for (const side of ['positive', 'negative'] as const) {
      const { asked, there } = native.side(side)
      if (asked === there) continue
      throw new ScrapeFault(`${name}: ${side} side: spans require ${asked} buckets, have ${there}`)
    }
    if (!native.isFloat && count > Number.MAX_SAFE_INTEGER) {
      throw new ScrapeFault(`${name}: a count beyond 2^53`)
    }
  }

  #fillNative(): void {
    const { native, count, valueHalves } = this.#families
    native.fill(this.histogram, count, this.metricType === 'gaugehistogram')
    this.histogram.sumHalves.set(valueHalves)
    compactHistogram(this.histogram)
  }

  #convert(): void {
    const { bounds, values, value } = this.#families
    const classic = this.#classic
    classic.clear()
    classic.setCount(this.#count())
    classic.setSum(value[0] ?? 0)
    for (let bucket = 0; bucket < bounds.count; bucket++) {
      classic.setBucket(bounds.column[bucket] ?? 0, values.column[bucket] ?? 0)
    }
    const fault = classic.convert(this.histogram)
    if (fault !== undefined) throw new ScrapeFault(fault)
    if (this.metricType === 'gaugehistogram') this.histogram.hint = resetHint.gauge
  }
}

/** Four words; a typed array's own set() takes several times as long. */
function copyHash(from: Int32Array, into: Int32Array): void {
  for (let lane = 0; lane < 4; lane++) into[lane] = from[lane] ?? 0
}

const none: readonly Exemplar[] = []
const boundValue = new Float64Array(1)
const boundHalves = halvesOf(boundValue)
