import protobuf from 'protobufjs/minimal.js'
import { NarthexError } from '../base/errors.ts'
import { type NativeHistogram, type ResetHint, resetHint } from '../model/histogram.ts'
import { halvesOf } from '../model/stale-nan.ts'
import { BucketFields } from './bucket-fields.ts'
import { int64, skip, unreadable } from './proto-fields.ts'
import { addDouble, Numbers, uint64 } from './repeated-numbers.ts'

/** Field number and wire type; repeated numbers come packed or one by one. */
const tags = {
  countInteger: 8,
  countFloat: 17,
  sum: 25,
  schema: 32,
  zeroThreshold: 41,
  zeroCountInteger: 48,
  zeroCountFloat: 57,
  negativeSpan: 66,
  negativeDeltas: 74,
  negativeDelta: 72,
  negativeCounts: 82,
  negativeCount: 81,
  positiveSpan: 90,
  positiveDeltas: 98,
  positiveDelta: 96,
  positiveCounts: 106,
  positiveCount: 105,
  hint: 112,
  timestamp: 120,
  customBounds: 130,
  customBound: 129,
  start: 136,
} as const

type Reader = protobuf.Reader

const hints: readonly ResetHint[] = Object.values(resetHint)

/** Decodes the histograms of both versions of remote write (upstream prompb/types.proto). */
export class WrittenHistogramDecoder {
  readonly #bounds = new Numbers()
  readonly #buckets = new BucketFields(tags, [
    [tags.customBounds, { into: this.#bounds, add: addDouble, isPacked: true }],
    [tags.customBound, { into: this.#bounds, add: addDouble, isPacked: false }],
  ])
  readonly #float = new Float64Array(1)
  readonly #floatHalves = halvesOf(this.#float)
  #countInteger = 0
  #countFloat = 0
  #zeroInteger = 0
  #zeroFloat = 0
  #isFloat = false
  timestampMs = 0
  /** Of version 2 only; 0 for none. */
  startMs = 0

  /**
   * Fills a histogram from a range of a body that WriteRequestColumns names; answers its timestamp.
   * It need not be one that may be stored. Throws BODY_INVALID, also for integers beyond 2^53.
   */
  decode(body: Uint8Array, start: number, end: number, into: NativeHistogram): number {
    this.#clear()
    into.clear()
    const reader = protobuf.Reader.create(body.subarray(start, end))
    try {
      while (reader.pos < reader.len) this.#field(reader, reader.uint32(), into)
    } catch (thrown) {
      if (thrown instanceof NarthexError) throw thrown
      throw unreadable('histogram', thrown)
    }
    this.#fill(into)
    return this.timestampMs
  }

  #clear(): void {
    this.#buckets.clear()
    this.#countInteger = 0
    this.#countFloat = 0
    this.#zeroInteger = 0
    this.#zeroFloat = 0
    this.#isFloat = false
    this.timestampMs = 0
    this.startMs = 0
  }

  #field(reader: Reader, tag: number, into: NativeHistogram): void {
    switch (tag) {
      case tags.countInteger:
        this.#countInteger = uint64(reader)
        this.#isFloat = false
        return
      case tags.countFloat:
        this.#countFloat = this.#double(reader)
        this.#isFloat = true
        return
      case tags.sum:
        into.sumHalves[0] = reader.fixed32()
        into.sumHalves[1] = reader.fixed32()
        return
      case tags.schema:
        into.schema = reader.sint32()
        return
      case tags.zeroThreshold:
        into.zeroThreshold = this.#double(reader)
        return
      case tags.zeroCountInteger:
        this.#zeroInteger = uint64(reader)
        this.#zeroFloat = 0
        return
      case tags.zeroCountFloat:
        this.#zeroFloat = this.#double(reader)
        this.#zeroInteger = 0
        return
      case tags.hint:
        into.hint = hints[reader.uint32()] ?? resetHint.unknown
        return
      case tags.timestamp:
        this.timestampMs = int64(reader)
        return
      case tags.start:
        this.startMs = int64(reader)
        return
      default:
        if (!this.#buckets.field(reader, tag)) skip(reader, tag, tags)
    }
  }

  #double(reader: Reader): number {
    this.#floatHalves[0] = reader.fixed32()
    this.#floatHalves[1] = reader.fixed32()
    return this.#float[0] ?? 0
  }

  #fill(into: NativeHistogram): void {
    const isFloat = this.#isFloat
    into.isFloat = isFloat
    into.count = isFloat ? this.#countFloat : this.#countInteger
    into.zeroCount = isFloat ? this.#zeroFloat : this.#zeroInteger
    this.#buckets.fill(into)
    const { column: bounds, count } = this.#bounds
    if (into.customBounds.length < count) into.customBounds = new Float64Array(count)
    into.customBounds.set(bounds.subarray(0, count))
    into.customBoundCount = count
  }
}
