import { type PageScanner, writeNormalNan } from '../kernels/known-lines.ts'
import { NativeHistogram } from '../model/histogram.ts'
import { halvesOf } from '../model/stale-nan.ts'
import type { MetricType } from '../storage/metadata.ts'
import type { EntryHash } from './entry-hash.ts'
import type { EntrySource } from './entry-source.ts'
import { type EntryKind, type Exemplar, type ExpositionParser, entryKind } from './exposition.ts'
import type { OpenMetricsStarts } from './openmetrics-starts.ts'

/** A text page, in either format, as a source of entries. It has no histograms. */
export class TextEntries implements EntrySource {
  readonly histogram = new NativeHistogram()
  readonly #value = new Float64Array(1)
  readonly valueHalves = halvesOf(this.#value)
  readonly #scanner: PageScanner
  readonly #parser: ExpositionParser
  readonly #starts: OpenMetricsStarts | undefined
  #kind: EntryKind = entryKind.end
  #from = 0

  /** The scanner holds the page; `starts` where start timestamps are wanted and the format has them. */
  constructor(scanner: PageScanner, parser: ExpositionParser, starts?: OpenMetricsStarts) {
    this.#scanner = scanner
    this.#parser = parser
    this.#starts = starts
  }

  get metricType(): MetricType {
    return this.#parser.metricType
  }

  set metricType(type: MetricType) {
    this.#parser.metricType = type
  }

  get timestampMs(): number {
    return this.#parser.hasTimestamp ? this.#parser.timestampMs : Number.NaN
  }

  next(): EntryKind {
    const parser = this.#parser
    this.#from = parser.position
    this.#kind = parser.next()
    if (this.#kind === entryKind.series) {
      this.#value[0] = parser.value
      if (Number.isNaN(parser.value)) writeNormalNan(this.valueHalves, 0)
    } else if (this.#starts !== undefined) {
      const isComment = this.#kind === entryKind.comment || this.#kind === entryKind.end
      this.#starts.metadataComes(isComment ? undefined : parser.familyName())
    }
    return this.#kind
  }

  familyName(): string {
    return this.#parser.familyName()
  }

  entryText(): string {
    return this.#parser.entryText()
  }

  labelPairs(): readonly string[] {
    return this.#parser.labelPairs()
  }

  hash(into: EntryHash): number {
    const { seriesStart, seriesEnd, position } = this.#parser
    const isSeries = this.#kind === entryKind.series
    const from = isSeries ? seriesStart : this.#from
    const length = (isSeries ? seriesEnd : position) - from
    into.words.set(this.#scanner.hash(from, length))
    return length
  }

  exemplars(): readonly Exemplar[] {
    const { exemplar } = this.#parser
    return exemplar === undefined ? none : [exemplar]
  }

  startMs(): number {
    return this.#starts?.of(this.#parser) ?? 0
  }
}

const none: readonly Exemplar[] = []
