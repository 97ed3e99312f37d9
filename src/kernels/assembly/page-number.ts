// The numbers of exposition pages, from text to the bits of a double.

/** Powers of ten that a double holds exactly. */
const powers: usize = 1024
/** 128 bits of each power of five, upper half first. */
const fives: usize = 2048
const fivesFrom: i32 = -65
const fivesTo: i32 = 55

export const newline: u32 = 0x0a
export const space: u32 = 0x20
export const tab: u32 = 0x09

/** The latest number's bits. */
export let bits: u64 = 0

/** Once, before any number is read; the powers of five are the caller's. */
export function fillPowers(): void {
  let power: f64 = 1
  for (let index: usize = 0; index < 23; index++, power *= 10) store<f64>(powers + (index << 3), power)
}

// @ts-ignore: decorator
@inline
export function digitAt(at: usize): u32 {
  return <u32>load<u8>(at) - 0x30
}

/**
 * A float that ends before a blank or a line break, rounded as the format demands; where it ends, or
 * 0 for what the parser must read: anything but plain decimals, NaN and infinities.
 */
export function number(from: usize): usize {
  let at = from
  const isNegative = load<u8>(at) == 0x2d
  if (isNegative) at++
  const first = at
  let mantissa: u64 = 0
  let digit = digitAt(at)
  for (; digit < 10; digit = digitAt(++at)) mantissa = mantissa * 10 + digit
  let digits = at - first
  let scale: i32 = 0
  if (digit == <u32>0x2e - 0x30) {
    const point = ++at
    for (digit = digitAt(at); digit < 10; digit = digitAt(++at)) mantissa = mantissa * 10 + digit
    scale = <i32>(point - at)
    digits += at - point
  }
  if (digits == 0) return word(first, isNegative)
  // Nineteen digits fit into 64 bits.
  if (digits > 19) return 0
  if (digit == <u32>0x65 - 0x30) {
    const sign = load<u8>(++at)
    if (sign == 0x2d || sign == 0x2b) at++
    const exponentAt = at
    let exponent: i32 = 0
    for (digit = digitAt(at); digit < 10 && exponent < 1000; digit = digitAt(++at)) {
      exponent = exponent * 10 + <i32>digit
    }
    if (at == exponentAt) return 0
    scale += sign == 0x2d ? -exponent : exponent
  }
  if (!endsWord(at)) return 0
  if (mantissa == 0) {
    bits = <u64>isNegative << 63
    return at
  }
  // One operation on two numbers that doubles hold exactly is exact (Clinger).
  if (mantissa <= 9007199254740992 && scale <= 22 && scale >= -22) {
    const whole = <f64>mantissa
    const value =
      scale < 0
        ? whole / load<f64>(powers + (<usize>-scale << 3))
        : whole * load<f64>(powers + (<usize>scale << 3))
    bits = reinterpret<u64>(isNegative ? -value : value)
    return at
  }
  if (scale < fivesFrom || scale > fivesTo || !longDecimal(mantissa, scale)) return 0
  bits |= <u64>isNegative << 63
  return at
}

// @ts-ignore: decorator
@inline
function endsWord(at: usize): bool {
  const byte = <u32>load<u8>(at)
  return byte == newline || byte == space || byte == tab
}

/** NaN, Inf, +Inf, -Inf. */
function word(first: usize, isNegative: bool): usize {
  const isPlus = load<u8>(first) == 0x2b
  const at = isPlus ? first + 1 : first
  if (!endsWord(at + 3)) return 0
  const letters = load<u32>(at) & 0xffffff
  if (letters == 0x4e614e && !isPlus && !isNegative) bits = 0x7ff8000000000001
  else if (letters == 0x666e49) bits = isNegative ? 0xfff0000000000000 : 0x7ff0000000000000
  else return 0
  return at + 3
}

/** mantissa * 10^scale to bits, correctly rounded (Eisel and Lemire); false where that is not sure. */
function longDecimal(mantissa: u64, scale: i32): bool {
  const zeros = clz(mantissa)
  const shifted = mantissa << zeros
  const five = fives + (<usize>(scale - fivesFrom) << 4)
  multiply(shifted, load<u64>(five))
  let low = productLow
  let high = productHigh
  if ((high & 0x1ff) == 0x1ff) {
    multiply(shifted, load<u64>(five, 8))
    low += productHigh
    if (productHigh > low) high++
  }
  if (low == 0xffffffffffffffff && scale < -27) return false
  const upper = high >> 63
  let fraction = high >> (upper + 9)
  let exponent = <i64>((217706 * scale) >> 16) + 63 + <i64>upper - <i64>zeros + 1023
  // Exactly between two doubles the even one is right.
  const isHalf = low <= 1 && scale >= -4 && scale <= 23 && (fraction & 3) == 1
  if (isHalf && fraction << (upper + 9) == high) fraction &= ~1
  fraction = (fraction + (fraction & 1)) >> 1
  if (fraction >= <u64>2 << 52) {
    fraction = <u64>1 << 52
    exponent++
  }
  bits = (fraction & ~(<u64>1 << 52)) | (<u64>exponent << 52)
  return true
}

let productLow: u64 = 0
let productHigh: u64 = 0

// @ts-ignore: decorator
@inline
function multiply(a: u64, b: u64): void {
  const aLow = a & 0xffffffff
  const bLow = b & 0xffffffff
  const lowest = aLow * bLow
  const left = aLow * (b >> 32)
  const right = (a >> 32) * bLow
  const middle = (lowest >> 32) + (left & 0xffffffff) + (right & 0xffffffff)
  productLow = (lowest & 0xffffffff) | (middle << 32)
  productHigh = (a >> 32) * (b >> 32) + (left >> 32) + (right >> 32) + (middle >> 32)
}
