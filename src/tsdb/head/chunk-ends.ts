/** The end of the range that a time is in; Go's division cuts towards zero. */
export function rangeEnd(timestampMs: number, rangeMs: number): number {
  return Math.trunc(timestampMs / rangeMs) * rangeMs + rangeMs
}

/**
 * Where a chunk will end that should be cut evenly before `latestMs`, from the pace of its first
 * part, of which it takes `parts` to fill it: the last of several chunks of one range would else be
 * a stub (upstream's computeChunkEndTime).
 */
export function estimatedEnd(
  startMs: number,
  newestMs: number,
  latestMs: number,
  parts: number,
): number {
  const chunks = (latestMs - startMs) / ((newestMs - startMs + 1) * parts)
  if (chunks <= 1) return latestMs
  return Math.trunc(startMs + (latestMs - startMs) / Math.floor(chunks))
}
