const unitsMs = [
  ['y', 365 * 86_400_000],
  ['w', 7 * 86_400_000],
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
] as const

const durationPattern = /^(\d+y)?(\d+w)?(\d+d)?(\d+h)?(\d+m(?!s))?(\d+s)?(\d+ms)?$/

/** Reads a duration as Prometheus writes it (1h30m); undefined for other text, and for nothing. */
export function parseDurationMs(text: string): number | undefined {
  const match = durationPattern.exec(text.trim())
  if (match === null || text.trim() === '') return undefined
  const totalMs = unitsMs.reduce(
    (sum, [, unitMs], index) => sum + Number.parseInt(match[index + 1] ?? '0', 10) * unitMs,
    0,
  )
  return totalMs > 0 ? totalMs : undefined
}

/** Writes a duration with Prometheus' units, largest first, years and weeks only where nothing is left over. */
export function durationText(durationMs: number): string {
  let restMs = Math.round(durationMs)
  if (restMs === 0) return '0s'
  let text = ''
  for (const [unit, unitMs] of unitsMs) {
    const exactOnly = unit === 'y' || unit === 'w'
    if (restMs < unitMs || (exactOnly && restMs % unitMs !== 0)) continue
    text += `${Math.floor(restMs / unitMs)}${unit}`
    restMs %= unitMs
  }
  return text
}

/** A measured time, short: 0.84 ms, 12 ms, 1.25 s. */
export function elapsedText(elapsedMs: number): string {
  if (elapsedMs < 1) return `${elapsedMs.toFixed(2)} ms`
  if (elapsedMs < 10) return `${elapsedMs.toFixed(1)} ms`
  if (elapsedMs < 1000) return `${Math.round(elapsedMs)} ms`
  return `${(elapsedMs / 1000).toFixed(2)} s`
}
