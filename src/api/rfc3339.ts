/** A time as Go's JSON writes it, without zeros behind; its zero time where there was none yet. */
export function rfc3339(timeMs: number): string {
  if (timeMs === 0) return '0001-01-01T00:00:00Z'
  return new Date(timeMs).toISOString().replace(/\.?0+Z$/, 'Z')
}
