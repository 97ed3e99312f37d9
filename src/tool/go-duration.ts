import { InvalidArgumentError } from 'commander'
import { parseGoDurationMs } from '../model/go-duration.ts'

/** As Go reads durations, such as 1h30m or 1.5s. */
export function goDurationMs(text: string): number {
  const durationMs = parseGoDurationMs(text)
  if (durationMs === undefined) {
    throw new InvalidArgumentError('It takes a duration such as 15s or 1h30m.')
  }
  return durationMs
}
