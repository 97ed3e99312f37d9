import { NativeHistogram } from '../model/histogram.ts'
import { faultOfHistogram } from '../model/histogram-validity.ts'
import { halvesOf } from '../model/stale-nan.ts'
import type { MetricType } from '../storage/metadata.ts'
import { ClassicBuckets } from './classic-buckets.ts'
import { EntryHash } from './entry-hash.ts'
import type { EntrySource } from './entry-source.ts'
import { type EntryKind, type Exemplar, entryKind } from './exposition.ts'
import { FloatError, parseGoFloat } from './go-float.ts'

const suffixes = ['_bucket', '_sum', '_count'] as const

/** What a line of a classic histogram says. */
interface ClassicLine {
  readonly suffix: (typeof suffixes)[number]
  readonly bound: number
  /** Equal for all lines of one histogram. */
  readonly key: string
  /** Equal for all histograms with these labels. */
  readonly identity: string
  /** The histogram's name and labels. */
  readonly labelPairs: readonly string[]
}

/**
 * Makes native histograms with custom buckets of the classic ones of a text page: a histogram comes
 * where its last line was. Only families that the page calls histograms are looked at; one whose
 * numbers do not fit together comes to nothing (row S4.10, upstream's NHCBParser).
 */
export class ConvertingParser implements EntrySource {
  readonly #inner: EntrySource
  readonly #keepsClassic: boolean
  readonly #buckets = new ClassicBuckets()
  /** Name of the family whose TYPE came last. */
  #family = ''
  /** Of the histogram that is being collected. */
  #collected: ClassicLine | undefined
  #collectedExemplars: Exemplar[] = []
  #collectedStartMs = 0
  readonly #hash = new EntryHash()
  #hashedBytes = 0
  /** By what all lines of a histogram share: one that comes again is known to be the same. */
  readonly #identities = new Map<string, Identity>()
  #collectedTimestampMs = Number.NaN
  /** What the inner parser is at already, while a histogram is handed on. */
  #waiting: EntryKind | undefined
  /** The series that the parser is at is part of a histogram. */
  #isCollectedLine = false
  #emitted: Emitted | undefined
  readonly histogram = new NativeHistogram()
  readonly #value = new Float64Array(1)
  readonly #halves = halvesOf(this.#value)

  constructor(inner: EntrySource, keepsClassic: boolean) {
    this.#inner = inner
    this.#keepsClassic = keepsClassic
  }

  get metricType(): MetricType {
    return this.#inner.metricType
  }

  set metricType(type: MetricType) {
    this.#inner.metricType = type
  }

  get valueHalves(): Uint32Array {
    return this.#inner.valueHalves
  }

  get timestampMs(): number {
    return this.#emitted === undefined ? this.#inner.timestampMs : this.#emitted.timestampMs
  }

  familyName(): string {
    return this.#inner.familyName()
  }

  entryText(): string {
    return this.#inner.entryText()
  }

  labelPairs(): readonly string[] {
    return this.#emitted?.labelPairs ?? this.#inner.labelPairs()
  }

