import type { ZoneAt } from './zone-at.ts'

/** When in a year clocks are changed, in seconds behind its start by the clock that they leave. */
type ChangeRule = (year: number) => number

const secondsPerDay = 86_400
/** What Go takes for a zone that has a summer and no rules for it. */
const usualRules = ',M3.2.0,M11.1.0'
const zonePattern =
  /^([A-Za-z]{3,}|<[^>]+>)([+-]?\d+(?::\d+){0,2})(?:([A-Za-z]{3,}|<[^>]+>)([+-]?\d+(?::\d+){0,2})?,([MJ\d][\d.]*)(?:\/([+-]?[\d:]+))?,([MJ\d][\d.]*)(?:\/([+-]?[\d:]+))?)?$/

/**
 * What a zone says of times behind the last change in its file, by the rule in POSIX' form that
 * stands at the file's end, such as `CET-1CEST,M3.5.0,M10.5.0/3`; undefined where that does not read.
 */
export function posixZoneAt(rule: string, unixSeconds: number): ZoneAt | undefined {
  const match = zonePattern.exec(rule) ?? zonePattern.exec(`${rule}${usualRules}`)
  if (match === null) return undefined
  const [, name = '', west = '', summerName, summerWest, first = '', firstAt, second = '', lastAt] =
    match
  const standard = { ...named(name), offsetSeconds: -secondsOf(west), isDst: false }
  if (summerName === undefined) return standard
  const east = summerWest === undefined ? standard.offsetSeconds + 3_600 : -secondsOf(summerWest)
  const summer = { ...named(summerName), offsetSeconds: east, isDst: true }
  const [begins, ends] = [changeRule(first, firstAt), changeRule(second, lastAt)]
  if (begins === undefined || ends === undefined) return undefined
  const year = new Date(unixSeconds * 1_000).getUTCFullYear()
  const yearSecond = unixSeconds - Date.UTC(year, 0) / 1_000
  const from = begins(year) - standard.offsetSeconds
  const to = ends(year) - summer.offsetSeconds
  const isSummer =
    from <= to ? yearSecond >= from && yearSecond < to : yearSecond >= from || yearSecond < to
  return isSummer ? summer : standard
}

function named(text: string): { readonly abbreviation: string } {
  return { abbreviation: text.replace(/[<>]/g, '') }
}

function secondsOf(text: string): number {
  const [hours = 0, minutes = 0, seconds = 0] = text.replace(/^[+-]/, '').split(':').map(Number)
  const value = hours * 3_600 + minutes * 60 + seconds
  return text.startsWith('-') ? -value : value
}

/** `M10.5.0` is the last Sunday of October, `J60` March the first of every year, `59` the sixtieth day. */
function changeRule(text: string, at = '2'): ChangeRule | undefined {
  const match = /^(?:M(\d{1,2})\.([1-5])\.([0-6])|(J?)(\d{1,3}))$/.exec(text)
  if (match === null) return undefined
  const [, month, week = '', weekday = '', fromOne, days = ''] = match
  const time = secondsOf(at)
  if (month !== undefined) {
    return (year) =>
      weekdayOf(year, Number(month), Number(week), Number(weekday)) * secondsPerDay + time
  }
  if (fromOne === '') return () => Number(days) * secondsPerDay + time
  return (year) => {
    const isBehindLeapDay =
      new Date(Date.UTC(year, 1, 29)).getUTCMonth() === 1 && Number(days) >= 60
    return (Number(days) - (isBehindLeapDay ? 0 : 1)) * secondsPerDay + time
  }
}

/** The day of the year, from 0, of the given weekday of a month; the fifth is the last. */
function weekdayOf(year: number, month: number, week: number, weekday: number): number {
  const first = new Date(Date.UTC(year, month - 1, 1))
  const days = new Date(Date.UTC(year, month, 0)).getUTCDate()
  let day = ((weekday - first.getUTCDay() + 7) % 7) + (week - 1) * 7
  if (day >= days) day -= 7
  return (first.getTime() - Date.UTC(year, 0)) / 1_000 / secondsPerDay + day
}
