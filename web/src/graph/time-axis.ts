import uPlot from 'uplot'
import type { TimeZone } from '../format/time-text.ts'

const minute = 60
const hour = 60 * minute
const day = 24 * hour
const year = 365 * day

/** The ticks' texts by their distance, on a 24-hour clock; the date joins where it changes. */
export const timeAxisValues: uPlot.Axis.Values = [
  [year, '{YYYY}', null, null, null, null, null, null, 1],
  [28 * day, '{MMM}', '\n{YYYY}', null, null, null, null, null, 1],
  [day, '{MMM} {D}', '\n{YYYY}', null, null, null, null, null, 1],
  [minute, '{HH}:{mm}', '\n{YYYY}-{MM}-{DD}', null, '\n{MM}-{DD}', null, null, null, 1],
  [1, '{HH}:{mm}:{ss}', '\n{YYYY}-{MM}-{DD}', null, '\n{MM}-{DD}', null, null, null, 1],
]

export function dateIn(zone: TimeZone): (seconds: number) => Date {
  return (seconds) => {
    const date = new Date(seconds * 1000)
    return zone === 'utc' ? uPlot.tzDate(date, 'Etc/UTC') : date
  }
}