  /** What a histogram is made of has handed its exemplars on to that. */
  exemplars(): readonly Exemplar[] {
    if (this.#emitted !== undefined) return this.#emitted.exemplars
    return this.#isCollectedLine ? [] : this.#inner.exemplars()
  }

  startMs(): number {
    return this.#emitted?.startMs ?? this.#inner.startMs()
  }

  /** A histogram is known by its first line. */
  hash(into: EntryHash): number {
    if (this.#emitted === undefined) return this.#inner.hash(into)
    into.begin(entryKind.histogram)
    into.addHash(this.#emitted.hash)
    return this.#emitted.hashedBytes
  }

  next(): EntryKind {
    this.#emitted = undefined
    for (;;) {
      const waiting = this.#waiting
      this.#waiting = undefined
      const kind = waiting ?? this.#inner.next()
      if (kind === entryKind.type) this.#family = this.#inner.familyName()
      const line = kind === entryKind.series ? this.#classicLine() : undefined
      const isOther = line === undefined || line.key !== this.#collected?.key
      if (waiting === undefined && this.#collected !== undefined && isOther && this.#emit()) {
        this.#waiting = kind
        return entryKind.histogram
      }
      this.#isCollectedLine = line !== undefined
      if (line !== undefined) {
        this.#collect(line)
        if (!this.#keepsClassic) continue
      }
      return kind
    }
  }

  #classicLine(): ClassicLine | undefined {
    if (this.#inner.metricType !== 'histogram') return undefined
    const pairs = this.#inner.labelPairs()
    const name = pairs[1] ?? ''
    const suffix = suffixes.find((one) => name === this.#family + one)
    if (suffix === undefined) return undefined
    const others: [string, string][] = []
    let bound = Number.NaN
    for (let at = 2; at < pairs.length; at += 2) {
      const [label = '', value = ''] = [pairs[at], pairs[at + 1]]
      if (label === 'le') bound = boundOf(value)
      else others.push([label, value])
    }
    if (suffix === '_bucket' && Number.isNaN(bound)) return undefined
    others.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    const key = [this.#family, ...others.flat()].join('\xff')
    // As upstream has it: the histogram has no label that is empty, which would keep a target's away.
    const told = others.filter(([, value]) => value !== '')
    const labelPairs = ['__name__', this.#family, ...told.flat()]
    const identity = told.length === others.length ? key : labelPairs.slice(1).join('\xff')
    return { suffix, bound, key, identity, labelPairs }
  }

  #collect(line: ClassicLine): void {
    const inner = this.#inner
    if (this.#collected === undefined) {
      this.#collected = line
      this.#hashedBytes = inner.hash(this.#hash)
      this.#collectedStartMs = inner.startMs()
    }
    // As upstream has it, the time of a histogram is that of its last line.
    this.#collectedTimestampMs = inner.timestampMs
    this.#collectedExemplars.push(...inner.exemplars())
    this.#halves.set(inner.valueHalves)
    const value = this.#value[0] ?? 0
    if (line.suffix === '_bucket') this.#buckets.setBucket(line.bound, value)
    else if (line.suffix === '_count') this.#buckets.setCount(value)
    else this.#buckets.setSum(value)
  }

  #identity(key: string): Identity {
    const known = this.#identities.get(key)
    if (known !== undefined) return known
    const first = { hash: this.#hash.words.slice(), hashedBytes: this.#hashedBytes }
    this.#identities.set(key, first)
    return first
  }

  /** Ends the histogram that was collected; false where nothing comes of it. */
  #emit(): boolean {
    const line = this.#collected
    const fault = this.#buckets.convert(this.histogram)
    const isSound = fault === undefined && faultOfHistogram(this.histogram) === undefined
    if (isSound && line !== undefined) {
      this.#emitted = {
        labelPairs: line.labelPairs,
        exemplars: this.#collectedExemplars,
        startMs: this.#collectedStartMs,
        timestampMs: this.#collectedTimestampMs,
        ...this.#identity(line.identity),
      }
    }
    this.#collected = undefined
    this.#collectedExemplars = []
    this.#buckets.clear()
    return isSound
  }
}

/** What a histogram is known by: the first line that the page has of it. */
interface Identity {
  readonly hash: Int32Array
  readonly hashedBytes: number
}

/** A histogram on its way out. */
interface Emitted extends Identity {
  readonly labelPairs: readonly string[]
  readonly exemplars: readonly Exemplar[]
  readonly startMs: number
  readonly timestampMs: number
}

/** NaN for what is no number. */
function boundOf(text: string): number {
  try {
    return parseGoFloat(text)
  } catch (thrown) {
    if (thrown instanceof FloatError) return Number.NaN
    throw thrown
  }
}
