import { putBits, putHalves, putShifted, trailingZeros } from './bit-writing.ts'
import { noLeading } from './xor-line.ts'

/**
 * The variable-width numbers of histogram chunks and of start timestamps (`varbit_int`,
 * `varbit_uint` in tsdb/docs/format/chunks.md): a run of ones says which of these widths follows.
 */
export const varbitSizes = Uint8Array.of(0, 3, 6, 9, 12, 18, 25, 56, 64)

/** A whole number that a double holds exactly. */
export function putVarbitInt(view: DataView, bit: number, value: number): number {
  if (value === 0) return bit + 1
  // The middle value of each width is positive: 3 bits reach from -3 to 4.
  const ones = onesOf(value > 0 ? value - 1 : -value)
  return putSized(view, bit, ones, Math.floor(value / 2 ** 32), value)
}

export function putVarbitUint(view: DataView, bit: number, value: number): number {
  if (value === 0) return bit + 1
  return putSized(view, bit, onesOf(Math.floor(value / 2)), Math.floor(value / 2 ** 32), value)
}

/**
 * The difference between two differences of three numbers up to 2^54, exactly, though it may be
 * beyond 2^53: then a double is near it, and its lower half is known from the numbers' lower halves.
 */
export function putDoubleDelta(
  view: DataView,
  bit: number,
  value: number,
  previous: number,
  beforePrevious: number,
): number {
  const delta = value - previous
  const deltaBefore = previous - beforePrevious
  const near = delta - deltaBefore
  const exactMax = 2 ** 52
  if (Math.abs(delta) <= exactMax && Math.abs(deltaBefore) <= exactMax) {
    return putVarbitInt(view, bit, near)
  }
  const low = ((value | 0) - 2 * (previous | 0) + (beforePrevious | 0)) >>> 0
  const high = Math.round((near - low) / 2 ** 32)
  const exact = high * 2 ** 32 + low
  if (Math.abs(exact) <= exactMax) return putVarbitInt(view, bit, exact)
  return putSized(view, bit, onesOf(exact > 0 ? exact - 1 : -exact), high, low)
}

function onesOf(magnitude: number): number {
  if (magnitude < 4) return 1
  if (magnitude < 32) return 2
  if (magnitude < 256) return 3
  if (magnitude < 2_048) return 4
  if (magnitude < 131_072) return 5
  if (magnitude < 2 ** 24) return 6
  return magnitude < 2 ** 55 ? 7 : 8
}

function putSized(view: DataView, bit: number, ones: number, high: number, low: number): number {
  if (ones === 8) {
    putBits(view, bit, 0xff, 8)
    return putHalves(view, bit + 8, high, low)
  }
  if (ones === 7) {
    putBits(view, bit, (0xfe << 24) | (high & 0xffffff), 32)
    putBits(view, bit + 32, low, 32)
    return bit + 64
  }
  const size = varbitSizes[ones] ?? 0
  const prefix = ((1 << ones) - 1) << (size + 1)
  putBits(view, bit, prefix | (low & ((1 << size) - 1)), ones + 1 + size)
  return bit + ones + 1 + size
}

/** How a chunk says whether the window of significant bits is the one before or a new one. */
export interface XorForm {
  readonly reuse: number
  readonly reuseBits: number
  readonly fresh: number
  readonly freshBits: number
}

/** XOR chunks and the floats of histograms. */
export const xorForm: XorForm = { reuse: 0b10, reuseBits: 2, fresh: 0b11, freshBits: 2 }
/** XOR2, after a time that is not where it was expected. */
export const xor2Form: XorForm = { reuse: 0b10, reuseBits: 2, fresh: 0b110, freshBits: 3 }
/** XOR2, with the two bits in front that say that only the value changed. */
export const xor2JointForm: XorForm = { reuse: 0b100, reuseBits: 3, fresh: 0b101, freshBits: 3 }

/**
 * high:low is what a float and its predecessor differ in. windows[index] are the leading (low
 * byte) and trailing zeros of the last window, noLeading at first.
 */
export function putXor(
  view: DataView,
  bit: number,
  form: XorForm,
  high: number,
  low: number,
  windows: Uint16Array,
  index: number,
): number {
  if ((high | low) === 0) return bit + 1
  const leading = Math.min(high === 0 ? 32 + Math.clz32(low) : Math.clz32(high), 31)
  const trailing = low === 0 ? 32 + trailingZeros(high) : trailingZeros(low)
  const window = windows[index] ?? noLeading
  const oldLeading = window & 0xff
  const oldTrailing = window >>> 8
  if (oldLeading !== noLeading && leading >= oldLeading && trailing >= oldTrailing) {
    putBits(view, bit, form.reuse, form.reuseBits)
    return putShifted(
      view,
      bit + form.reuseBits,
      high,
      low,
      oldTrailing,
      64 - oldLeading - oldTrailing,
    )
  }
  windows[index] = leading | (trailing << 8)
  const significant = 64 - leading - trailing
  // 64 significant bits do not fit the six bits of the count: they are written as zero.
  const header = (form.fresh << 11) | (leading << 6) | (significant & 0x3f)
  putBits(view, bit, header, form.freshBits + 11)
  return putShifted(view, bit + form.freshBits + 11, high, low, trailing, significant)
}
