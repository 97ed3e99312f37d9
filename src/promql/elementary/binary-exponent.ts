const float = new Float64Array(1)
/** The low and the high half, as every platform that Node runs on has them. */
const halves = new Uint32Array(float.buffer)

const smallestNormal = 2 ** -1_022
const leastPower = -1_074
const mostPower = 1_023

/** All powers of two that are doubles: to look one up is a fifth of making it from bits. */
const powersOfTwo = new Float64Array(mostPower - leastPower + 1)
for (let index = 0, power = 2 ** leastPower; index < powersOfTwo.length; index++, power *= 2) {
  powersOfTwo[index] = power
}

function powerOfTwo(exponent: number): number {
  return powersOfTwo[exponent - leastPower] ?? 0
}

/** e of x = m * 2^e with m in [0.5, 1), for a finite x that is not 0. */
export function exponentOf(x: number): number {
  if (Math.abs(x) < smallestNormal) return exponentOf(x * 2 ** 53) - 53
  float[0] = x
  return (((halves[1] ?? 0) >>> 20) & 0x7ff) - 1_022
}

/** m of x = m * 2^e with m in [0.5, 1), where e is what `exponentOf` says of x. */
export function mantissaOf(x: number, exponent: number): number {
  if (exponent < -1_021) return x * 2 ** 53 * powerOfTwo(-exponent - 53)
  return x * powerOfTwo(-exponent)
}

/** x * 2^exponent, rounded once, even where the answer is subnormal. */
export function scaled(x: number, exponent: number): number {
  if (x === 0 || !Number.isFinite(x)) return x
  const own = exponentOf(x)
  const sum = own + exponent
  if (sum > 1_024) return x < 0 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  if (sum < -1_075) return x < 0 ? -0 : 0
  const mantissa = mantissaOf(x, own)
  // Twice the mantissa, so that 2^1023 is enough; a subnormal's only rounding is the last product.
  if (sum > -1_022) return mantissa * 2 * powerOfTwo(sum - 1)
  return mantissa * powerOfTwo(sum + 53) * 2 ** -53
}
