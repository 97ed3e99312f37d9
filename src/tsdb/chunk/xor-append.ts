import { staleNanHigh, staleNanLow } from '../../model/stale-nan.ts'
import { putBits, putUvarint, putVarint, trailingZeros } from './bit-writing.ts'
import { lineDouble, lineWord, noLeading } from './xor-line.ts'

/** The longest one sample can be: 4 + 64 bits of time, 2 + 5 + 6 + 64 bits of value, rounded up. */
export const sampleBytesMax = 24

/**
 * How many bits the next sample of a chunk takes at most, by what it has in common with the newest
 * one: chunks whose slots fit would be moved far too early by the longest that there is.
 */
export function sampleBitsMax(samples: number, isSamePace: boolean, isSameValue: boolean): number {
  const timeBits = isSamePace ? 1 : 4 + 64
  return (samples < 2 ? uvarintBitsMax : timeBits) + (isSameValue ? 1 : 2 + 5 + 6 + 64)
}

/** The first time is one, too. */
const uvarintBitsMax = 80

/**
 * Appends one sample to an open XOR chunk: the bits behind the two bytes of the sample count
 * (tsdb/docs/format/chunks.md). `words` and `doubles` see the same line, from `word` and `double`
 * on; `view` has room for sampleBitsMax() behind the bits written, in whole words of four bytes from
 * its beginning, and zeros there.
 */
export function appendXor(
  words: Uint32Array,
  word: number,
  doubles: Float64Array,
  double: number,
  view: DataView,
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
    bit = putVarint(view, bit, timestampMs)
    putBits(view, bit, valueHigh, 32)
    putBits(view, bit + 32, valueLow, 32)
    bit += 64
    window = noLeading
    doubles[double + lineDouble.minTimeMs] = timestampMs
    doubles[double + lineDouble.deltaMs] = 0
  } else {
    const delta = timestampMs - (doubles[double + lineDouble.timestampMs] ?? 0)
    const doubled = delta - (doubles[double + lineDouble.deltaMs] ?? 0)
    if (samples === 1) bit = putUvarint(view, bit, delta)
    else if (doubled === 0) bit++
    else bit = putDoubleDelta(view, bit, doubled)
    doubles[double + lineDouble.deltaMs] = delta
    const high = valueHigh ^ (words[word + lineWord.valueHigh] ?? 0)
    const low = valueLow ^ (words[word + lineWord.valueLow] ?? 0)
    if ((high | low) === 0) bit++
    else {
      const before = window
      window = windowFor(high, low, before)
      bit = putDifference(view, bit, high, low, window, window === before)
    }
  }
  words[word + lineWord.valueHigh] = valueHigh
  words[word + lineWord.valueLow] = valueLow
  doubles[double + lineDouble.timestampMs] = timestampMs
  words[word + lineWord.bits] = bit - start
  words[word + lineWord.counts] = (window << 16) | (samples + 1)
}

/**
 * The same of samples `from` to `to`, to a chunk that has one at least, as long as each is newer than
 * the one before and no stale marker, comes before `cutAtMs`, begins before `bitsEnd` and fits into
 * `bitsRoom`. Answers where that ends: what the line says is read and written once for all of them.
 */
