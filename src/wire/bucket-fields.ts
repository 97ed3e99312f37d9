import type protobuf from 'protobufjs/minimal.js'
import type { NativeHistogram } from '../model/histogram.ts'
import {
  addDelta,
  addDouble,
  addSpan,
  fillBuckets,
  fillSpans,
  Numbers,
  type RepeatedField,
  readPacked,
  summed,
} from './repeated-numbers.ts'

/** Field number and wire type of both sides; repeated numbers come packed or one by one. */
export interface BucketTags {
  readonly negativeSpan: number
  readonly negativeDeltas: number
  readonly negativeDelta: number
  readonly negativeCounts: number
  readonly negativeCount: number
  readonly positiveSpan: number
  readonly positiveDeltas: number
  readonly positiveDelta: number
  readonly positiveCounts: number
  readonly positiveCount: number
}

/**
 * Spans and buckets of one histogram's message, which differ in nothing but their field numbers
 * between a scraped page (io.prometheus.client) and a written request (prompb); used again.
 */
export class BucketFields {
  readonly positiveSpans = new Numbers()
  readonly negativeSpans = new Numbers()
  readonly positiveDeltas = new Numbers()
  readonly negativeDeltas = new Numbers()
  readonly positiveCounts = new Numbers()
  readonly negativeCounts = new Numbers()
  readonly #fields: ReadonlyMap<number, RepeatedField>

  /** `more` are repeated fields of the message beside these. */
  constructor(tags: BucketTags, more: readonly (readonly [number, RepeatedField])[] = []) {
    const one = { isPacked: false }
    const packed = { isPacked: true }
    const deltas = { add: addDelta }
    const counts = { add: addDouble }
    this.#fields = new Map([
      [tags.positiveSpan, { into: this.positiveSpans, add: addSpan, ...one }],
      [tags.negativeSpan, { into: this.negativeSpans, add: addSpan, ...one }],
      [tags.positiveDeltas, { into: this.positiveDeltas, ...deltas, ...packed }],
      [tags.positiveDelta, { into: this.positiveDeltas, ...deltas, ...one }],
      [tags.negativeDeltas, { into: this.negativeDeltas, ...deltas, ...packed }],
      [tags.negativeDelta, { into: this.negativeDeltas, ...deltas, ...one }],
      [tags.positiveCounts, { into: this.positiveCounts, ...counts, ...packed }],
      [tags.positiveCount, { into: this.positiveCounts, ...counts, ...one }],
      [tags.negativeCounts, { into: this.negativeCounts, ...counts, ...packed }],
      [tags.negativeCount, { into: this.negativeCounts, ...counts, ...one }],
      ...more,
    ])
  }

  clear(): void {
    for (const { into } of this.#fields.values()) into.count = 0
  }

  /** Takes a field of the message in; false where it is none of these. */
  field(reader: protobuf.Reader, tag: number): boolean {
    const field = this.#fields.get(tag)
    if (field === undefined) return false
    if (field.isPacked) readPacked(reader, field)
    else field.add(reader, field.into)
    return true
  }

  /** Buckets and spans of both sides; those of integers are summed in place, so only once. */
  fill(into: NativeHistogram): void {
    if (into.isFloat) fillBuckets(into, this.positiveCounts, this.negativeCounts)
    else fillBuckets(into, summed(this.positiveDeltas), summed(this.negativeDeltas))
    fillSpans(into, this.positiveSpans, this.negativeSpans)
  }
}
