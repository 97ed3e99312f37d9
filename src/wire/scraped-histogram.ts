import type protobuf from 'protobufjs/minimal.js'
import { type NativeHistogram, resetHint } from '../model/histogram.ts'
import { BucketFields } from './bucket-fields.ts'
import { addPlace } from './message-places.ts'
import { uint64 } from './repeated-numbers.ts'

type Reader = protobuf.Reader

/** Field number and wire type in io.prometheus.client.Histogram. */
export const nativeTags = {
  countFloat: 33,
  schema: 40,
  zeroThreshold: 49,
  zeroCount: 56,
  zeroCountFloat: 65,
  negativeSpan: 74,
  negativeDeltas: 82,
  negativeDelta: 80,
  negativeCounts: 90,
  negativeCount: 89,
  positiveSpan: 98,
  positiveDeltas: 106,
  positiveDelta: 104,
  positiveCounts: 114,
  positiveCount: 113,
  exemplar: 130,
} as const

/** What a histogram on a page has beyond a classic one; read field by field, then used at once. */
export class ScrapedHistogram {
  countFloat = 0
  schema = 0
  zeroThreshold = 0
  zeroCount = 0
  zeroCountFloat = 0
  /** Start and end of each exemplar in turn. */
  exemplars: Uint32Array = new Uint32Array(16)
  exemplarCount = 0
  readonly #buckets = new BucketFields(nativeTags)

  clear(): void {
    this.countFloat = 0
    this.schema = 0
    this.zeroThreshold = 0
    this.zeroCount = 0
    this.zeroCountFloat = 0
    this.exemplarCount = 0
    this.#buckets.clear()
  }

  /** Takes a field of the message in; false where it is none of these. */
  field(reader: Reader, tag: number): boolean {
    switch (tag) {
      case nativeTags.countFloat:
        this.countFloat = reader.double()
        return true
      case nativeTags.schema:
        this.schema = reader.sint32()
        return true
      case nativeTags.zeroThreshold:
        this.zeroThreshold = reader.double()
        return true
      case nativeTags.zeroCount:
        this.zeroCount = uint64(reader)
        return true
      case nativeTags.zeroCountFloat:
        this.zeroCountFloat = reader.double()
        return true
      case nativeTags.exemplar:
        this.exemplars = addPlace(reader, this.exemplars, this.exemplarCount++)
        return true
      default:
        return this.#buckets.field(reader, tag)
    }
  }

  /** Whether anything tells it from a classic histogram. */
  get isNative(): boolean {
    return (
      this.#buckets.positiveSpans.count > 0 ||
      this.#buckets.negativeSpans.count > 0 ||
      this.zeroThreshold > 0 ||
      this.zeroCount > 0
    )
  }

  get isFloat(): boolean {
    return this.countFloat > 0 || this.zeroCountFloat > 0
  }

  /** Buckets that the spans of a side ask for, and those that are there. */
  side(name: 'positive' | 'negative'): { readonly asked: number; readonly there: number } {
    const buckets = this.#buckets
    const isPositive = name === 'positive'
    const spans = isPositive ? buckets.positiveSpans : buckets.negativeSpans
    const deltas = isPositive ? buckets.positiveDeltas : buckets.negativeDeltas
    const counts = isPositive ? buckets.positiveCounts : buckets.negativeCounts
    let asked = 0
    for (let at = 1; at < spans.count; at += 2) asked += spans.column[at] ?? 0
    return { asked, there: this.isFloat ? counts.count : deltas.count }
  }

  /** `count` are the observations of one of integers. The sum is left to the caller. */
  fill(into: NativeHistogram, count: number, isGauge: boolean): void {
    const { isFloat } = this
    into.clear()
    into.isFloat = isFloat
    into.schema = this.schema
    into.zeroThreshold = this.zeroThreshold
    into.zeroCount = isFloat ? this.zeroCountFloat : this.zeroCount
    into.count = isFloat ? this.countFloat : count
    into.hint = isGauge ? resetHint.gauge : resetHint.unknown
    this.#buckets.fill(into)
  }
}
