import { fixedLocation, localLocation, utcLocation } from './template-location.ts'
import type { PlacedTime } from './template-time.ts'

const layout = '2006-01-02T15:04:05Z07:00'

/** Go's time.ParseError, in its words. */
export class TimeParseError extends Error {
  override readonly name = 'TimeParseError'
}

/** A part of the layout: what it is called there, what it looks like, and the values it may have. */
interface Part {
  readonly name: string
  readonly pattern: RegExp
  readonly range?: { readonly what: string; readonly least: number; readonly most: number }
}

const twoDigits = /^\d{2}/
const parts: readonly Part[] = [
  { name: '2006', pattern: /^\d{4}/ },
  { name: '-', pattern: /^-/ },
  { name: '01', pattern: twoDigits, range: { what: 'month', least: 1, most: 12 } },
  { name: '-', pattern: /^-/ },
  { name: '02', pattern: twoDigits },
  { name: 'T', pattern: /^T/ },
  { name: '15', pattern: /^\d{1,2}/, range: { what: 'hour', least: 0, most: 23 } },
  { name: ':', pattern: /^:/ },
  { name: '04', pattern: twoDigits, range: { what: 'minute', least: 0, most: 59 } },
  { name: ':', pattern: /^:/ },
  { name: '05', pattern: twoDigits, range: { what: 'second', least: 0, most: 59 } },
]

/** Go's time.Parse of RFC 3339. Throws TimeParseError. */
export function parseTime(text: string): PlacedTime {
  const found: number[] = []
  let rest = text
  for (const { name, pattern, range } of parts) {
    const value = pattern.exec(rest)?.[0]
    if (value === undefined) throw mismatch(text, rest, name)
    rest = rest.slice(value.length)
    if (range !== undefined && (Number(value) < range.least || Number(value) > range.most)) {
      throw outOfRange(text, range.what)
    }
    if (/\d/.test(value)) found.push(Number(value))
  }
  const fraction = /^[.,](\d+)/.exec(rest)
  rest = rest.slice(fraction?.[0].length ?? 0)
  const zone = zoneOf(text, rest)
  if (zone.rest !== '') throw new TimeParseError(`${wrong(text)}: extra text: ${quote(zone.rest)}`)
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = found
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  if (date.getUTCMonth() !== month - 1 || day < 1) throw outOfRange(text, 'day')
  date.setUTCHours(hour, minute, second)
  const seconds = date.getTime() / 1_000 - (zone.offsetSeconds ?? 0)
  const digits = (fraction?.[1] ?? '').slice(0, 9).padEnd(9, '0')
  return {
    nanoseconds: BigInt(seconds) * 1_000_000_000n + BigInt(digits),
    location: locationOf(zone.offsetSeconds, seconds),
  }
}

function locationOf(offset: number | undefined, unixSeconds: number): PlacedTime['location'] {
  if (offset === undefined) return utcLocation
  const isLocal = localLocation.at(unixSeconds).offsetSeconds === offset
  return isLocal ? localLocation : fixedLocation(offset)
}

function zoneOf(text: string, given: string): { rest: string; offsetSeconds?: number } {
  if (given.startsWith('Z')) return { rest: given.slice(1) }
  const found = /^([-+])(\d{2}):(\d{2})/.exec(given)
  if (found === null) throw mismatch(text, given, 'Z07:00')
  const [whole, sign, hours, minutes] = found
  if (Number(hours) > 24) throw outOfRange(text, 'time zone offset hour')
  if (Number(minutes) > 60) throw outOfRange(text, 'time zone offset minute')
  const size = (Number(hours) * 60 + Number(minutes)) * 60
  return { rest: given.slice(whole.length), offsetSeconds: sign === '-' ? -size : size }
}

function wrong(text: string): string {
  return `parsing time ${quote(text)}`
}

function mismatch(text: string, at: string, part: string): TimeParseError {
  const where = `cannot parse ${quote(at)} as ${quote(part)}`
  return new TimeParseError(`${wrong(text)} as ${quote(layout)}: ${where}`)
}

function outOfRange(text: string, what: string): TimeParseError {
  return new TimeParseError(`${wrong(text)}: ${what} out of range`)
}

/** What is not printable ASCII byte by byte. */
function quote(text: string): string {
  const shown = text.replace(/["\\]/g, '\\$&').replace(/[^ -\x7f]+/g, (other) => {
    return Array.from(
      Buffer.from(other),
      (byte) => `\\x${byte.toString(16).padStart(2, '0')}`,
    ).join('')
  })
  return `"${shown}"`
}
