const unitsMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
}

/** A duration as Go's time.ParseDuration reads it, such as 1h30m or 1.5s; undefined if it is none. */
export function parseGoDurationMs(text: string): number | undefined {
  if (text === '0') return 0
  const part = /(\d+\.?\d*|\.\d+)(ns|us|\u00b5s|ms|s|m|h)/g
  if (text === '' || text.replace(part, '') !== '') return undefined
  let sum = 0
  for (const [, digits, unit = ''] of text.matchAll(part))
    sum += Number(digits) * (unitsMs[unit] ?? 0)
  return sum
}

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
