import { isStaleAt, staleNanHigh, staleNanLow } from '../../model/stale-nan.ts'
import { BitReader } from './bit-reader.ts'
import { lowerHalf, peekBits, upperHalf } from './bit-reading.ts'
import { StartReader } from './start-column.ts'
import type { DecodeTarget } from './xor-decode.ts'

/** What a sample says about its value. */
const valueForm = { unchanged: 0, sameWindow: 1, newWindow: 2, stale: 3 } as const

/** By the three bits in front of a value: its form, and how many of the bits say so, times 4. */
const valueControls = Uint8Array.from({ length: 8 }, (_, bits) => {
  if (bits < 4) return valueForm.unchanged | (1 << 2)
  if (bits < 6) return valueForm.sameWindow | (2 << 2)
  return (bits === 6 ? valueForm.newWindow : valueForm.stale) | (3 << 2)
})

/** The time is not where it was expected; its bits and valueControls follow. */
const timeControl = 0xff
/** The same by the five bits in front of a sample: time and value together. */
const jointControls = Uint8Array.from({ length: 32 }, (_, bits) => {
  if (bits < 16) return valueForm.unchanged | (1 << 2)
  if (bits < 20) return valueForm.sameWindow | (3 << 2)
  if (bits < 24) return valueForm.newWindow | (3 << 2)
  return bits === 31 ? valueForm.stale | (5 << 2) : timeControl
})

/**
 * Decodes XOR2 chunks (tsdb/docs/format/chunks.md, FEATURES T6.3); keep it and use it again. As in
 * XorDecoder the state between samples are locals of one loop.
 */
export class Xor2Decoder {
  /** The bit behind the last sample that was looked at. */
  endBit = 0
  readonly #starts = new StartReader()
  readonly #first = new Uint32Array(2)

  /**
   * Decodes the samples (one or more) with minTimeMs <= t <= maxTimeMs from `index` on and answers
   * the index behind the last one. `byteStart` is where the start timestamps' header byte is,
   * behind the two bytes of the sample count.
   */
  decode(
    view: DataView,
    byteStart: number,
    samples: number,
    minTimeMs: number,
    maxTimeMs: number,
    target: DecodeTarget,
    index: number,
  ): number {
    const header = view.getUint8(byteStart)
    const reader = new BitReader(view, (byteStart + 1) * 8, view.byteLength * 8)
    const timestampMs = reader.varint()
    reader.float64Into(this.#first, 0)
    this.#starts.begin(header)
    this.#starts.first(reader, timestampMs)
    let out = index
    this.endBit = reader.bit
    if (timestampMs > maxTimeMs) return out
    if (timestampMs >= minTimeMs) {
      target.timestampsMs[out] = timestampMs
      target.halves[out * 2] = this.#first[0] ?? 0
      target.halves[out * 2 + 1] = this.#first[1] ?? 0
      if (target.startsMs !== undefined) target.startsMs[out] = this.#starts.startMs
      out++
    }
    if (samples === 1) return out
    // What the next value differs from is the last one that was not stale, and 0 at first.
    if (isStaleAt(this.#first, 0)) this.#first.fill(0)
    const deltaMs = reader.uvarint()
    const starts = header === 0 ? undefined : this.#starts
    this.endBit = reader.bit
    return this.#rest(
      view,
      samples,
      timestampMs,
      deltaMs,
      starts,
      minTimeMs,
      maxTimeMs,
      target,
      out,
    )
  }

  /** The second sample from its value on, and all behind it. */
  #rest(
    view: DataView,
    samples: number,
    firstMs: number,
    firstDeltaMs: number,
    starts: StartReader | undefined,
    minTimeMs: number,
    maxTimeMs: number,
    { timestampsMs, halves, startsMs }: DecodeTarget,
    index: number,
  ): number {
    let bit = this.endBit
    let timestampMs = firstMs
    let deltaMs = firstDeltaMs
    let high = this.#first[1] ?? 0
    let low = this.#first[0] ?? 0
    let trailing = 0
    let significant = 64
    let out = index
    for (let sample = 1; sample < samples; sample++) {
      let peek = peekBits(view, bit)
      let control = jointControls[peek >>> 27] ?? 0
      if (control === timeControl || sample === 1) {
        if (sample > 1) {
          const ones = Math.clz32(~peek)
          deltaMs += jointDoubleDelta(view, bit, peek, ones)
          bit += ones === 2 ? 16 : ones === 3 ? 24 : 69
          peek = peekBits(view, bit)
        }
        control = valueControls[peek >>> 29] ?? 0
      }
      const form = control & 3
      bit += control >>> 2
      if (form === valueForm.sameWindow || form === valueForm.newWindow) {
        if (form === valueForm.newWindow) {
          // 64 significant bits are written as zero.
          peek <<= control >>> 2
          significant = (peek << 5) >>> 26 || 64
          trailing = 64 - (peek >>> 27) - significant
          bit += 11
        }
        const first = peekBits(view, bit)
        if (significant <= 32) {
          const bits = first >>> (32 - significant)
          if (trailing >= 32) high ^= bits << (trailing - 32)
          else {
            low ^= bits << trailing
            high ^= upperHalf(bits, trailing)
          }
        } else {
          const cut = 64 - significant
          const lowBits = lowerHalf(first, peekBits(view, bit + 32), cut)
          low ^= lowBits << trailing
          high ^= ((first >>> cut) << trailing) | upperHalf(lowBits, trailing)
        }
        bit += significant
      }
      if (starts !== undefined) bit = starts.next(view, bit, sample, timestampMs)
      timestampMs += deltaMs
      if (timestampMs > maxTimeMs) break
      if (timestampMs < minTimeMs) continue
      timestampsMs[out] = timestampMs
      halves[out * 2] = form === valueForm.stale ? staleNanLow : low
      halves[out * 2 + 1] = form === valueForm.stale ? staleNanHigh : high
      if (startsMs !== undefined) startsMs[out] = starts?.startMs ?? 0
      out++
    }
    this.endBit = bit
    return out
  }
}

/** Two's complement behind two, three or four ones and a zero. */
function jointDoubleDelta(view: DataView, bit: number, peek: number, ones: number): number {
  if (ones === 2) return (peek << 3) >> 19
  if (ones === 3) return (peek << 4) >> 12
  return peekBits(view, bit + 5) * 2 ** 32 + (peekBits(view, bit + 37) >>> 0)
}
