import { isUtf8 } from 'node:buffer'
import protobuf from 'protobufjs/minimal.js'
import { messageOf, NarthexError } from '../base/errors.ts'
import { halvesOf } from '../model/stale-nan.ts'
import { addPlace, withRoom } from './message-places.ts'
import { endOf, int64, invalid, skip, tagOf } from './proto-fields.ts'
import { Numbers } from './repeated-numbers.ts'
import { nativeTags, ScrapedHistogram } from './scraped-histogram.ts'

type Reader = protobuf.Reader

/** MetricType of io.prometheus.client. */
export const familyType = {
  counter: 0,
  gauge: 1,
  summary: 2,
  untyped: 3,
  histogram: 4,
  gaugeHistogram: 5,
} as const

/** Field number and wire type of what is read. */
const familyTags = { name: 10, help: 18, type: 24, metric: 34, unit: 42 } as const
const metricTags = {
  label: 10,
  gauge: 18,
  counter: 26,
  summary: 34,
  untyped: 42,
  timestamp: 48,
  histogram: 58,
} as const
const labelTags = { name: 10, value: 18 } as const
/** Of gauges and untyped metrics the first alone. */
const counterTags = { value: 9, exemplar: 18, start: 26 } as const
const summaryTags = { count: 8, sum: 17, quantile: 26, start: 34 } as const
const quantileTags = { quantile: 9, value: 17 } as const
const bucketTags = { count: 8, bound: 17, exemplar: 26, countFloat: 33 } as const
const exemplarTags = { label: 10, value: 17, timestamp: 26 } as const
const timestampTags = { seconds: 8, nanos: 16 } as const

/** A range of bytes of the page. */
interface Range {
  start: number
  end: number
}

/** An exemplar as the page has it. */
export interface PageExemplar {
  readonly labelPairs: readonly string[]
  readonly value: number
  readonly timestampMs: number | undefined
}

/**
 * Walks a page of delimited io.prometheus.client.MetricFamily messages (row S1.8, upstream
 * prompb/io/prometheus/client/metrics.proto). What a family or a metric has stands in fields that
 * the next one overwrites; nothing is made for a sample. Work and memory are linear in the page.
 * Throws BODY_INVALID with the place.
 */
export class MetricFamilyReader {
  type = 0
  readonly name: Range = { start: 0, end: 0 }
  readonly help: Range = { start: 0, end: 0 }
  readonly unit: Range = { start: 0, end: 0 }
  /** The label pairs of the metric, start and end in turn. */
  labelPlaces: Uint32Array = new Uint32Array(32)
  labelCount = 0
  /** In milliseconds, 0 = none. */
  timestampMs = 0
  /** Since when it counts, in milliseconds, 0 = not told. */
  startMs = 0
  /** Of a counter, gauge or untyped metric, bit for bit; of a summary or histogram the sum. */
  readonly value = new Float64Array(1)
  readonly valueHalves = halvesOf(this.value)
  /** Observations of a summary or histogram. */
  count = 0
  /** Quantiles of a summary, upper bounds of buckets. */
  readonly bounds = new Numbers()
  /** What stands at each of them, bit for bit: cumulative counts for buckets. */
  readonly values = new Numbers()
  /** Where the exemplar of a counter (place 0) or of each bucket stands: start, end; 0, 0 = none. */
  exemplarPlaces: Uint32Array = new Uint32Array(32)
  /** The parts of a histogram that classic ones don't have. */
  readonly native = new ScrapedHistogram()
  #reader: Reader = protobuf.Reader.create(new Uint8Array(0))
  #next = 0
  #metrics: Uint32Array = new Uint32Array(64)
  #metricCount = 0
  #metric = 0

  open(bytes: Uint8Array, lengthBytes: number): void {
    this.#reader = protobuf.Reader.create(bytes.subarray(0, lengthBytes))
    this.#next = 0
    this.#metricCount = 0
    this.#metric = 0
  }

  /** Where the reading is. */
  get position(): number {
    return this.#reader.pos
  }

