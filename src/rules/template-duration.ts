/** Go's Duration.String: 1h2m3.5s, or 1.5ms below a second. */
export function goDurationText(nanoseconds: bigint): string {
  if (nanoseconds === 0n) return '0s'
  const sign = nanoseconds < 0n ? '-' : ''
  const size = nanoseconds < 0n ? -nanoseconds : nanoseconds
  if (size < 1_000n) return `${sign}${size}ns`
  if (size < 1_000_000n) return `${sign}${fraction(size, 1_000n)}µs`
  if (size < 1_000_000_000n) return `${sign}${fraction(size, 1_000_000n)}ms`
  const minutes = size / 60_000_000_000n
  const seconds = `${fraction(size % 60_000_000_000n, 1_000_000_000n)}s`
  if (minutes === 0n) return sign + seconds
  if (minutes < 60n) return `${sign}${minutes}m${seconds}`
  return `${sign}${minutes / 60n}h${minutes % 60n}m${seconds}`
}

function fraction(value: bigint, unit: bigint): string {
  const rest = value % unit
  const whole = String(value / unit)
  if (rest === 0n) return whole
  const digits = String(rest).padStart(String(unit).length - 1, '0')
  return `${whole}.${digits.replace(/0+$/, '')}`
}
