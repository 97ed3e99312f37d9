import { lowerHalf, peekBits, upperHalf } from './bit-reading.ts'

/** Bytes that must be readable behind a chunk: bits are looked at four bytes at a time. */
export const decodeReadAheadBytes = 8

/** Columns that samples are decoded into: values as halves, low half of sample i at 2i. */
export interface DecodeTarget {
  readonly timestampsMs: Float64Array
  readonly halves: Uint32Array
  /** Start timestamps, 0 for none, where somebody wants them. */
  readonly startsMs?: Float64Array | undefined
}

/**
 * Decodes XOR chunks (tsdb/docs/format/chunks.md); keep it and use it again. The state between
 * samples are locals of one loop, since a field would be stored for every sample.
 */
export class XorDecoder {
  /** The bit behind the last sample that was looked at. */
  endBit = 0
  /** Where #firstTime and #uvarint left off: one place for a second answer. */
  #at = 0

  /**
   * Decodes the samples with minTimeMs <= t <= maxTimeMs from `index` on and answers the index
   * behind the last one. `byteStart` is where the bits begin (behind the two bytes of the sample
   * count). The target has room for `samples` more.
   */
  decode(
    view: DataView,
    byteStart: number,
    samples: number,
    minTimeMs: number,
    maxTimeMs: number,
    { timestampsMs, halves }: DecodeTarget,
    index: number,
  ): number {
    let timestampMs = this.#firstTime(view, byteStart)
    let high = view.getInt32(this.#at)
    let low = view.getInt32(this.#at + 4)
    let bit = (this.#at + 8) * 8
    let deltaMs = 0
    let trailing = 0
    // A chunk that Prometheus went on with after reading it back begins with the whole width.
    let significant = 64
    let out = index
    for (let sample = 0; sample < samples; sample++) {
      if (sample > 0) {
        let peek = peekBits(view, bit)
        let used = 1
        if (sample === 1) {
          deltaMs = this.#uvarint(view, bit >>> 3)
          used = this.#at * 8 - bit
        } else if (peek < 0) {
          used = widthOfDoubleDelta(peek)
          deltaMs += used === 68 ? longDoubleDelta(view, bit) : doubleDelta(peek, used)
        }
        timestampMs += deltaMs
        bit += used
        // After the shorter forms of time the value's 13 bits of control are in sight already.
        peek = used <= 16 && sample > 1 ? peek << used : peekBits(view, bit)
        if (peek < 0) {
          bit += 2
          if ((peek & 0x40000000) !== 0) {
            // 64 significant bits are written as zero.
            significant = (peek << 7) >>> 26 || 64
            trailing = 64 - ((peek << 2) >>> 27) - significant
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
        } else bit++
      }
      if (timestampMs > maxTimeMs) break
      if (timestampMs < minTimeMs) continue
      timestampsMs[out] = timestampMs
      halves[out * 2] = low
      halves[out * 2 + 1] = high
      out++
    }
    this.endBit = bit
    return out
  }

  /** The first time, a zigzag varint on byte borders; its value's eight bytes follow at #at. */
  #firstTime(view: DataView, byteStart: number): number {
    const byte = view.getUint8(byteStart)
    let magnitude = (byte & 0x7f) >>> 1
    this.#at = byteStart + 1
    if (byte >= 0x80) magnitude += this.#uvarint(view, byteStart + 1) * 64
    return (byte & 1) === 1 ? -magnitude - 1 : magnitude
  }

  #uvarint(view: DataView, byteStart: number): number {
    let at = byteStart
    let value = 0
    for (let scale = 1, more = true; more; scale *= 128) {
      const byte = view.getUint8(at++)
      value += (byte & 0x7f) * scale
      more = byte >= 0x80
    }
    this.#at = at
    return value
  }
}

/** Prefix and number together; the prefix does not begin with a zero bit. */
function widthOfDoubleDelta(peek: number): number {
  if ((peek & 0x40000000) === 0) return 16
  if ((peek & 0x20000000) === 0) return 20
  return (peek & 0x10000000) === 0 ? 24 : 68
}

/** The upper half of the unsigned values stands for negative ones, but for the value in the middle. */
function doubleDelta(peek: number, used: number): number {
  const width = used === 16 ? 14 : used === 20 ? 17 : 20
  const value = (peek << (used - width)) >>> (32 - width)
  return value > 1 << (width - 1) ? value - (1 << width) : value
}

function longDoubleDelta(view: DataView, bit: number): number {
  return peekBits(view, bit + 4) * 2 ** 32 + (peekBits(view, bit + 36) >>> 0)
}
