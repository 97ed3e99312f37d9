import protobuf from 'protobufjs/minimal.js'
import { messageOf, NarthexError } from '../base/errors.ts'
import { type NativeHistogram, type ResetHint, resetHint } from '../model/histogram.ts'
import { halvesOf } from '../model/stale-nan.ts'
import { endOf, int64, invalid, skip } from './proto-fields.ts'

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
} as const
const spanTags = { offset: 8, length: 16 } as const

type Reader = protobuf.Reader

const hints: readonly ResetHint[] = Object.values(resetHint)

/** Numbers of one repeated field, used again. */
class Numbers {
  column = new Float64Array(64)
  halves = halvesOf(this.column)
  count = 0

  add(value: number): void {
    const at = this.next()
    this.column[at] = value
  }

  /** The place of one more; the columns may be others then. */
  next(): number {
    if (this.count === this.column.length) {
      const larger = new Float64Array(this.count * 2)
      larger.set(this.column)
      this.column = larger
      this.halves = halvesOf(larger)
    }
    return this.count++
  }
}

interface RepeatedField {
  readonly into: Numbers
  readonly add: (reader: Reader, into: Numbers) => void
  readonly isPacked: boolean
}

/** Decodes the histograms of remote-write version 1 (upstream prompb/types.proto). */
export class WrittenHistogramDecoder {
  readonly #positiveDeltas = new Numbers()
  readonly #negativeDeltas = new Numbers()
  readonly #positiveCounts = new Numbers()
  readonly #negativeCounts = new Numbers()
  readonly #bounds = new Numbers()
  readonly #positiveSpans = new Numbers()
  readonly #negativeSpans = new Numbers()
  readonly #repeatedFields: ReadonlyMap<number, RepeatedField> = new Map([
    [tags.positiveSpan, { into: this.#positiveSpans, add: addSpan, isPacked: false }],
    [tags.negativeSpan, { into: this.#negativeSpans, add: addSpan, isPacked: false }],
    [tags.positiveDeltas, { into: this.#positiveDeltas, add: addDelta, isPacked: true }],
    [tags.positiveDelta, { into: this.#positiveDeltas, add: addDelta, isPacked: false }],
    [tags.negativeDeltas, { into: this.#negativeDeltas, add: addDelta, isPacked: true }],
    [tags.negativeDelta, { into: this.#negativeDeltas, add: addDelta, isPacked: false }],
    [tags.positiveCounts, { into: this.#positiveCounts, add: addDouble, isPacked: true }],
    [tags.positiveCount, { into: this.#positiveCounts, add: addDouble, isPacked: false }],
    [tags.negativeCounts, { into: this.#negativeCounts, add: addDouble, isPacked: true }],
    [tags.negativeCount, { into: this.#negativeCounts, add: addDouble, isPacked: false }],
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
  #timestampMs = 0

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
      throw new NarthexError('BODY_INVALID', `histogram: ${messageOf(thrown)}`, { cause: thrown })
    }
    this.#fill(into)
    return this.#timestampMs
  }

  #clear(): void {
    for (const { into } of this.#repeatedFields.values()) into.count = 0
    this.#countInteger = 0
    this.#countFloat = 0
    this.#zeroInteger = 0
    this.#zeroFloat = 0
    this.#isFloat = false
    this.#timestampMs = 0
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
        this.#timestampMs = int64(reader)
        return
      default:
        this.#repeated(reader, tag)
    }
  }

  #repeated(reader: Reader, tag: number): void {
    const field = this.#repeatedFields.get(tag)
    if (field === undefined) skip(reader, tag, tags)
    else if (field.isPacked) readPacked(reader, field)
    else field.add(reader, field.into)
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
    const positive = isFloat ? this.#positiveCounts : summed(this.#positiveDeltas)
    const negative = isFloat ? this.#negativeCounts : summed(this.#negativeDeltas)
    into.reserveBuckets(positive.count, negative.count)
    into.positiveBucketCount = positive.count
    into.negativeBucketCount = negative.count
    into.positiveBuckets.set(positive.column.subarray(0, positive.count))
    into.negativeBuckets.set(negative.column.subarray(0, negative.count))
    const { column: bounds, count } = this.#bounds
    if (into.customBounds.length < count) into.customBounds = new Float64Array(count)
    into.customBounds.set(bounds.subarray(0, count))
    into.customBoundCount = count
    const [positiveSpans, negativeSpans] = [this.#positiveSpans, this.#negativeSpans]
    into.setPositiveSpans(spansOf(positiveSpans), positiveSpans.count / 2)
    into.setNegativeSpans(spansOf(negativeSpans), negativeSpans.count / 2)
  }
}

function spansOf({ column, count }: Numbers): Int32Array {
  return Int32Array.from(column.subarray(0, count))
}

/** Counts out of the distances between them, in place. */
function summed(deltas: Numbers): Numbers {
  let count = 0
  for (let index = 0; index < deltas.count; index++) {
    count += deltas.column[index] ?? 0
    if (Math.abs(count) > Number.MAX_SAFE_INTEGER) throw invalid('a bucket counts beyond 2^53')
    deltas.column[index] = count
  }
  return deltas
}

function readPacked(reader: Reader, { into, add }: RepeatedField): void {
  const end = endOf(reader)
  while (reader.pos < end) add(reader, into)
  if (reader.pos !== end) throw invalid('packed numbers are longer than they say')
}

function addDouble(reader: Reader, into: Numbers): void {
  const at = into.next()
  into.halves[at * 2] = reader.fixed32()
  into.halves[at * 2 + 1] = reader.fixed32()
}

/** A zigzag number of 64 bits: its sign is the lowest bit of the first byte. */
function addDelta(reader: Reader, into: Numbers): void {
  const first = byteOf(reader)
  let magnitude = (first & 0x7f) >>> 1
  let scale = 64
  for (let byte = first; byte >= 0x80; scale *= 128) {
    if (scale > 2 ** 62) throw invalid('a number of more than ten bytes')
    byte = byteOf(reader)
    magnitude += (byte & 0x7f) * scale
  }
  if (magnitude > Number.MAX_SAFE_INTEGER) throw invalid('a distance of buckets beyond 2^53')
  into.add((first & 1) === 0 ? magnitude : -magnitude - 1)
}

function uint64(reader: Reader): number {
  const value = int64(reader)
  if (value < 0 || value > Number.MAX_SAFE_INTEGER) throw invalid('a count beyond 2^53')
  return value
}

function byteOf(reader: Reader): number {
  const byte = reader.pos < reader.len ? reader.buf[reader.pos++] : undefined
  if (byte === undefined) throw invalid('ends within a number')
  return byte
}

function addSpan(reader: Reader, into: Numbers): void {
  const end = endOf(reader)
  let offset = 0
  let length = 0
  while (reader.pos < end) {
    const tag = reader.uint32()
    if (tag === spanTags.offset) offset = reader.sint32()
    else if (tag === spanTags.length) length = reader.uint32()
    else skip(reader, tag, spanTags)
  }
  if (reader.pos !== end) throw invalid('a span is longer than it says')
  into.add(offset)
  into.add(length)
}
