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
  const threshold = average * 1.1
  let toStart = (firstMs - startMs) / 1000
  let toEnd = (endMs - lastMs) / 1000
  if (toStart >= threshold) toStart = average / 2
  const toZero = interval * firstByIncrease
  if (toZero < toStart) toStart = toZero
  if (toEnd >= threshold) toEnd = average / 2
  return interval === 0 ? 1 : (interval + toStart + toEnd) / interval
}