  /** False at the end of the page. */
  nextFamily(): boolean {
    const reader = this.#reader
    reader.pos = this.#next
    if (reader.pos >= reader.len) return false
    try {
      const end = endOf(reader)
      this.#next = end
      this.#family(reader, end)
    } catch (thrown) {
      throw this.#fault(thrown)
    }
    return true
  }

  /** False after the last metric of the family. */
  nextMetric(): boolean {
    if (this.#metric === this.#metricCount) return false
    const at = this.#metric++ * 2
    this.#reader.pos = this.#metrics[at] ?? 0
    try {
      this.#readMetric(this.#reader, this.#metrics[at + 1] ?? 0)
    } catch (thrown) {
      throw this.#fault(thrown)
    }
    return true
  }

  /** Text of a range; it is not checked for valid UTF-8. */
  text({ start, end }: Range): string {
    const { buf } = this.#reader
    return Buffer.from(buf.buffer, buf.byteOffset + start, end - start).toString('utf8')
  }

  isText({ start, end }: Range): boolean {
    return isUtf8(this.#reader.buf.subarray(start, end))
  }

  /** Adds the metric's labels, name and value in turn, to `into`. */
  addLabels(into: string[]): void {
    const reader = this.#reader
    try {
      for (let label = 0; label < this.labelCount; label++) {
        reader.pos = this.labelPlaces[label * 2] ?? 0
        const end = this.labelPlaces[label * 2 + 1] ?? 0
        const [name, value] = this.#labelPair(reader, end, (range, what) =>
          this.#checkLabel(range, what),
        )
        into.push(this.text(name), this.text(value))
      }
    } catch (thrown) {
      throw this.#fault(thrown)
    }
  }

  exemplarAt(place: number): PageExemplar | undefined {
    const start = this.exemplarPlaces[place * 2] ?? 0
    return start === 0 ? undefined : this.#exemplar(start, this.exemplarPlaces[place * 2 + 1] ?? 0)
  }

  /** Exemplars that belong to the histogram, not to a bucket. */
  histogramExemplars(): readonly PageExemplar[] {
    const { exemplars, exemplarCount } = this.native
    return Array.from({ length: exemplarCount }, (_, index) =>
      this.#exemplar(exemplars[index * 2] ?? 0, exemplars[index * 2 + 1] ?? 0),
    )
  }

  /** What protobufjs and we throw, as one kind that tells the place. */
  #fault(thrown: unknown): NarthexError {
    const words = `${messageOf(thrown)} (byte ${this.#reader.pos})`
    return new NarthexError('BODY_INVALID', words, { cause: thrown })
  }

