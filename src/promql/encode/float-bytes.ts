import { jsonFloatText } from '../../model/float-text.ts'

/** The longest text of a float is 25 bytes: -1.2345678901234567e-308 and its like. */
export const floatBytesMax = 32

const minus = 0x2d
const zero = 0x30
const point = 0x2e

/**
 * Writes a sample value as upstream's JSON has it (row Q12.9): the shortest digits that read back
 * as the same float; with an exponent of at least two digits below 1e-6 and from 1e21 on; NaN,
 * +Inf, -Inf. `into` has room for floatBytesMax; answers the end. The twin of the kernel float-text.
 */
export function writeFloat(value: number, into: Uint8Array, at: number): number {
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) return writeInteger(value, into, at)
  const absolute = Math.abs(value)
  if (absolute > 0 && absolute < shortMax) {
    const thousandths = Math.round(absolute * 1e3)
    if (thousandths / 1e3 === absolute) return writeShort(value < 0, thousandths, 3, into, at)
    const millionths = Math.round(absolute * 1e6)
    if (millionths / 1e6 === absolute) return writeShort(value < 0, millionths, 6, into, at)
  }
  return writeAscii(jsonFloatText(value), into, at)
}

/** Below it a million times the value has at most 15 digits. */
const shortMax = 1e9

/**
 * A float, no whole number, that is the nearest one to digits / 10^decimals, where there are at most 15 digits: they
 * are the shortest then, since of all numbers of so few digits no two have the same nearest float.
 */
function writeShort(
  isNegative: boolean,
  digits: number,
  decimals: number,
  into: Uint8Array,
  at: number,
): number {
  const scale = decimals === 3 ? 1e3 : 1e6
  const whole = Math.floor(digits / scale)
  let fraction = digits - whole * scale
  let end = at
  if (isNegative) into[end++] = minus
  end = writeInteger(whole, into, end)
  into[end++] = point
  let length = decimals
  for (let quotient = fraction / 10; Number.isInteger(quotient); quotient = fraction / 10) {
    fraction = quotient
    length--
  }
  for (let place = end + length - 1; place >= end; place--) {
    const quotient = Math.floor(fraction / 10)
    into[place] = zero + (fraction - quotient * 10)
    fraction = quotient
  }
  return end + length
}

/** Whole numbers within the safe integers, in decimal. */
function writeInteger(value: number, into: Uint8Array, at: number): number {
  let rest = value
  let start = at
  if (rest < 0) {
    into[start++] = minus
    rest = -rest
  }
  let end = start + digitsOf(rest)
  const after = end
  do {
    const quotient = Math.floor(rest / 10)
    into[--end] = zero + (rest - quotient * 10)
    rest = quotient
  } while (rest > 0)
  return after
}

function digitsOf(value: number): number {
  let digits = 1
  for (let bound = 10; value >= bound; bound *= 10) digits++
  return digits
}

export function writeAscii(text: string, into: Uint8Array, at: number): number {
  for (let index = 0; index < text.length; index++) into[at + index] = text.charCodeAt(index)
  return at + text.length
}

/** Milliseconds as seconds with three decimals where they are not whole, as upstream writes them. */
export function writeSeconds(timeMs: number, into: Uint8Array, at: number): number {
  const absoluteMs = Math.abs(timeMs)
  const fraction = absoluteMs % 1000
  let end = at
  if (timeMs < 0) into[end++] = minus
  end = writeInteger((absoluteMs - fraction) / 1000, into, end)
  if (fraction === 0) return end
  into[end++] = point
  into[end++] = zero + Math.floor(fraction / 100)
  into[end++] = zero + (Math.floor(fraction / 10) % 10)
  into[end++] = zero + (fraction % 10)
  return end
}

/** The same of a time that is beyond the safe integers. */
export function exactSecondsText(timeMs: bigint): string {
  const absoluteMs = timeMs < 0n ? -timeMs : timeMs
  const fraction = absoluteMs % 1000n
  const sign = timeMs < 0n ? '-' : ''
  const decimals = fraction === 0n ? '' : `.${String(fraction).padStart(3, '0')}`
  return `${sign}${absoluteMs / 1000n}${decimals}`
}
