import { lineDouble, lineWord, noLeading } from './xor-line.ts'

/** The longest one sample can be: 4 + 64 bits of time, 2 + 5 + 6 + 64 bits of value, rounded up. */
export const sampleBytesMax = 24

/**
 * Appends one sample to an open XOR chunk: the bits behind the two bytes of the sample count
 * (tsdb/docs/format/chunks.md). `words` and `doubles` see the same line, from `word` and `double`
 * on; `bytes` has room for sampleBytesMax behind the bits written and zeros there.
 */
export function appendXor(
  words: Uint32Array,
  word: number,
  doubles: Float64Array,
  double: number,
  bytes: Uint8Array,
  byteStart: number,
  timestampMs: number,
  valueHigh: number,
  valueLow: number,
): void {
  const counts = words[word + lineWord.counts] ?? 0
  const samples = counts & 0xffff
  const start = byteStart * 8
  let bit = start + (words[word + lineWord.bits] ?? 0)
  let window = counts >>> 16
  if (samples === 0) {
    bit = putVarint(bytes, bit, timestampMs)
    bit = put64(bytes, bit, valueHigh, valueLow)
    window = noLeading
    doubles[double + lineDouble.minTimeMs] = timestampMs
    doubles[double + lineDouble.deltaMs] = 0
  } else {
    const delta = timestampMs - (doubles[double + lineDouble.timestampMs] ?? 0)
    const doubled = delta - (doubles[double + lineDouble.deltaMs] ?? 0)
    bit = samples === 1 ? putUvarint(bytes, bit, delta) : putDoubleDelta(bytes, bit, doubled)
    doubles[double + lineDouble.deltaMs] = delta
    const high = (valueHigh ^ (words[word + lineWord.valueHigh] ?? 0)) >>> 0
    const low = (valueLow ^ (words[word + lineWord.valueLow] ?? 0)) >>> 0
    if (high === 0 && low === 0) bit++
    else {
      const before = bit
      const leading = Math.min(high === 0 ? 32 + Math.clz32(low) : Math.clz32(high), 31)
      const trailing = low === 0 ? 32 + trailingZeros(high) : trailingZeros(low)
      const oldLeading = window & 0xff
      const oldTrailing = window >>> 8
      bytes[before >>> 3] = (bytes[before >>> 3] ?? 0) | (0x80 >>> (before & 7))
      if (oldLeading !== noLeading && leading >= oldLeading && trailing >= oldTrailing) {
        bit = putShifted(bytes, before + 2, high, low, oldTrailing, 64 - oldLeading - oldTrailing)
      } else {
        const significant = 64 - leading - trailing
        // 64 significant bits do not fit the six bits of the count: they are written as zero.
        const head = (1 << 11) | (leading << 6) | (significant & 0x3f)
        bit = putBits(bytes, before + 1, head, 12)
        bit = putShifted(bytes, bit, high, low, trailing, significant)
        window = leading | (trailing << 8)
      }
    }
  }
  words[word + lineWord.valueHigh] = valueHigh
  words[word + lineWord.valueLow] = valueLow
  doubles[double + lineDouble.timestampMs] = timestampMs
  words[word + lineWord.bits] = bit - start
  words[word + lineWord.counts] = ((window << 16) | (samples + 1)) >>> 0
}

function trailingZeros(value: number): number {
  return 31 - Math.clz32(value & -value)
}

/** The low `count` bits of `value`, count from 0 to 32; answers the bit behind them. */
function putBits(bytes: Uint8Array, bit: number, value: number, count: number): number {
  let at = bit >>> 3
  let room = 8 - (bit & 7)
  let left = count
  while (left > 0) {
    const taken = left < room ? left : room
    const piece = (value >>> (left - taken)) & ((1 << taken) - 1)
    bytes[at] = (bytes[at] ?? 0) | (piece << (room - taken))
    left -= taken
    room = 8
    at++
  }
  return bit + count
}

function put64(bytes: Uint8Array, bit: number, high: number, low: number): number {
  return putBits(bytes, putBits(bytes, bit, high, 32), low, 32)
}

/** The `count` bits of high:low that begin `shift` bits from its end. */
function putShifted(
  bytes: Uint8Array,
  bit: number,
  high: number,
  low: number,
  shift: number,
  count: number,
): number {
  const lowPart =
    shift >= 32
      ? high >>> (shift - 32)
      : shift === 0
        ? low
        : (low >>> shift) | (high << (32 - shift))
  if (count <= 32) return putBits(bytes, bit, lowPart, count)
  const highPart = shift >= 32 ? 0 : high >>> shift
  return putBits(bytes, putBits(bytes, bit, highPart, count - 32), lowPart, 32)
}

/** Prefix and width of the four sizes of the difference of differences. */
function putDoubleDelta(bytes: Uint8Array, bit: number, doubled: number): number {
  if (doubled === 0) return bit + 1
  if (doubled >= -8191 && doubled <= 8192) {
    return putBits(bytes, putBits(bytes, bit, 0b10, 2), doubled, 14)
  }
  if (doubled >= -65535 && doubled <= 65536) {
    return putBits(bytes, putBits(bytes, bit, 0b110, 3), doubled, 17)
  }
  if (doubled >= -524287 && doubled <= 524288) {
    return putBits(bytes, putBits(bytes, bit, 0b1110, 4), doubled, 20)
  }
  const high = Math.floor(doubled / 2 ** 32)
  return put64(bytes, putBits(bytes, bit, 0b1111, 4), high >>> 0, doubled >>> 0)
}

function putUvarint(bytes: Uint8Array, bit: number, value: number): number {
  let rest = value
  let at = bit
  while (rest >= 128) {
    at = putBits(bytes, at, (rest % 128) | 0x80, 8)
    rest = Math.floor(rest / 128)
  }
  return putBits(bytes, at, rest, 8)
}

/** Go's zigzag form; the doubled number may pass 2^53, so its lowest bits are made apart. */
function putVarint(bytes: Uint8Array, bit: number, value: number): number {
  const sign = value < 0 ? 1 : 0
  const magnitude = sign === 1 ? -value - 1 : value
  const low = (magnitude % 64) * 2 + sign
  if (magnitude < 64) return putBits(bytes, bit, low, 8)
  return putUvarint(bytes, putBits(bytes, bit, low | 0x80, 8), Math.floor(magnitude / 64))
}
