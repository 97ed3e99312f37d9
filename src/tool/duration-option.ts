import { Option } from 'commander'
import { goDurationMs } from './go-duration.ts'

/** An option that takes a duration, with its default as help tells it. */
export function durationOption(flags: string, description: string, initial: string): Option {
  return new Option(flags, description)
    .argParser(goDurationMs)
    .default(goDurationMs(initial), initial)
}
