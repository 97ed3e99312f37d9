import { parseTimeMs } from '../api/time-parameter.ts'
import { NarthexError } from '../base/errors.ts'

/** What cannot be asked for, in promtool's words. */
export function wrongArgument(words: string): NarthexError {
  return new NarthexError('FLAG_INVALID', words)
}

/** A time of the command line, or the one for where there is none. Throws FLAG_INVALID. */
export function timeArgumentMs(text: string, absentMs: number, words: string): number {
  if (text === '') return absentMs
  try {
    return parseTimeMs(text)
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown
    throw wrongArgument(`${words}: ${thrown.message}`)
  }
}

/** A time as the API takes it. */
export function secondsText(ms: number): string {
  return String(Math.floor(ms) / 1_000)
}
