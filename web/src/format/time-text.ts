/** The zone that times are shown and typed in: the browser's, or UTC. */
export type TimeZone = 'local' | 'utc'

function two(value: number): string {
  return String(value).padStart(2, '0')
}

/** 2026-11-21 03:40:12, in the zone; with `milliseconds` and a fraction when asked for. */
export function timeText(timeMs: number, zone: TimeZone, milliseconds = false): string {
  // A date moved by the zone's offset and read as UTC serves both zones with one piece of code.
  const offsetMinutes = zone === 'local' ? new Date(timeMs).getTimezoneOffset() : 0
  const shifted = new Date(timeMs - offsetMinutes * 60_000)
  if (Number.isNaN(shifted.getTime())) return 'no time'
  const text = shifted.toISOString()
  const fraction = milliseconds ? text.slice(19, 23) : ''
  return `${text.slice(0, 10)} ${text.slice(11, 19)}${fraction}`
}

/** The text of a datetime-local field, read in the zone; undefined when it is not a time. */
export function parseTimeText(text: string, zone: TimeZone): number | undefined {
  const match = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d))?/.exec(text.trim())
  if (match === null) return undefined
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1)
    .map((part) => Number(part ?? 0))
  const timeMs =
    zone === 'utc'
      ? Date.UTC(year, month - 1, day, hour, minute, second)
      : new Date(year, month - 1, day, hour, minute, second).getTime()
  return Number.isNaN(timeMs) ? undefined : timeMs
}

/** How long ago, in the largest fitting unit: 4.2 s, 3 min, 5 h, 2 d. */
export function agoText(elapsedMs: number): string {
  const seconds = Math.max(0, elapsedMs) / 1000
  if (seconds < 10) return `${seconds.toFixed(1)} s`
  if (seconds < 90) return `${Math.round(seconds)} s`
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`
  if (seconds < 129_600) return `${Math.round(seconds / 3600)} h`
  return `${Math.round(seconds / 86_400)} d`
}

/** The zone's short name and offset as shown beside times: UTC, or for example UTC+2. */
export function zoneText(zone: TimeZone): string {
  const minutes = zone === 'utc' ? 0 : -new Date().getTimezoneOffset()
  if (minutes === 0) return 'UTC'
  const hours = Math.floor(Math.abs(minutes) / 60)
  const rest = Math.abs(minutes) % 60
  return `UTC${minutes < 0 ? '-' : '+'}${hours}${rest === 0 ? '' : `:${two(rest)}`}`
}
