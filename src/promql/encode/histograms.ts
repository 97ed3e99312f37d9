import type { NativeHistogram } from '../../model/histogram.ts'
import { layoutOf } from '../../model/histogram-layout.ts'
import { BucketWalk } from '../histogram/bucket-walk.ts'
import {
  exactSecondsText,
  floatBytesMax,
  writeAscii,
  writeFloat,
  writeSeconds,
} from './float-bytes.ts'
import type { JsonPieces } from './json-pieces.ts'

/** Texts of bounds that are kept; all buckets of schema 8 within 16 powers of two. */
const boundsMax = 4096

/** Bytes of a bucket, or of what stands before the buckets, at most. */
const partBytesMax = floatBytesMax * 3 + 64

/**
 * Writes the native histograms of one series as `[time,{"count":"..","sum":"..","buckets":[..]}],...`,
 * a bucket as `[ends,"lower","upper","count"]`, empty ones left out (row A1.1).
 */
export class HistogramsWriter {
  #first = true
  readonly #walk = new BucketWalk()
  readonly #bounds = new Map<number, Uint8Array>()

  constructor(
    readonly out: JsonPieces,
    readonly keepsLayout = false,
  ) {}

  begin(): void {
    this.#first = true
  }

  at(timeMs: number | bigint, histogram: NativeHistogram): void {
    const { out } = this
    out.room(partBytesMax)
    this.#ascii(this.#first ? '[' : ',[')
    if (typeof timeMs === 'bigint') this.#ascii(exactSecondsText(timeMs))
    else out.end = writeSeconds(timeMs, out.buffer, out.end)
    this.#ascii(',{"count":"')
    this.#float(histogram.count)
    this.#ascii('","sum":"')
    this.#float(histogram.sum[0] ?? 0)
    this.#ascii('"')
    if (this.keepsLayout) out.text(`,"layout":${JSON.stringify(layoutOf(histogram))}`)
    this.#writeBuckets(histogram)
    out.ascii('}]')
    this.#first = false
  }

  #writeBuckets(histogram: NativeHistogram): void {
    const { out } = this
    const walk = this.#walk
    let before = ',"buckets":['
    for (walk.upwards(histogram); walk.valid; walk.next()) {
      if (walk.count === 0) continue
      out.room(partBytesMax)
      this.#ascii(`${before}[${endsOf(walk)},"`)
      this.#bound(walk.lower)
      this.#ascii('","')
      this.#bound(walk.upper)
      this.#ascii('","')
      this.#float(walk.count)
      this.#ascii('"]')
      before = ','
    }
    if (before === ',') out.ascii(']')
  }

  #float(value: number): void {
    this.out.end = writeFloat(value, this.out.buffer, this.out.end)
  }

  /** Long decimals, but the same ones in every histogram of a schema. */
  #bound(value: number): void {
    // A map has one place for both zeroes.
    if (value === 0) {
      this.#float(value)
      return
    }
    let bytes = this.#bounds.get(value)
    if (bytes === undefined) {
      const scratch = new Uint8Array(floatBytesMax)
      bytes = scratch.subarray(0, writeFloat(value, scratch, 0))
      if (this.#bounds.size === boundsMax) this.#bounds.clear()
      this.#bounds.set(value, bytes)
    }
    const { buffer } = this.out
    for (let index = 0; index < bytes.length; index++) {
      buffer[this.out.end++] = bytes[index] ?? 0
    }
  }

  #ascii(text: string): void {
    this.out.end = writeAscii(text, this.out.buffer, this.out.end)
  }
}

/** Which of its bounds belong to a bucket: 0 the upper, 1 the lower, 2 none, 3 both. */
function endsOf({ includesLower, includesUpper }: BucketWalk): number {
  if (includesLower) return includesUpper ? 3 : 1
  return includesUpper ? 0 : 2
}
