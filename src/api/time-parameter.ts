import { DurationError, parseDurationMs } from '../model/duration.ts'

/** The ends of time as Go's clients send them to mean "all" (row A1.10). */
export const minTimeMs = -8.64e15
export const maxTimeMs = 8.64e15
const minTimeText = '-292273086-05-16T16:47:06Z'
const maxTimeText = '292277025-08-18T07:12:54.999999999Z'

const float = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/
const rfc3339 = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d+))?(Z|[+-]\d{2}:\d{2})$/

/**
 * Milliseconds of a time parameter: unix seconds with decimals, or RFC 3339 (row A1.10). A time
 * beyond the range is brought to its end. Throws a RangeError with upstream's words.
 */
export function parseTimeMs(text: string): number {
  if (text === minTimeText) return minTimeMs
  if (text === maxTimeText) return maxTimeMs
  if (float.test(text)) return clamp(Math.round(Number(text) * 1000))
  const match = rfc3339.exec(text)
  const ms = match === null ? Number.NaN : Date.parse(text.replace(/(\.\d{3})\d+/, '$1'))
  if (Number.isNaN(ms)) {
    throw new RangeError(`cannot parse ${JSON.stringify(text)} to a valid timestamp`)
  }
  return clamp(ms)
}

function clamp(ms: number): number {
  return Math.min(Math.max(ms, minTimeMs), maxTimeMs)
}

/** Milliseconds of a duration parameter: seconds with decimals, or 5m and the like (row A1.11). */
export function parseDurationParameterMs(text: string): number {
  const words = `cannot parse ${JSON.stringify(text)} to a valid duration`
  if (float.test(text)) {
    const ms = Number(text) * 1000
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