  #family(reader: Reader, end: number): void {
    this.type = familyType.counter
    for (const range of [this.name, this.help, this.unit]) range.start = range.end = reader.pos
    this.#metricCount = 0
    this.#metric = 0
    while (reader.pos < end) {
      const tag = tagOf(reader)
      switch (tag) {
        case familyTags.name:
          takeRange(reader, this.name)
          break
        case familyTags.help:
          takeRange(reader, this.help)
          break
        case familyTags.unit:
          takeRange(reader, this.unit)
          break
        case familyTags.type:
          this.type = reader.uint32()
          break
        case familyTags.metric:
          this.#metrics = addPlace(reader, this.#metrics, this.#metricCount++)
          break
        default:
          skipUnknown(reader, tag, familyTags)
      }
    }
    if (reader.pos !== end) throw invalid('a metric family is longer than it says')
  }

  #readMetric(reader: Reader, end: number): void {
    this.labelCount = 0
    this.timestampMs = 0
    this.startMs = 0
    this.value[0] = 0
    this.count = 0
    this.bounds.count = 0
    this.values.count = 0
    this.exemplarPlaces[0] = 0
    this.native.clear()
    const wanted = partTags[this.type] ?? 0
    while (reader.pos < end) {
      const tag = tagOf(reader)
      if (tag === metricTags.label) {
        this.labelPlaces = addPlace(reader, this.labelPlaces, this.labelCount++)
      } else if (tag === metricTags.timestamp) this.timestampMs = int64(reader)
      else if (tag === wanted) this.#part(reader, endOf(reader))
      // What a family of another type would have says nothing here.
      else if (otherParts.has(tag)) reader.pos = endOf(reader)
      else skipUnknown(reader, tag, metricTags)
    }
    if (reader.pos !== end) throw invalid('a metric is longer than it says')
  }

  #part(reader: Reader, end: number): void {
    const { type } = this
    while (reader.pos < end) {
      const tag = tagOf(reader)
      if (type === familyType.summary) this.#summaryField(reader, tag)
      else if (type >= familyType.histogram) this.#histogramField(reader, tag)
      else this.#counterField(reader, tag)
    }
    if (reader.pos !== end) throw invalid('a part of a metric is longer than it says')
  }

  #counterField(reader: Reader, tag: number): void {
    const isCounter = this.type === familyType.counter
    if (tag === counterTags.value) this.#setValue(reader)
    else if (isCounter && tag === counterTags.exemplar) addPlace(reader, this.exemplarPlaces, 0)
    else if (isCounter && tag === counterTags.start) this.startMs = timestampMs(reader) ?? 0
    else skipUnknown(reader, tag, isCounter ? counterTags : { value: counterTags.value })
  }

  #summaryField(reader: Reader, tag: number): void {
    if (tag === summaryTags.count) this.count = unsigned(reader)
    else if (tag === summaryTags.sum) this.#setValue(reader)
    else if (tag === summaryTags.start) this.startMs = timestampMs(reader) ?? 0
    else if (tag === summaryTags.quantile) this.#quantile(reader, endOf(reader))
    else skipUnknown(reader, tag, summaryTags)
  }

  #quantile(reader: Reader, end: number): void {
    const bound = this.bounds.next()
    const value = this.values.next()
    this.bounds.column[bound] = 0
    this.values.column[value] = 0
    while (reader.pos < end) {
      const tag = tagOf(reader)
      if (tag === quantileTags.quantile) setBits(reader, this.bounds, bound)
      else if (tag === quantileTags.value) setBits(reader, this.values, value)
      else skipUnknown(reader, tag, quantileTags)
    }
    if (reader.pos !== end) throw invalid('a quantile is longer than it says')
  }

  #histogramField(reader: Reader, tag: number): void {
    if (tag === histogramTags.count) this.count = unsigned(reader)
    else if (tag === histogramTags.sum) this.#setValue(reader)
    else if (tag === histogramTags.start) this.startMs = timestampMs(reader) ?? 0
    else if (tag === histogramTags.bucket) this.#bucket(reader, endOf(reader))
    else if (!this.native.field(reader, tag)) skipUnknown(reader, tag, allHistogramTags)
  }

  #bucket(reader: Reader, end: number): void {
    const bound = this.bounds.next()
    const value = this.values.next()
    this.bounds.column[bound] = 0
    this.exemplarPlaces = withRoom(this.exemplarPlaces, bound)
    this.exemplarPlaces[bound * 2] = 0
    let count = 0
    let countFloat = 0
    while (reader.pos < end) {
      const tag = tagOf(reader)
      if (tag === bucketTags.count) count = unsigned(reader)
      else if (tag === bucketTags.bound) setBits(reader, this.bounds, bound)
      else if (tag === bucketTags.countFloat) countFloat = reader.double()
      else if (tag === bucketTags.exemplar) addPlace(reader, this.exemplarPlaces, bound)
      else skipUnknown(reader, tag, bucketTags)
    }
    if (reader.pos !== end) throw invalid('a bucket is longer than it says')
    this.values.column[value] = countFloat === 0 ? count : countFloat
  }

  #setValue(reader: Reader): void {
    this.valueHalves[0] = reader.fixed32()
    this.valueHalves[1] = reader.fixed32()
  }

  /** The last name and value; `check` sees each that there is. */
  #labelPair(
    reader: Reader,
    end: number,
    check: (range: Range, what: 'name' | 'value') => void = () => undefined,
  ): readonly [name: Range, value: Range] {
    const name = { start: 0, end: 0 }
    const value = { start: 0, end: 0 }
    while (reader.pos < end) {
      const tag = tagOf(reader)
      if (tag === labelTags.name) {
        takeRange(reader, name)
        check(name, 'name')
      } else if (tag === labelTags.value) {
        takeRange(reader, value)
        check(value, 'value')
      } else skipUnknown(reader, tag, labelTags)
    }
    if (reader.pos !== end) throw invalid('a label is longer than it says')
    return [name, value]
  }

  /** A name that is there is not empty; that there is none is for others to judge. */
  #checkLabel(range: Range, what: 'name' | 'value'): void {
    const isNamed = what === 'value' || range.end > range.start
    if (isNamed && this.isText(range)) return
    throw new NarthexError('BODY_INVALID', `invalid label ${what}: ${this.text(range)}`)
  }

  #exemplar(start: number, end: number): PageExemplar {
    const reader = this.#reader
    const labelPairs: string[] = []
    let value = 0
    let timestamp: number | undefined
    try {
      reader.pos = start
      while (reader.pos < end) {
        const tag = tagOf(reader)
        if (tag === exemplarTags.label) {
          // As upstream takes them: what is no text in them costs the page nothing.
          const [name, of] = this.#labelPair(reader, endOf(reader))
          labelPairs.push(this.text(name), this.text(of))
        } else if (tag === exemplarTags.value) value = reader.double()
        else if (tag === exemplarTags.timestamp) timestamp = timestampMs(reader)
        else skipUnknown(reader, tag, exemplarTags)
      }
      if (reader.pos !== end) throw invalid('an exemplar is longer than it says')
    } catch (thrown) {
      throw this.#fault(thrown)
    }
    return { labelPairs, value, timestampMs: timestamp }
  }
}

