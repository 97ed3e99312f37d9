import { goQuote } from '../model/go-quote.ts'
import type { ZoneAt } from '../model/zone-at.ts'
import { type GoLocation, localLocation, utcLocation } from './template-location.ts'

const monthNames = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const

const dayNames = [
  'Sunday',
  'Monday',
  'Tuesday',
  'Wednesday',
  'Thursday',
  'Friday',
  'Saturday',
] as const

/** The names that Go prints months by, from 1 on, and days of the week, from 0 on. */
export function monthName(month: number): string {
  return monthNames[month - 1] ?? ''
}

export function weekdayName(weekday: number): string {
  return dayNames[weekday] ?? ''
}

/** A moment and the place where it is shown. */
export interface PlacedTime {
  /** Since 1970. */
  readonly nanoseconds: bigint
  readonly location: GoLocation
}

const secondNanoseconds = 1_000_000_000n
const msNanoseconds = 1_000_000n

/** Rounded down. */
export function unixSecondsOf(nanoseconds: bigint): bigint {
  return (nanoseconds - restOfSecond(nanoseconds)) / secondNanoseconds
}

export function restOfSecond(nanoseconds: bigint): bigint {
  return ((nanoseconds % secondNanoseconds) + secondNanoseconds) % secondNanoseconds
}

/** What clocks and calendars show of the time at its place. */
export interface WallTime extends ZoneAt {
  /** Its UTC parts are those that the clock shows. */
  readonly date: Date
  readonly nanosecond: number
}

export function wallTime({ nanoseconds, location }: PlacedTime): WallTime {
  const zone = location.at(Number(unixSecondsOf(nanoseconds)))
  const rest = restOfSecond(nanoseconds)
  const wholeMs = Number((nanoseconds - rest) / msNanoseconds) + zone.offsetSeconds * 1_000
  return {
    abbreviation: zone.abbreviation,
    offsetSeconds: zone.offsetSeconds,
    isDst: zone.isDst,
    date: new Date(wholeMs),
    nanosecond: Number(rest),
  }
}

/** Go's Time.String. */
export function timeText(time: PlacedTime): string {
  return formatTime(time, '2006-01-02 15:04:05.999999999 -0700 MST')
}

/** Go's Time.GoString: how it is written in Go. */
export function timeSource(time: PlacedTime): string {
  const { date, nanosecond } = wallTime(time)
  const parts = [
    date.getUTCFullYear(),
    `time.${monthName(date.getUTCMonth() + 1)}`,
    date.getUTCDate(),
    date.getUTCHours(),
    date.getUTCMinutes(),
    date.getUTCSeconds(),
    nanosecond,
    locationSource(time.location),
  ]
  return `time.Date(${parts.join(', ')})`
}

function locationSource(location: GoLocation): string {
  if (location === utcLocation) return 'time.UTC'
  return location === localLocation ? 'time.Local' : `time.Location(${goQuote(location.name)})`
}

/** The parts of Go's layouts, longest first where one begins like another. */
const layoutParts =
  /January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|2006|-07:00:00|-070000|-07:00|-0700|-07|Z07:00:00|Z070000|Z07:00|Z0700|Z07|002|__2|_2(?!006)|01|02|03|04|05|06|15|PM|pm|[.,]0+(?!\d)|[.,]9+(?!\d)|1|2|3|4|5/g

/** Go's Time.Format (https://pkg.go.dev/time#pkg-constants). */
export function formatTime(time: PlacedTime, layout: string): string {
  const wall = wallTime(time)
  return layout.replace(layoutParts, (part) => partText(part, wall))
}

function partText(part: string, wall: WallTime): string {
  if (/^[.,]/.test(part)) return fractionText(part, wall.nanosecond)
  const named = namedParts[part]
  if (named !== undefined) return named(wall.date)
  if (part === 'MST') return wall.abbreviation || offsetText('-0700', wall.offsetSeconds)
  if (part.startsWith('Z') && wall.offsetSeconds === 0) return 'Z'
  return offsetText(part, wall.offsetSeconds)
}

/** As the part of a layout has it; seconds alone make no offset negative. */
function offsetText(part: string, offsetSeconds: number): string {
  const size = Math.abs(offsetSeconds)
  const values = [Math.trunc(size / 3_600), Math.trunc(size / 60) % 60, size % 60]
  const colon = part.includes(':') ? ':' : ''
  const count = part.replaceAll(':', '').length >> 1
  return (offsetSeconds <= -60 ? '-' : '+') + values.slice(0, count).map(two).join(colon)
}

function fractionText(part: string, nanosecond: number): string {
  const digits = String(nanosecond)
    .padStart(9, '0')
    .slice(0, part.length - 1)
  if (part[1] === '0') return part.charAt(0) + digits
  const short = digits.replace(/0+$/, '')
  return short === '' ? '' : part.charAt(0) + short
}

const two = (value: number) => String(value).padStart(2, '0')
const hour12 = (date: Date) => date.getUTCHours() % 12 || 12

const namedParts: Readonly<Record<string, (date: Date) => string>> = {
  January: (date) => monthName(date.getUTCMonth() + 1),
  Jan: (date) => monthName(date.getUTCMonth() + 1).slice(0, 3),
  Monday: (date) => weekdayName(date.getUTCDay()),
  Mon: (date) => weekdayName(date.getUTCDay()).slice(0, 3),
  '2006': (date) => yearText(date.getUTCFullYear()),
  '06': (date) => two(Math.abs(date.getUTCFullYear() % 100)),
  '01': (date) => two(date.getUTCMonth() + 1),
  '1': (date) => String(date.getUTCMonth() + 1),
  '02': (date) => two(date.getUTCDate()),
  _2: (date) => String(date.getUTCDate()).padStart(2, ' '),
  '2': (date) => String(date.getUTCDate()),
  '002': (date) => String(dayOfYear(date)).padStart(3, '0'),
  __2: (date) => String(dayOfYear(date)).padStart(3, ' '),
  '15': (date) => two(date.getUTCHours()),
  '03': (date) => two(hour12(date)),
  '3': (date) => String(hour12(date)),
  '04': (date) => two(date.getUTCMinutes()),
  '4': (date) => String(date.getUTCMinutes()),
  '05': (date) => two(date.getUTCSeconds()),
  '5': (date) => String(date.getUTCSeconds()),
  PM: (date) => (date.getUTCHours() >= 12 ? 'PM' : 'AM'),
  pm: (date) => (date.getUTCHours() >= 12 ? 'pm' : 'am'),
}

function yearText(year: number): string {
  const digits = String(Math.abs(year)).padStart(4, '0')
  return year < 0 ? `-${digits}` : digits
}

export function dayOfYear(date: Date): number {
  const start = new Date(0)
  start.setUTCFullYear(date.getUTCFullYear(), 0, 1)
  return Math.floor((date.getTime() - start.getTime()) / 86_400_000) + 1
}
