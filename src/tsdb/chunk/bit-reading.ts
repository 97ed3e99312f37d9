import { varbitSizes } from './varbit-writing.ts'

/** 32 bits from any bit on, as a signed number. */
export function peekBits(view: DataView, bit: number): number {
  const shift = bit & 7
  const at = bit >>> 3
  return (view.getInt32(at) << shift) | (view.getUint8(at + 4) >>> (8 - shift))
}

/** What a shift by `count` (0 to 31) moves out of the lower half. */
export function upperHalf(bits: number, count: number): number {
  return count === 0 ? 0 : bits >>> (32 - count)
}

/** The lower 32 of the 64 bits first:second, `cut` (0 to 31) bits from their end. */
export function lowerHalf(first: number, second: number, cut: number): number {
  return cut === 0 ? second : (second >>> cut) | (first << (32 - cut))
}

/** How long the varbit number is that begins with these 32 bits. */
export function varbitWidth(peek: number): number {
  const ones = Math.clz32(~peek)
  return ones < 8 ? ones + 1 + (varbitSizes[ones] ?? 0) : 72
}

/**
 * The signed varbit number at `bit`, of which the first 32 bits are `peek`; they hold all but the
 * two longest forms. Beyond 2^53 the answer is a rounded one.
 */
export function varbitInt(view: DataView, bit: number, peek: number): number {
  const ones = Math.clz32(~peek)
  if (ones > 6) return longVarbit(view, bit, ones)
  if (ones === 0) return 0
  const size = varbitSizes[ones] ?? 0
  const value = (peek << (ones + 1)) >>> (32 - size)
  return value > 1 << (size - 1) ? value - (1 << size) : value
}

function longVarbit(view: DataView, bit: number, ones: number): number {
  const low = peekBits(view, bit + (ones === 7 ? 32 : 40)) >>> 0
  if (ones > 7) return peekBits(view, bit + 8) * 2 ** 32 + low
  const high = peekBits(view, bit) & 0xffffff
  // 2^55 itself is positive.
  return high > 0x800000 || (high === 0x800000 && low > 0)
    ? (high - 0x1000000) * 2 ** 32 + low
    : high * 2 ** 32 + low
}

/** The window of significant bits of each of several floats, while they are read. */
export interface XorWindows {
  readonly trailing: Uint8Array
  readonly significant: Uint8Array
}

/**
 * Reads what float `index` differs in from its predecessor, which stands in `halves` (low half
 * first) and is replaced; `peek` are the bits at `bit`, the first of them set. Answers the bit behind.
 */
export function readXor(
  view: DataView,
  bit: number,
  peek: number,
  halves: Uint32Array,
  windows: XorWindows,
  index: number,
): number {
  let at = bit + 2
  let significant = windows.significant[index] ?? 64
  let trailing = windows.trailing[index] ?? 0
  if ((peek & 0x40000000) !== 0) {
    // 64 significant bits are written as zero.
    significant = (peek << 7) >>> 26 || 64
    trailing = 64 - ((peek << 2) >>> 27) - significant
    windows.significant[index] = significant
    windows.trailing[index] = trailing
    at += 11
  }
  return xorInto(view, at, significant, trailing, halves, index)
}

/** Turns the bits of a window around in float `index` of the halves; answers the bit behind. */
export function xorInto(
  view: DataView,
  bit: number,
  significant: number,
  trailing: number,
  halves: Uint32Array,
  index: number,
): number {
  const first = peekBits(view, bit)
  const low = index * 2
  if (significant <= 32) {
    const bits = first >>> (32 - significant)
    if (trailing >= 32) halves[low + 1] = (halves[low + 1] ?? 0) ^ (bits << (trailing - 32))
    else {
      halves[low] = (halves[low] ?? 0) ^ (bits << trailing)
      halves[low + 1] = (halves[low + 1] ?? 0) ^ upperHalf(bits, trailing)
    }
  } else {
    const cut = 64 - significant
    const lowBits = lowerHalf(first, peekBits(view, bit + 32), cut)
    halves[low] = (halves[low] ?? 0) ^ (lowBits << trailing)
    halves[low + 1] =
      (halves[low + 1] ?? 0) ^ ((first >>> cut) << trailing) ^ upperHalf(lowBits, trailing)
  }
  return bit + significant
}
