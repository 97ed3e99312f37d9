import { FunctionError, type ParameterType, type TemplateFunction } from './template-function.ts'
import { dayOfYear, formatTime, timeSource, timeText } from './template-time.ts'
import { GoDuration, GoInteger, GoTime, type GoValue } from './template-values.ts'

/** Go's zero time, the first day of year 1. */
const zeroTimeMs = -62_135_596_800_000
const msNanoseconds = 1_000_000n
const durationMost = 2n ** 63n - 1n
const durationLeast = -(2n ** 63n)

const method = (
  parameters: readonly ParameterType[],
  call: (...values: readonly GoValue[]) => GoValue,
): TemplateFunction => ({ parameters, call: (values) => call(...values) })

/** A method of time.Time that templates use. */
export function timeMethod({ ms }: GoTime, name: string): TemplateFunction | undefined {
  const date = new Date(ms)
  const count = partsOfTime[name]
  if (count !== undefined) return method([], () => BigInt(count(date)))
  const compared = comparisons[name]
  if (compared !== undefined) return method(['time'], (other) => compared(ms - msOf(other)))
  const fault = uncallable[name]
  if (fault !== undefined) return { ...method([], () => undefined), fault }
  const int64 = (value: bigint) => method([], () => new GoInteger('int64', value))
  switch (name) {
    case 'Format':
      return method(['string'], (layout) =>
        formatTime(ms, typeof layout === 'string' ? layout : ''),
      )
    case 'String':
      return method([], () => timeText(ms))
    case 'GoString':
      return method([], () => timeSource(ms))
    case 'IsDST':
      return method([], () => false)
    case 'UTC':
    case 'Local':
      return method([], () => new GoTime(ms, false))
    case 'Month':
      return method([], () => new GoInteger('time.Month', BigInt(date.getUTCMonth() + 1)))
    case 'Weekday':
      return method([], () => new GoInteger('time.Weekday', BigInt(date.getUTCDay())))
    case 'Unix':
      return int64(BigInt(Math.floor(ms / 1_000)))
    case 'UnixMilli':
      return int64(BigInt(ms))
    case 'UnixMicro':
      return int64(BigInt(ms) * 1_000n)
    case 'UnixNano':
      return int64(BigInt(ms) * msNanoseconds)
    case 'IsZero':
      return method([], () => ms === zeroTimeMs)
    case 'Add':
      return method(['duration'], (by) => timeAt(ms + Number(nanosecondsOf(by) / msNanoseconds)))
    case 'AddDate':
      return method(['int', 'int', 'int'], (...by) => dateAfter(date, by))
    case 'Sub':
      return method(['time'], (other) => durationOf(BigInt(ms - msOf(other)) * msNanoseconds))
    case 'Round':
    case 'Truncate':
      return method(['duration'], (unit) => roundedTime(ms, nanosecondsOf(unit), name))
    default:
      return undefined
  }
}

const partsOfTime: Readonly<Record<string, (date: Date) => number>> = {
  Year: (date) => date.getUTCFullYear(),
  Day: (date) => date.getUTCDate(),
  Hour: (date) => date.getUTCHours(),
  Minute: (date) => date.getUTCMinutes(),
  Second: (date) => date.getUTCSeconds(),
  YearDay: dayOfYear,
  Nanosecond: (date) => date.getUTCMilliseconds() * 1_000_000,
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
const comparisons: Readonly<Record<string, (laterMs: number) => GoValue>> = {
  After: (laterMs) => laterMs > 0,
  Before: (laterMs) => laterMs < 0,
  Equal: (laterMs) => laterMs === 0,
  Compare: (laterMs) => BigInt(Math.sign(laterMs)),
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

function msOf(value: GoValue): number {
  return value instanceof GoTime ? value.ms : 0
}

function timeAt(ms: number): GoTime {
  if (Number.isNaN(new Date(ms).getTime())) throw new FunctionError('time is out of range')
  return new GoTime(ms, false)
}

function dateAfter(date: Date, [years, months, days]: readonly GoValue[]): GoTime {
  const by = (count: GoValue) => (typeof count === 'bigint' ? Number(count) : 0)
  const later = new Date(date)
  const month = date.getUTCMonth() + by(months)
  later.setUTCFullYear(date.getUTCFullYear() + by(years), month, date.getUTCDate() + by(days))
  return timeAt(later.getTime())
}

/** To a multiple of the unit since the year 1; what lies in the middle goes up. */
function roundedTime(ms: number, unit: bigint, name: 'Round' | 'Truncate'): GoTime {
  if (unit <= 0n) return new GoTime(ms, false)
  const since = BigInt(ms - zeroTimeMs) * msNanoseconds
  const rest = ((since % unit) + unit) % unit
  const isUp = name === 'Round' && rest * 2n >= unit
  const rounded = since - rest + (isUp ? unit : 0n)
  return timeAt(Number(rounded / msNanoseconds) + zeroTimeMs)
}

/** To a multiple of the unit; what lies in the middle goes away from zero. */
function roundedDuration(value: bigint, unit: bigint, name: 'Round' | 'Truncate'): bigint {
  if (unit <= 0n) return value
  const rest = value % unit
  const isAway = name === 'Round' && sizeOf(rest) * 2n >= unit
  return value - rest + (isAway ? (value < 0n ? -unit : unit) : 0n)
}