export function appendXorRun(
  words: Uint32Array,
  word: number,
  doubles: Float64Array,
  double: number,
  view: DataView,
  byteStart: number,
  timestampsMs: Float64Array,
  halves: Uint32Array,
  from: number,
  to: number,
  bitsEnd: number,
  bitsRoom: number,
): number {
  const start = byteStart * 8
  const end = start + bitsEnd
  const room = start + bitsRoom
  const cutAtMs = doubles[double + lineDouble.cutAtMs] ?? 0
  const counts = words[word + lineWord.counts] ?? 0
  let samples = counts & 0xffff
  let window = counts >>> 16
  let bit = start + (words[word + lineWord.bits] ?? 0)
  let newestMs = doubles[double + lineDouble.timestampMs] ?? 0
  let delta = doubles[double + lineDouble.deltaMs] ?? 0
  let newestHigh = words[word + lineWord.valueHigh] ?? 0
  let newestLow = words[word + lineWord.valueLow] ?? 0
  let index = from
  for (; index < to; index++) {
    const timestampMs = timestampsMs[index] ?? 0
    if (!(timestampMs > newestMs) || timestampMs >= cutAtMs || bit >= end) break
    const valueLow = halves[index * 2] ?? 0
    const valueHigh = halves[index * 2 + 1] ?? 0
    if (valueHigh === staleNanHigh && valueLow === staleNanLow) break
    const newDelta = timestampMs - newestMs
    const high = valueHigh ^ newestHigh
    const low = valueLow ^ newestLow
    if (bit + sampleBitsMax(samples, newDelta === delta, (high | low) === 0) > room) break
    if (samples === 1) bit = putUvarint(view, bit, newDelta)
    else if (newDelta === delta) bit++
    else bit = putDoubleDelta(view, bit, newDelta - delta)
    if ((high | low) === 0) bit++
    else {
      const before = window
      window = windowFor(high, low, before)
      bit = putDifference(view, bit, high, low, window, window === before)
    }
    samples++
    delta = newDelta
    newestMs = timestampMs
    newestHigh = valueHigh
    newestLow = valueLow
  }
  if (index === from) return from
  words[word + lineWord.valueHigh] = newestHigh
  words[word + lineWord.valueLow] = newestLow
  doubles[double + lineDouble.deltaMs] = delta
  doubles[double + lineDouble.timestampMs] = newestMs
  words[word + lineWord.bits] = bit - start
  words[word + lineWord.counts] = (window << 16) | samples
  return index
}

/** Leading zeros and, 8 bits up, trailing ones that a difference is written within: those of before if it fits. */
function windowFor(high: number, low: number, before: number): number {
  const leading = Math.min(high === 0 ? 32 + Math.clz32(low) : Math.clz32(high), 31)
  const trailing = low === 0 ? 32 + trailingZeros(high) : trailingZeros(low)
  const oldLeading = before & 0xff
  const fits = oldLeading !== noLeading && leading >= oldLeading && trailing >= before >>> 8
  return fits ? before : leading | (trailing << 8)
}

/**
 * Up to 77 bits, of which the difference without its leading zeros is laid behind a prefix, and both
 * behind what stands in the word there: no branch hangs on how many they are, which nobody foretells.
 */
function putDifference(
  view: DataView,
  bit: number,
  high: number,
  low: number,
  window: number,
  isOfBefore: boolean,
): number {
  const leading = window & 0xff
  const significant = 64 - leading - (window >>> 8)
  const prefixBits = isOfBefore ? 2 : 13
  // 64 significant bits do not fit the six bits of the count: they are written as zero.
  const fresh = (0b11 << 30) | (leading << 25) | ((significant & 0x3f) << 19)
  const prefix = isOfBefore ? 0b10 << 30 : fresh
  const first = (high << leading) | ((low >>> 1) >>> (31 - leading))
  const second = low << leading
  const one = prefix | (first >>> prefixBits)
  const two = (first << (32 - prefixBits)) | (second >>> prefixBits)
  const three = second << (32 - prefixBits)
  const at = (bit >>> 5) * 4
  const used = bit & 31
  const behind = 31 - used
  view.setInt32(at, view.getInt32(at) | (one >>> used))
  view.setInt32(at + 4, ((one << 1) << behind) | (two >>> used))
  view.setInt32(at + 8, ((two << 1) << behind) | (three >>> used))
  const count = prefixBits + significant
  if (used + count > 96) view.setInt32(at + 12, (three << 1) << behind)
  return bit + count
}

/** Prefix and width of the sizes of a difference of differences that is not zero. */
function putDoubleDelta(view: DataView, bit: number, doubled: number): number {
  if (doubled >= -8191 && doubled <= 8192) {
    putBits(view, bit, (0b10 << 14) | (doubled & 0x3fff), 16)
    return bit + 16
  }
  if (doubled >= -65535 && doubled <= 65536) {
    putBits(view, bit, (0b110 << 17) | (doubled & 0x1ffff), 20)
    return bit + 20
  }
  if (doubled >= -524287 && doubled <= 524288) {
    putBits(view, bit, (0b1110 << 20) | (doubled & 0xfffff), 24)
    return bit + 24
  }
  putBits(view, bit, 0b1111, 4)
  putBits(view, bit + 4, Math.floor(doubled / 2 ** 32), 32)
  putBits(view, bit + 36, doubled, 32)
  return bit + 68
}
