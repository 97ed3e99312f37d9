/** Bytes that must be readable behind a chunk: bits are looked at four bytes at a time. */
export const decodeReadAheadBytes = 8

/** Columns that samples are decoded into: values as halves, low half of sample i at 2i. */
export interface DecodeTarget {
  readonly timestampsMs: Float64Array
  readonly halves: Uint32Array
}

/**
 * Decodes XOR chunks (tsdb/docs/format/chunks.md) over one view; keep it and use it again. The
 * state is fields, not locals, so that each step is a short function; V8 inlines them.
 */
export class XorDecoder {
  #view: DataView = new DataView(new ArrayBuffer(decodeReadAheadBytes))
  #bit = 0
  #timestampMs = 0
  #deltaMs = 0
  #high = 0
  #low = 0
  #trailing = 0
  #significant = 0

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
    target: DecodeTarget,
    index: number,
  ): number {
    const { timestampsMs, halves } = target
    this.#view = view
    let out = index
    for (let sample = 0; sample < samples; sample++) {
      if (sample > 1) this.#nextTime()
      else if (sample === 1) this.#secondTime()
      else this.#first(byteStart)
      if (sample > 0) this.#nextValue()
      const timestampMs = this.#timestampMs
      if (timestampMs > maxTimeMs) break
      if (timestampMs < minTimeMs) continue
      timestampsMs[out] = timestampMs
      halves[out * 2] = this.#low
      halves[out * 2 + 1] = this.#high
      out++
    }
    return out
  }

  /** The first sample: a varint and eight bytes, all on byte borders. */
  #first(byteStart: number): void {
    const view = this.#view
    let at = byteStart
    let byte = view.getUint8(at++)
    const sign = byte & 1
    let magnitude = (byte & 0x7f) >>> 1
    for (let scale = 64; byte >= 0x80; scale *= 128) {
      byte = view.getUint8(at++)
      magnitude += (byte & 0x7f) * scale
    }
    this.#timestampMs = sign === 1 ? -magnitude - 1 : magnitude
    this.#high = view.getInt32(at)
    this.#low = view.getInt32(at + 4)
    this.#bit = (at + 8) * 8
  }

  #secondTime(): void {
    let at = this.#bit >>> 3
    let delta = 0
    for (let scale = 1, more = true; more; scale *= 128) {
      const byte = this.#view.getUint8(at++)
      delta += (byte & 0x7f) * scale
      more = byte >= 0x80
    }
    this.#deltaMs = delta
    this.#timestampMs += delta
    this.#bit = at * 8
  }

  #nextTime(): void {
    const peek = this.#peek(this.#bit)
    if (peek >= 0) this.#bit += 1
    else if ((peek & 0x40000000) === 0) {
      this.#deltaMs += wrap((peek << 2) >>> 18, 14)
      this.#bit += 16
    } else if ((peek & 0x20000000) === 0) {
      this.#deltaMs += wrap((peek << 3) >>> 15, 17)
      this.#bit += 20
    } else if ((peek & 0x10000000) === 0) {
      this.#deltaMs += wrap((peek << 4) >>> 12, 20)
      this.#bit += 24
    } else {
      const high = this.#peek(this.#bit + 4)
      this.#deltaMs += high * 2 ** 32 + (this.#peek(this.#bit + 36) >>> 0)
      this.#bit += 68
    }
    this.#timestampMs += this.#deltaMs
  }

  #nextValue(): void {
    const peek = this.#peek(this.#bit)
    if (peek >= 0) {
      this.#bit += 1
      return
    }
    if ((peek & 0x40000000) === 0) this.#bit += 2
    else {
      const leading = (peek << 2) >>> 27
      // 64 significant bits are written as zero.
      this.#significant = (peek << 7) >>> 26 || 64
      this.#trailing = 64 - leading - this.#significant
      this.#bit += 13
    }
    if (this.#significant <= 32) this.#changeShort()
    else this.#changeLong()
    this.#bit += this.#significant
  }

  #changeShort(): void {
    const bits = this.#peek(this.#bit) >>> (32 - this.#significant)
    const trailing = this.#trailing
    if (trailing >= 32) this.#high ^= bits << (trailing - 32)
    else {
      this.#low ^= bits << trailing
      if (trailing > 0) this.#high ^= bits >>> (32 - trailing)
    }
  }

  #changeLong(): void {
    const first = this.#peek(this.#bit)
    const second = this.#peek(this.#bit + 32)
    const cut = 64 - this.#significant
    const low = (second >>> cut) | (cut === 0 ? 0 : first << (32 - cut))
    const high = first >>> cut
    const trailing = this.#trailing
    this.#low ^= low << trailing
    this.#high ^= trailing === 0 ? high : (high << trailing) | (low >>> (32 - trailing))
  }

  /** 32 bits from any bit on, as a signed number. */
  #peek(bit: number): number {
    const shift = bit & 7
    const at = bit >>> 3
    return (this.#view.getInt32(at) << shift) | (this.#view.getUint8(at + 4) >>> (8 - shift))
  }
}

/** The upper half of the unsigned values stands for negative ones, but for the value in the middle. */
function wrap(value: number, width: number): number {
  return value > 1 << (width - 1) ? value - (1 << width) : value
}
