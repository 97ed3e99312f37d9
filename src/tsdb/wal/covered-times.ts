/**
 * By series ref, before when samples need not be read, in whole seconds behind `firstTimeMs`; 0 = none
 * are known. It only grows.
 */
export interface CoveredTimes {
  readonly firstRef: number
  readonly firstTimeMs: number
  readonly seconds: Int32Array
}

/** For the refs `firstRef` to `lastRef`. */
export function newCoveredTimes(
  firstRef: number,
  lastRef: number,
  firstTimeMs: number,
): CoveredTimes {
  return { firstRef, firstTimeMs, seconds: new Int32Array(lastRef - firstRef + 1) }
}

/** Whatever the ref has before `timeMs` need not be read. */
export function coverUntil(covered: CoveredTimes, ref: number, timeMs: number): void {
  const { firstRef, firstTimeMs, seconds } = covered
  const whole = Math.floor((timeMs - firstTimeMs) / 1_000)
  seconds[ref - firstRef] = Math.max(0, Math.min(whole, 0x7fffffff))
}

/** Before which time the ref's samples need not be read; -Infinity where all of them must be. */
export function coveredUntil(covered: CoveredTimes, ref: number): number {
  const known = covered.seconds[ref - covered.firstRef] ?? 0
  return known > 0 ? covered.firstTimeMs + known * 1_000 : Number.NEGATIVE_INFINITY
}
