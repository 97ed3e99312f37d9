/** A time as Go's JSON writes it; its zero time where there was none yet. */
export function rfc3339(timeMs: number): string {
  return timeMs === 0 ? '0001-01-01T00:00:00Z' : new Date(timeMs).toISOString()
}
