import { staleNanHigh, staleNanLow } from '../../model/stale-nan.ts'
import { putBits, putHalves, putUvarint, putVarint } from './bit-writing.ts'
import { StartWriter } from './start-column.ts'
import { putXor, type XorForm, xor2Form, xor2JointForm } from './varbit-writing.ts'
import { lineDouble, lineWord, noLeading } from './xor-line.ts'

/** 5 + 64 bits of time, 3 + 11 + 64 of value, 72 of start; the first sample's are fewer. */
export const xor2SampleBytesMax = 30

/** Bits of the start timestamps' header, which stands before the first sample. */
const headerBits = 8

// Used within one call only.
const starts = new StartWriter()
const windows = new Uint16Array(1)

/**
 * Appends one sample to an open XOR2 chunk (FEATURES T6.3): time and value share a prefix, a stale
 * marker takes no value's bits. As appendXor, but that the line's value is the last one that was not
 * stale, and that `byteStart` is where the header of the start timestamps is, which is among the bits.
 * `previousStartMs` is the start that the newest sample was appended with, 0 for none. Bits of the
 * header that are set later concern later samples only: who has a part of the chunk passes over them.
 */
export function appendXor2(
  words: Uint32Array,
  word: number,
  doubles: Float64Array,
  double: number,
  view: DataView,
  byteStart: number,
  timestampMs: number,
  previousStartMs: number,
  startMs: number,
  valueHigh: number,
  valueLow: number,
): void {
  const counts = words[word + lineWord.counts] ?? 0
  const samples = counts & 0xffff
  const origin = byteStart * 8
  const isStale = valueHigh === staleNanHigh && valueLow === staleNanLow
  const previousMs = doubles[double + lineDouble.timestampMs] ?? 0
  let bit = origin + (words[word + lineWord.bits] ?? 0)
  if (samples === 0) {
    starts.clear()
    windows[0] = noLeading
    bit = putHalves(view, putVarint(view, origin + headerBits, timestampMs), valueHigh, valueLow)
    bit = starts.putFirst(view, bit, timestampMs, startMs)
    doubles[double + lineDouble.minTimeMs] = timestampMs
    doubles[double + lineDouble.deltaMs] = 0
    words[word + lineWord.valueHigh] = isStale ? 0 : valueHigh
    words[word + lineWord.valueLow] = isStale ? 0 : valueLow
  } else {
    const deltaBeforeMs = doubles[double + lineDouble.deltaMs] ?? 0
    const deltaMs = timestampMs - previousMs
    windows[0] = counts >>> 16
    const high = valueHigh ^ (words[word + lineWord.valueHigh] ?? 0)
    const low = valueLow ^ (words[word + lineWord.valueLow] ?? 0)
    if (samples === 1) {
      bit = putValue(view, putUvarint(view, bit, deltaMs), high, low, isStale)
    } else bit = putJoint(view, bit, deltaMs - deltaBeforeMs, high, low, isStale)
    starts.resume(view.getUint8(byteStart), previousStartMs, previousMs - deltaBeforeMs)
    bit = starts.put(view, bit, samples, previousMs, startMs)
    doubles[double + lineDouble.deltaMs] = deltaMs
    if (!isStale) {
      words[word + lineWord.valueHigh] = valueHigh
      words[word + lineWord.valueLow] = valueLow
    }
  }
  view.setUint8(byteStart, starts.header)
  doubles[double + lineDouble.timestampMs] = timestampMs
  words[word + lineWord.bits] = bit - origin
  words[word + lineWord.counts] = ((windows[0] ?? 0) << 16) | (samples + 1)
}

function putJoint(
  view: DataView,
  bit: number,
  doubled: number,
  high: number,
  low: number,
  isStale: boolean,
): number {
  if (doubled === 0) {
    if (!isStale) return putChange(view, bit, xor2JointForm, high, low)
    putBits(view, bit, 0b11111, 5)
    return bit + 5
  }
  if (doubled >= -4_096 && doubled <= 4_095) {
    putBits(view, bit, (0b110 << 13) | (doubled & 0x1fff), 16)
    return putValue(view, bit + 16, high, low, isStale)
  }
  if (doubled >= -524_288 && doubled <= 524_287) {
    putBits(view, bit, (0b1110 << 20) | (doubled & 0xfffff), 24)
    return putValue(view, bit + 24, high, low, isStale)
  }
  putBits(view, bit, 0b11110, 5)
  const end = putHalves(view, bit + 5, Math.floor(doubled / 2 ** 32), doubled)
  return putValue(view, end, high, low, isStale)
}

function putValue(
  view: DataView,
  bit: number,
  high: number,
  low: number,
  isStale: boolean,
): number {
  if (!isStale) return putChange(view, bit, xor2Form, high, low)
  putBits(view, bit, 0b111, 3)
  return bit + 3
}

function putChange(view: DataView, bit: number, form: XorForm, high: number, low: number): number {
  return putXor(view, bit, form, high, low, windows, 0)
}