const histogramTags = { count: 8, sum: 17, bucket: 26, start: 122 } as const
const allHistogramTags = { ...histogramTags, ...nativeTags }

/** The part of a metric that its family's type names. */
const partTags: Readonly<Record<number, number>> = {
  [familyType.counter]: metricTags.counter,
  [familyType.gauge]: metricTags.gauge,
  [familyType.summary]: metricTags.summary,
  [familyType.untyped]: metricTags.untyped,
  [familyType.histogram]: metricTags.histogram,
  [familyType.gaugeHistogram]: metricTags.histogram,
}

const otherParts: ReadonlySet<number> = new Set(Object.values(partTags))

function takeRange(reader: Reader, range: Range): void {
  range.end = endOf(reader)
  range.start = reader.pos
  reader.pos = range.end
}

function setBits(reader: Reader, into: Numbers, at: number): void {
  into.halves[at * 2] = reader.fixed32()
  into.halves[at * 2 + 1] = reader.fixed32()
}

/** Counts up to 2^64; what is beyond 2^53 is rounded, as a float sample of it would be. */
function unsigned(reader: Reader): number {
  const value = int64(reader)
  return value < 0 ? value + 2 ** 64 : value
}

/** A google.protobuf.Timestamp in whole milliseconds. */
function timestampMs(reader: Reader): number | undefined {
  const end = endOf(reader)
  let seconds = 0
  let nanos = 0
  while (reader.pos < end) {
    const tag = tagOf(reader)
    if (tag === timestampTags.seconds) seconds = int64(reader)
    else if (tag === timestampTags.nanos) nanos = int64(reader)
    else skipUnknown(reader, tag, timestampTags)
  }
  if (reader.pos !== end) throw invalid('a timestamp is longer than it says')
  return seconds * 1_000 + Math.trunc(nanos / 1e6)
}

/** As skip(), without groups, which nest as deep as somebody likes. */
function skipUnknown(reader: Reader, tag: number, known: Readonly<Record<string, number>>): void {
  const type = tag & 7
  if (type === 3 || type === 4) throw invalid(`field ${tag >>> 3} is a group`)
  skip(reader, tag, known)
}
