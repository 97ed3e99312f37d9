/**
 * Writing numbers into bits, from any bit on. Each function answers the bit behind what it wrote.
 * The view has eight bytes of room behind them, and zeros there.
 */

/**
 * The low `count` bits of `value`, count from 1 to 32, four bytes at a time; what is above them is
 * cut off. Bits that were there are written as they were, so a reader of them notices nothing.
 */
export function putBits(view: DataView, bit: number, value: number, count: number): void {
  const at = bit >>> 3
  const shift = bit & 7
  const aligned = value << (32 - count)
  view.setInt32(at, view.getInt32(at) | (aligned >>> shift))
  if (shift + count > 32) view.setUint8(at + 4, aligned << (8 - shift))
}

/** 64 bits, as two halves. */
export function putHalves(view: DataView, bit: number, high: number, low: number): number {
  putBits(view, bit, high, 32)
  putBits(view, bit + 32, low, 32)
  return bit + 64
}

/** The `count` bits of high:low that begin `shift` bits from its end. */
export function putShifted(
  view: DataView,
  bit: number,
  high: number,
  low: number,
  shift: number,
  count: number,
): number {
  const lowPart = lowBits(high, low, shift)
  if (count <= 32) {
    putBits(view, bit, lowPart, count)
    return bit + count
  }
  // More than 32 bits begin in the lower half.
  putBits(view, bit, high >>> shift, count - 32)
  putBits(view, bit + count - 32, lowPart, 32)
  return bit + count
}

/** The lowest 32 bits of high:low without its last `shift`. */
function lowBits(high: number, low: number, shift: number): number {
  if (shift === 0) return low
  return shift < 32 ? (low >>> shift) | (high << (32 - shift)) : high >>> (shift - 32)
}

export function putUvarint(view: DataView, bit: number, value: number): number {
  let rest = value
  let at = bit
  while (rest >= 128) {
    putBits(view, at, (rest % 128) | 0x80, 8)
    rest = Math.floor(rest / 128)
    at += 8
  }
  putBits(view, at, rest, 8)
  return at + 8
}

/** Go's zigzag form; the doubled number may pass 2^53, so its lowest bits are made apart. */
export function putVarint(view: DataView, bit: number, value: number): number {
  const sign = value < 0 ? 1 : 0
  const magnitude = sign === 1 ? -value - 1 : value
  const low = (magnitude % 64) * 2 + sign
  if (magnitude < 64) {
    putBits(view, bit, low, 8)
    return bit + 8
  }
  putBits(view, bit, low | 0x80, 8)
  return putUvarint(view, bit + 8, Math.floor(magnitude / 64))
}

export function trailingZeros(value: number): number {
  return 31 - Math.clz32(value & -value)
}
