import { exp2 } from '../elementary/exponential.ts'
import { log2 } from '../elementary/logarithm.ts'

/**
 * The share of a bucket's observations at or below a value between its finite bounds: as if they
 * were spread evenly, or as if they filled the buckets of a finer schema evenly.
 */
export function shareBelow(value: number, lower: number, upper: number, linear: boolean): number {
  if (linear) return (value - lower) / (upper - lower)
  const logLower = log2(Math.abs(lower))
  const logUpper = log2(Math.abs(upper))
  const log = log2(Math.abs(value))
  return value > 0
    ? (log - logLower) / (logUpper - logLower)
    : 1 - (log - logUpper) / (logLower - logUpper)
}

/** The value that a share of the observations of an exponential bucket lies at or below. */
export function exponentialValue(share: number, lower: number, upper: number): number {
  const logLower = log2(Math.abs(lower))
  const logUpper = log2(Math.abs(upper))
  return lower > 0
    ? exp2(logLower + (logUpper - logLower) * share)
    : -exp2(logUpper + (logLower - logUpper) * (1 - share))
}
