import { histogramText } from '../model/histogram-text.ts'
import { FunctionError, type TemplateFunction } from './template-function.ts'
import { parameterMethod, urlValuesType } from './template-parameters.ts'
import { dayOfYear, formatTime, timeText } from './template-time.ts'
import {
  GoDuration,
  GoHistogram,
  GoInteger,
  GoMap,
  GoTime,
  type GoValue,
} from './template-values.ts'

/** The method of that name that Go's type of the value has; those that templates use. */
export function methodOf(value: GoValue, name: string): TemplateFunction | undefined {
  if (value instanceof GoTime) return timeMethod(value, name)
  if (value instanceof GoDuration) return durationMethod(value, name)
  if (value instanceof GoHistogram) return histogramMethod(value, name)
  if (value instanceof GoMap && value.type === urlValuesType) return parameterMethod(value, name)
  return undefined
}

function without(call: () => GoValue): TemplateFunction {
  return { parameters: [], call }
}

function timeMethod(time: GoTime, name: string): TemplateFunction | undefined {
  const { ms } = time
  const date = new Date(ms)
  const whole: Readonly<Record<string, () => number>> = {
    Year: () => date.getUTCFullYear(),
    Day: () => date.getUTCDate(),
    Hour: () => date.getUTCHours(),
    Minute: () => date.getUTCMinutes(),
    Second: () => date.getUTCSeconds(),
    YearDay: () => dayOfYear(date),
    Nanosecond: () => date.getUTCMilliseconds() * 1_000_000,
  }
  const count = whole[name]
  if (count !== undefined) return without(() => BigInt(count()))
  switch (name) {
    case 'Format':
      return {
        parameters: ['string'],
        call: ([layout]) => formatTime(ms, typeof layout === 'string' ? layout : ''),
      }
    case 'String':
      return without(() => timeText(ms))
    case 'UTC':
    case 'Local':
      return without(() => new GoTime(ms, false))
    case 'Month':
      return without(() => new GoInteger('time.Month', BigInt(date.getUTCMonth() + 1)))
    case 'Weekday':
      return without(() => new GoInteger('time.Weekday', BigInt(date.getUTCDay())))
    case 'Unix':
      return without(() => new GoInteger('int64', BigInt(Math.floor(ms / 1_000))))
    case 'UnixMilli':
      return without(() => new GoInteger('int64', BigInt(ms)))
    case 'UnixMicro':
      return without(() => new GoInteger('int64', BigInt(ms) * 1_000n))
    case 'UnixNano':
      return without(() => new GoInteger('int64', BigInt(ms) * 1_000_000n))
    case 'IsZero':
      return without(() => ms === zeroTimeMs)
    case 'Add':
      return { parameters: ['any'], call: ([by]) => added(ms, by) }
    case 'Sub':
      return { parameters: ['any'], call: ([other]) => between(ms, other) }
    default:
      return undefined
  }
}

/** Go's zero time, the first day of year 1. */
const zeroTimeMs = -62_135_596_800_000

function added(ms: number, by: GoValue): GoTime {
  if (!(by instanceof GoDuration)) throw new FunctionError('a duration is wanted')
  return new GoTime(ms + Number(by.nanoseconds / 1_000_000n), false)
}

function between(ms: number, other: GoValue): GoDuration {
  if (!(other instanceof GoTime)) throw new FunctionError('a time is wanted')
  return new GoDuration(BigInt(ms - other.ms) * 1_000_000n, false)
}

const unitNanoseconds: Readonly<Record<string, number>> = {
  Hours: 3.6e12,
  Minutes: 6e10,
  Seconds: 1e9,
}
const wholeUnits: Readonly<Record<string, bigint>> = {
  Milliseconds: 1_000_000n,
  Microseconds: 1_000n,
  Nanoseconds: 1n,
}

function durationMethod(duration: GoDuration, name: string): TemplateFunction | undefined {
  const { nanoseconds } = duration
  if (name === 'String') return without(() => duration.text())
  if (name === 'Abs') {
    return without(() => new GoDuration(nanoseconds < 0n ? -nanoseconds : nanoseconds, false))
  }
  const unit = unitNanoseconds[name]
  if (unit !== undefined) return without(() => Number(nanoseconds) / unit)
  const whole = wholeUnits[name]
  return whole === undefined
    ? undefined
    : without(() => new GoInteger('int64', nanoseconds / whole))
}

function histogramMethod({ histogram }: GoHistogram, name: string): TemplateFunction | undefined {
  switch (name) {
    case 'String':
      return without(() => histogramText(histogram))
    // Fields in Go; a method without arguments reads the same.
    case 'Count':
      return without(() => histogram.count)
    case 'Sum':
      return without(() => histogram.sum[0] ?? 0)
    case 'ZeroCount':
      return without(() => histogram.zeroCount)
    case 'ZeroThreshold':
      return without(() => histogram.zeroThreshold)
    case 'Schema':
      return without(() => BigInt(histogram.schema))
    default:
      return undefined
  }
}
