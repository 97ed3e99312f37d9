import { DurationError, parseDurationMs } from '../model/duration.ts'
import { goQuote } from '../model/go-quote.ts'
import { timestampMsMax } from '../model/samples.ts'

/** The ends of what is stored, which "all" is brought to. */
export const minTimeMs = -timestampMsMax
export const maxTimeMs = timestampMsMax
/** The ends of time as Go's clients send them to mean "all" (row A1.10). */
const minTimeText = '-292273086-05-16T16:47:06Z'
const minTime = { seconds: -9_223_309_901_257_974, ms: 0 }
const maxTimeText = '292277025-08-18T07:12:54.999999999Z'
const maxTime = { seconds: 9_223_309_901_257_974, ms: 999 }
/** Seconds have 64 bits in Go, and so have the milliseconds made of them. */
const exactMsMax = 2n ** 63n - 1n

const float = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/
/** As in Go, where it stands between two digits. */
const separator = /(?<=\d)_(?=\d)/g
/** As Go's ParseFloat reads it. */
const infinity = /^([+-]?)inf(?:inity)?$/i
/** What has no time. Go's clocks show it as the earliest one that a count of nanoseconds reaches. */
const noTimeText = /^(?:[+-]?inf(?:inity)?|nan)$/i
const noTime = { seconds: -9_223_372_036, ms: -854 }
/** Hexadecimal with the exponent that Go asks for. */
const hexadecimal = /^([+-]?)0x([\da-f]*)\.?([\da-f]*)p([+-]?\d+)$/i
const rfc3339 =
  /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:[.,](\d+))?(?:Z|([+-])([01]\d|2[0-4]):([0-5]\d))$/

/** Whole seconds, and at most a second's milliseconds to add to them. */
interface ParsedTime {
  readonly seconds: number
  readonly ms: number
}

/**
 * Milliseconds of a time parameter: unix seconds with decimals, or RFC 3339 (row A1.10). A time
 * beyond the range is brought to its end. Throws a RangeError with upstream's words.
 */
export function parseTimeMs(text: string): number {
  const { seconds, ms } = parsedTime(text)
  return Math.min(Math.max(seconds * 1000 + ms, minTimeMs), maxTimeMs)
}

/**
 * The same, exact however far the time lies: a bigint where it is beyond the safe integers. A time
 * of more than 64 bits is none.
 */
export function parseExactTimeMs(text: string): number | bigint {
  const { seconds, ms } = parsedTime(text)
  const timeMs = seconds * 1000 + ms
  if (Number.isSafeInteger(timeMs)) return timeMs
  const exactMs = BigInt(seconds) * 1000n + BigInt(ms)
  if (exactMs <= exactMsMax && exactMs >= -exactMsMax) return exactMs
  throw new RangeError(`${notATime(text)}. It overflows int64`)
}

function parsedTime(text: string): ParsedTime {
  if (text === minTimeText) return minTime
  if (text === maxTimeText) return maxTime
  if (noTimeText.test(text)) return noTime
  const number = floatOf(text)
  const time = number === undefined ? rfc3339Time(text) : timeOf(number)
  if (time === undefined) throw new RangeError(notATime(text))
  return time
}

function notATime(text: string): string {
  return `cannot parse ${goQuote(text)} to a valid timestamp`
}

/** As upstream: the fraction alone is rounded, halves away from zero. */
function timeOf(number: number): ParsedTime {
  const seconds = Math.trunc(number)
  const fractionMs = (number - seconds) * 1000
  return { seconds, ms: Math.sign(fractionMs) * Math.round(Math.abs(fractionMs)) }
}

/** As Go's ParseFloat reads it; undefined where it is no number, or too large for a double. */
function floatOf(text: string): number | undefined {
  const number = numberOf(text.replace(separator, ''))
  return Number.isFinite(number) ? number : undefined
}

function numberOf(plain: string): number | undefined {
  if (float.test(plain)) return Number(plain)
  const [, sign, whole = '', fraction = '', exponent] = hexadecimal.exec(plain) ?? []
  if (whole + fraction === '') return undefined
  const digits = Number.parseInt(whole + fraction, 16)
  return (sign === '-' ? -1 : 1) * digits * 2 ** (Number(exponent) - 4 * fraction.length)
}

/** Undefined where the text is no time, or names a day or hour that there is not. */
function rfc3339Time(text: string): ParsedTime | undefined {
  const [, local, fraction = '', sign, hours, minutes] = rfc3339.exec(text) ?? []
  if (local === undefined) return undefined
  const localMs = Date.parse(`${local}Z`)
  // Date.parse takes the 30th of February and 24:00 for the day after.
  if (Number.isNaN(localMs) || !new Date(localMs).toISOString().startsWith(local)) return undefined
  const offset = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60
  const seconds = localMs / 1000 - (sign === '-' ? -1 : 1) * offset
  return { seconds, ms: Number(fraction.slice(0, 3).padEnd(3, '0')) }
}

/** Milliseconds of a duration parameter: seconds with decimals, or 5m and the like (row A1.11). */
export function parseDurationParameterMs(text: string): number {
  const words = `cannot parse ${goQuote(text)} to a valid duration`
  const seconds = infinity.test(text) ? Number(text.replace(infinity, '$1Infinity')) : floatOf(text)
  if (seconds !== undefined) {
    const ms = seconds * 1000
    if (Math.abs(ms) > 2 ** 63 / 1e6) throw new RangeError(`${words}. It overflows int64`)
    return ms
  }
  try {
    return parseDurationMs(text)
  } catch (thrown) {
    if (thrown instanceof DurationError) throw new RangeError(words)
    throw thrown
  }
}
