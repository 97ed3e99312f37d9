/**
 * By what the increase between the first and the last of `count` samples of a window is multiplied
 * to be that of the whole window (row Q5.1): as far as its edges where a sample is near (1.1 times
 * the average interval), else by half an interval; of a counter at most back to where it was zero,
 * which `firstByIncrease`, its first value divided by the increase, tells (infinity: no such limit).
 */
export function extrapolationFactor(
  firstMs: number,
  lastMs: number,
  count: number,
  startMs: number,
  endMs: number,
  firstByIncrease: number,
): number {
  const interval = (lastMs - firstMs) / 1000
  const average = interval / (count - 1)
  const toZero = interval * firstByIncrease
  let toStart = secondsToEdge(firstMs - startMs, average)
  // Not Math.min: no samples at all make it a NaN, which limits nothing.
  if (toZero < toStart) toStart = toZero
  return stretched(interval, toStart, secondsToEdge(endMs - lastMs, average))
}

/** How far it is extrapolated to an edge that is so far from the sample next to it. */
export function secondsToEdge(gapMs: number, average: number): number {
  const seconds = gapMs / 1000
  return seconds >= average * 1.1 ? average / 2 : seconds
}

/** The factor that makes an interval so much longer at both ends; all in seconds. */
export function stretched(interval: number, toStart: number, toEnd: number): number {
  return interval === 0 ? 1 : (interval + toStart + toEnd) / interval
}
