import { FunctionError, type ParameterType, type TemplateFunction } from './template-function.ts'
import { GoLocation, localLocation, utcLocation } from './template-location.ts'
import {
  dayOfYear,
  formatTime,
  timeSource,
  timeText,
  unixSecondsOf,
  type WallTime,
  wallTime,
} from './template-time.ts'
import { appended, timeDecoder, timeEncoder } from './template-time-encodings.ts'
import { GoDuration, GoInteger, GoTime, type GoValue } from './template-values.ts'

/** Go's zero time, the first day of year 1. */
const zeroTime = -62_135_596_800_000_000_000n
const durationMost = 2n ** 63n - 1n
const durationLeast = -(2n ** 63n)

const method = (
  parameters: readonly ParameterType[],
  call: (...values: readonly GoValue[]) => GoValue,
): TemplateFunction => ({ parameters, call: (values) => call(...values) })

/** A method of time.Time, or of a pointer to one. */
export function timeMethod(time: GoTime, name: string): TemplateFunction | undefined {
  return calendarMethod(time, name) ?? momentMethod(time, name) ?? encodingMethod(time, name)
}

/** What a clock and a calendar at the time's place show. */
function calendarMethod(time: GoTime, name: string): TemplateFunction | undefined {
  const count = partsOfTime[name]
  if (count !== undefined) return method([], () => BigInt(count(wallTime(time))))
  const fault = uncallable[name]
  if (fault !== undefined) return { ...method([], () => undefined), fault }
  switch (name) {
    case 'Format':
      return method(['string'], (layout) => formatTime(time, textOf(layout)))
    case 'AppendFormat':
      return method(['bytes', 'string'], (before, layout) =>
        appended(before, Buffer.from(formatTime(time, textOf(layout)))),
      )
    case 'String':
      return method([], () => timeText(time))
    case 'GoString':
      return method([], () => timeSource(time))
    case 'IsDST':
      return method([], () => wallTime(time).isDst)
    case 'UTC':
      return method([], () => new GoTime(time.nanoseconds, utcLocation))
    case 'Local':
      return method([], () => new GoTime(time.nanoseconds, localLocation))
    case 'In':
      return method(['location'], (location) => timeIn(time, location))
    case 'Location':
      return method([], () => time.location)
    case 'Month':
      return method([], () => {
        return new GoInteger('time.Month', BigInt(wallTime(time).date.getUTCMonth() + 1))
      })
    case 'Weekday':
      return method([], () => {
        return new GoInteger('time.Weekday', BigInt(wallTime(time).date.getUTCDay()))
      })
    default:
      return undefined
  }
}

/** What does not ask where the time is shown. */
function momentMethod(time: GoTime, name: string): TemplateFunction | undefined {
  const { nanoseconds } = time
  const compared = comparisons[name]
  if (compared !== undefined) {
    return method(['time'], (other) => compared(nanoseconds - momentOf(other)))
  }
  const unit = unixUnits[name]
  if (unit !== undefined) {
    return method([], () => new GoInteger('int64', BigInt.asIntN(64, flooredBy(nanoseconds, unit))))
  }
  switch (name) {
    case 'IsZero':
      return method([], () => nanoseconds === zeroTime)
    case 'Add':
      return method(['duration'], (by) => moved(time, nanoseconds + nanosecondsOf(by)))
    case 'AddDate':
      return method(['int', 'int', 'int'], (...by) => dateAfter(time, by))
    case 'Sub':
      return method(['time'], (other) => durationOf(nanoseconds - momentOf(other)))
    case 'Round':
    case 'Truncate':
      return method(['duration'], (unit) => roundedTime(time, nanosecondsOf(unit), name))
    default:
      return undefined
  }
}

function encodingMethod(time: GoTime, name: string): TemplateFunction | undefined {
  const encode = timeEncoder(name)
  if (encode !== undefined) {
    const parameters = name.startsWith('Append') ? (['bytes'] as const) : []
    return method(parameters, (before) => encode(time, before))
  }
  // Only a pointer reaches what changes the time.
  const decode = time.isPointer ? timeDecoder(name) : undefined
  return decode === undefined ? undefined : method(['bytes'], (bytes) => decode(time, bytes))
}

const partsOfTime: Readonly<Record<string, (wall: WallTime) => number>> = {
  Year: ({ date }) => date.getUTCFullYear(),
  Day: ({ date }) => date.getUTCDate(),
  Hour: ({ date }) => date.getUTCHours(),
  Minute: ({ date }) => date.getUTCMinutes(),
  Second: ({ date }) => date.getUTCSeconds(),
  YearDay: ({ date }) => dayOfYear(date),
  Nanosecond: ({ nanosecond }) => nanosecond,
}

const unixUnits: Readonly<Record<string, bigint>> = {
  Unix: 1_000_000_000n,
  UnixMilli: 1_000_000n,
  UnixMicro: 1_000n,
  UnixNano: 1n,
}

/** What text/template says of methods that answer several values. */
const uncallable: Readonly<Record<string, string>> = {
  Clock: 'function Clock has 3 return values; should be 1 or 2',
  Date: 'function Date has 3 return values; should be 1 or 2',
  ISOWeek: signatureFault('ISOWeek', 'int'),
  Zone: signatureFault('Zone', 'int'),
  ZoneBounds: signatureFault('ZoneBounds', 'time.Time'),
}

