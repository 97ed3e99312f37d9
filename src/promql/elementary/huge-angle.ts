import { exponentOf, mantissaOf } from './binary-exponent.ts'
import type { AngleRest } from './circular.ts'

const limbBits = 24
const limbSize = 2 ** limbBits
/** Limbs of the fraction that are looked at: after as many as 64 zeros 53 digits are still right. */
const fractionLimbs = 8

/** 4 / pi in limbs of 24 bits, the first of which is 1: as many binary digits as the largest double needs. */
const digits = (
  '000001' +
  '45f306dc9c882a53f84eafa3ea69bb81b6c52b3278872083fca2c757bd778ac36e48dc74849ba5c00c925dd413a32439' +
  'fc3bd63962534e7dd1046bea5d768909d338e04d68befc827323ac7306a673e93908bf177bf250763ff12fffbc0b301f' +
  'de5e2316b414da3eda6cfd9e4f96136e9e8c7ecd3cbfd45aea4f758fd7cbe2f67a0e73ef14a525d4d7f6bf623f1aba10' +
  'ac06608df8f6d75700'
).match(/.{6}/g)
const eighthsOfRadian = Uint32Array.from(digits ?? [], (limb) => Number.parseInt(limb, 16))

/**
 * An angle that is so large that its eighths of a turn need all digits of pi (Payne and Hanek). The angle is
 * positive, finite and at least 1.
 */
export function angleRestOf(angle: number): AngleRest {
  const limbs = eighthsOf(angle)
  const whole = (limbs[0] ?? 0) % 8
  const fraction = cutFraction(limbs)
  const isOdd = whole % 2 === 1
  return {
    eighths: isOdd ? (whole + 1) % 8 : whole,
    rest: (isOdd ? fraction - 1 : fraction) * (Math.PI / 4),
  }
}

/** angle * 4 / pi: the lowest limb of the whole number, then those of the fraction. */
function eighthsOf(angle: number): Uint32Array {
  const exponent = exponentOf(angle)
  const power = exponent - 53
  const limbPower = Math.floor(power / limbBits)
  // Up to 77 bits, so that the point falls between two limbs.
  let left = mantissaOf(angle, exponent) * 2 ** 53 * 2 ** (power - limbPower * limbBits)
  const factor = new Float64Array(4)
  for (let index = 0; index < factor.length; index++) {
    factor[index] = left % limbSize
    left = Math.floor(left / limbSize)
  }
  const limbs = new Uint32Array(fractionLimbs + 1)
  let carry = 0
  for (let place = fractionLimbs; place >= 0; place--) {
    let sum = carry
    for (let index = 0; index < factor.length; index++) {
      sum += (factor[index] ?? 0) * (eighthsOfRadian[index + limbPower + place] ?? 0)
    }
    limbs[place] = sum % limbSize
    carry = Math.floor(sum / limbSize)
  }
  return limbs
}

/** The first 53 binary digits of the limbs behind the first, not rounded. */
function cutFraction(limbs: Uint32Array): number {
  let fraction = 0
  let digitsLeft = 53
  for (let place = 1; place < limbs.length && digitsLeft > 0; place++) {
    const limb = limbs[place] ?? 0
    const length = fraction === 0 ? 32 - Math.clz32(limb) : limbBits
    const cut = Math.max(0, length - digitsLeft)
    fraction += ((limb >>> cut) << cut) * limbSize ** -place
    digitsLeft -= length
  }
  return fraction
}
