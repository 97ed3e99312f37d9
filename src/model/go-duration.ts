/** Milliseconds as Go prints a time.Duration: 1h59m39.887s, 2h0m0s, 1ms, 0s. */
export function goDuration(durationMs: number): string {
  if (durationMs === 0) return '0s'
  const sign = durationMs < 0 ? '-' : ''
  const ms = Math.abs(durationMs)
  if (ms < 1_000) return `${sign}${ms}ms`
  const [minutes, hours] = [Math.floor(ms / 60_000), Math.floor(ms / 3_600_000)]
  const seconds = `${(ms - minutes * 60_000) / 1_000}s`
  if (minutes === 0) return sign + seconds
  if (hours === 0) return `${sign}${minutes}m${seconds}`
  return `${sign}${hours}h${minutes - hours * 60}m${seconds}`
}