function signatureFault(name: string, second: string): string {
  return `invalid function signature for ${name}: second return value should be error; is ${second}`
}

/** By how much later the receiver is. */
const comparisons: Readonly<Record<string, (later: bigint) => GoValue>> = {
  After: (later) => later > 0n,
  Before: (later) => later < 0n,
  Equal: (later) => later === 0n,
  Compare: (later) => (later > 0n ? 1n : later < 0n ? -1n : 0n),
}

/** A method of time.Duration. */
export function durationMethod(duration: GoDuration, name: string): TemplateFunction | undefined {
  const { nanoseconds } = duration
  if (name === 'String') return method([], () => duration.text())
  if (name === 'Abs') return method([], () => durationOf(sizeOf(nanoseconds)))
  if (name === 'Round' || name === 'Truncate') {
    return method(['duration'], (unit) => {
      return durationOf(roundedDuration(nanoseconds, nanosecondsOf(unit), name))
    })
  }
  const unit = units[name]
  if (unit !== undefined) return method([], () => duration.inUnits(unit))
  const whole = wholeUnits[name]
  if (whole === undefined) return undefined
  return method([], () => new GoInteger('int64', nanoseconds / whole))
}

const units: Readonly<Record<string, bigint>> = {
  Hours: 3_600_000_000_000n,
  Minutes: 60_000_000_000n,
  Seconds: 1_000_000_000n,
}
const wholeUnits: Readonly<Record<string, bigint>> = {
  Milliseconds: 1_000_000n,
  Microseconds: 1_000n,
  Nanoseconds: 1n,
}

function sizeOf(value: bigint): bigint {
  return value < 0n ? -value : value
}

/** What 64 bits do not hold is the most or the least that they do. */
function durationOf(nanoseconds: bigint): GoDuration {
  const atMost = nanoseconds > durationMost ? durationMost : nanoseconds
  return new GoDuration(atMost < durationLeast ? durationLeast : atMost, false)
}

function nanosecondsOf(value: GoValue): bigint {
  return value instanceof GoDuration ? value.nanoseconds : 0n
}

function momentOf(value: GoValue): bigint {
  return value instanceof GoTime ? value.nanoseconds : 0n
}

function textOf(value: GoValue): string {
  return typeof value === 'string' ? value : ''
}

function flooredBy(value: bigint, unit: bigint): bigint {
  const rest = ((value % unit) + unit) % unit
  return (value - rest) / unit
}

function timeIn({ nanoseconds }: GoTime, location: GoValue): GoTime {
  if (location instanceof GoLocation) return new GoTime(nanoseconds, location)
  throw new FunctionError('time: missing Location in call to Time.In')
}

/** At the same place. */
function moved({ location }: GoTime, nanoseconds: bigint): GoTime {
  if (Number.isNaN(new Date(Number(unixSecondsOf(nanoseconds)) * 1_000).getTime())) {
    throw new FunctionError('time is out of range')
  }
  return new GoTime(nanoseconds, location)
}

function dateAfter(time: GoTime, [years, months, days]: readonly GoValue[]): GoTime {
  const by = (count: GoValue) => (typeof count === 'bigint' ? Number(count) : 0)
  const { date, offsetSeconds } = wallTime(time)
  const later = new Date(date)
  const month = date.getUTCMonth() + by(months)
  later.setUTCFullYear(date.getUTCFullYear() + by(years), month, date.getUTCDate() + by(days))
  const laterMs = later.getTime() - date.getTime()
  if (Number.isNaN(laterMs)) throw new FunctionError('time is out of range')
  const changedSeconds = offsetSeconds - offsetOfWall(later, time.location)
  return moved(time, time.nanoseconds + BigInt(laterMs + changedSeconds * 1_000) * 1_000_000n)
}

/** Of a clock's time; of one that clocks passed over, or showed twice, as Go takes it. */
function offsetOfWall(wall: Date, location: GoLocation): number {
  const seconds = Math.floor(wall.getTime() / 1_000)
  return location.at(seconds - location.at(seconds).offsetSeconds).offsetSeconds
}

/** To a multiple of the unit since the year 1; what lies in the middle goes up. */
function roundedTime(time: GoTime, unit: bigint, name: 'Round' | 'Truncate'): GoTime {
  if (unit <= 0n) return moved(time, time.nanoseconds)
  const since = time.nanoseconds - zeroTime
  const rest = ((since % unit) + unit) % unit
  const isUp = name === 'Round' && rest * 2n >= unit
  return moved(time, time.nanoseconds - rest + (isUp ? unit : 0n))
}

/** To a multiple of the unit; what lies in the middle goes away from zero. */
function roundedDuration(value: bigint, unit: bigint, name: 'Round' | 'Truncate'): bigint {
  if (unit <= 0n) return value
  const rest = value % unit
  const isAway = name === 'Round' && sizeOf(rest) * 2n >= unit
  return value - rest + (isAway ? (value < 0n ? -unit : unit) : 0n)
}
