const splitter = 2 ** 27 + 1

/**
 * x * y + z, rounded once. The product is split into two doubles without loss (Dekker), the sum too (Knuth);
 * what both leave over is added last. That misses the right rounding only where the remainders, themselves
 * rounded, come to half a unit by chance, once in some 2^50. For magnitudes below 2^990.
 */
export function fused(x: number, y: number, z: number): number {
  const product = x * y
  const xHigh = highHalf(x)
  const xLow = x - xHigh
  const yHigh = highHalf(y)
  const yLow = y - yHigh
  const productRest = xLow * yLow - (product - xHigh * yHigh - xLow * yHigh - xHigh * yLow)
  const sum = product + z
  const zShare = sum - product
  const sumRest = product - (sum - zShare) + (z - zShare)
  return sum + (sumRest + productRest)
}

function highHalf(x: number): number {
  const large = x * splitter
  return large - (large - x)
}
