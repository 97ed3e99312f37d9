import { isStaleAt, staleNanHigh, staleNanLow } from '../../model/stale-nan.ts'
import { BitReader } from './bit-reader.ts'
import { peekBits, xorInto } from './bit-reading.ts'
import { StartReader } from './start-column.ts'
import type { DecodeTarget } from './xor-decode.ts'

/** What a sample says about its value: the number of ones it begins with. */
const valueForm = { unchanged: 0, sameWindow: 1, newWindow: 2, stale: 3 } as const

/**
 * Decodes XOR2 chunks (tsdb/docs/format/chunks.md, FEATURES T6.3); keep it and use it again. As in
 * XorDecoder most of the state between samples are locals of one loop.
 */
export class Xor2Decoder {
  /** The bit behind the last sample that was looked at. */
  endBit = 0
  readonly #starts = new StartReader()
  /** The last value that was not stale. */
  readonly #valueHalves = new Uint32Array(2)

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
    { timestampsMs, halves, startsMs }: DecodeTarget,
    index: number,
  ): number {
    const header = view.getUint8(byteStart)
    const starts = this.#starts
    starts.begin(header)
    const reader = new BitReader(view, (byteStart + 1) * 8, view.byteLength * 8)
    let timestampMs = this.#first(reader)
    let bit = reader.bit
    const state = this.#valueHalves
    let form: number = isStaleAt(state, 0) ? valueForm.stale : valueForm.unchanged
    if (form === valueForm.stale) state.fill(0)
    let deltaMs = 0
    let trailing = 0
    let significant = 64
    let out = index
    for (let sample = 0; sample < samples; sample++) {
      const previousMs = timestampMs
      if (sample > 0) {
        let peek = peekBits(view, bit)
        const ones = Math.clz32(~peek)
        if (sample > 1 && (ones < 2 || ones > 4)) {
          // The time is where it was expected: the value's form follows from the next bits.
          if (ones === 0) form = valueForm.unchanged
          else if (ones > 4) form = valueForm.stale
          else form = (peek & 0x20000000) === 0 ? valueForm.sameWindow : valueForm.newWindow
          bit += ones === 0 ? 1 : ones === 1 ? 3 : 5
        } else {
          if (sample === 1) {
            reader.bit = bit
            deltaMs = reader.uvarint()
            bit = reader.bit
          } else {
            deltaMs += jointDoubleDelta(view, bit, peek, ones)
            bit += ones === 2 ? 16 : ones === 3 ? 24 : 69
          }
          peek = peekBits(view, bit)
          form = Math.min(Math.clz32(~peek), valueForm.stale)
          bit += Math.min(form + 1, 3)
        }
        timestampMs += deltaMs
        if (form === valueForm.newWindow) {
          const window = peekBits(view, bit)
          // 64 significant bits are written as zero.
          significant = (window << 5) >>> 26 || 64
          trailing = 64 - (window >>> 27) - significant
          bit += 11
        }
        if (form === valueForm.sameWindow || form === valueForm.newWindow) {
          bit = xorInto(view, bit, significant, trailing, state, 0)
        }
        if (header !== 0) bit = starts.next(view, bit, sample, previousMs)
      }
      if (timestampMs > maxTimeMs) break
      if (timestampMs < minTimeMs) continue
      timestampsMs[out] = timestampMs
      halves[out * 2] = form === valueForm.stale ? staleNanLow : (state[0] ?? 0)
      halves[out * 2 + 1] = form === valueForm.stale ? staleNanHigh : (state[1] ?? 0)
      if (startsMs !== undefined) startsMs[out] = starts.startMs
      out++
    }
    this.endBit = bit
    return out
  }

  #first(reader: BitReader): number {
    const timestampMs = reader.varint()
    reader.float64Into(this.#valueHalves, 0)
    this.#starts.first(reader, timestampMs)
    return timestampMs
  }
}

/** Two's complement behind two, three or four ones and a zero. */
function jointDoubleDelta(view: DataView, bit: number, peek: number, ones: number): number {
  if (ones === 2) return (peek << 3) >> 19
  if (ones === 3) return (peek << 4) >> 12
  return peekBits(view, bit + 5) * 2 ** 32 + (peekBits(view, bit + 37) >>> 0)
}
