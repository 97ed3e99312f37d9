/** Functions of a time in seconds since 1970 UTC, fractions cut off (row Q7.6). */
export const dateFunctions: ReadonlyMap<string, (seconds: number) => number> = new Map([
  ['minute', (seconds: number) => Math.floor((secondOfDay(seconds) % 3600) / 60)],
  ['hour', (seconds: number) => Math.floor(secondOfDay(seconds) / 3600)],
  ['day_of_week', (seconds: number) => floorModulo(dayOf(seconds) + 4, 7)],
  ['day_of_month', (seconds: number) => civilFrom(dayOf(seconds)).day],
  ['day_of_year', (seconds: number) => dayOfYear(dayOf(seconds))],
  ['days_in_month', (seconds: number) => daysInMonth(dayOf(seconds))],
  ['month', (seconds: number) => civilFrom(dayOf(seconds)).month],
  ['year', (seconds: number) => civilFrom(dayOf(seconds)).year],
])

const secondsPerDay = 86_400

/** Go converts what fits no int64 (NaN and huge values) to the least one. */
function cut(seconds: number): number {
  if (!(Math.abs(seconds) < 2 ** 63)) return -(2 ** 63)
  return Math.trunc(seconds)
}

/** Go counts days from here, unsigned: the seconds before it, down to -2^63, are 2^64 later. */
const firstGoDay = -106_751_991_073_400
const wrapped = { days: 213_503_982_334_601, seconds: 25_216 }

function dayOf(seconds: number): number {
  const day = ownDayOf(seconds)
  if (day >= firstGoDay) return day
  const carry = ownSecondOf(seconds) + wrapped.seconds >= secondsPerDay ? 1 : 0
  return day + wrapped.days + carry
}

function secondOfDay(seconds: number): number {
  const second = ownSecondOf(seconds)
  return ownDayOf(seconds) >= firstGoDay ? second : (second + wrapped.seconds) % secondsPerDay
}

/** The remainder is exact where a quotient is not; 0 is added for the sake of -0. */
function ownSecondOf(seconds: number): number {
  const remainder = cut(seconds) % secondsPerDay
  return remainder < 0 ? remainder + secondsPerDay : remainder + 0
}

/** What the subtraction rounds by is little beside a day. */
function ownDayOf(seconds: number): number {
  return Math.round((cut(seconds) - ownSecondOf(seconds)) / secondsPerDay)
}

interface CivilDay {
  readonly year: number
  /** 1 to 12. */
  readonly month: number
  readonly day: number
}

/**
 * The Gregorian date of a day since 1970, for any day: JavaScript's Date ends at year 275760. In
 * eras of 400 years of 146097 days that begin on 1 March, so that a leap day comes last.
 */
function civilFrom(day: number): CivilDay {
  const shifted = day + 719_468
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  )
  const dayOfYearFromMarch =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const monthFromMarch = Math.floor((5 * dayOfYearFromMarch + 2) / 153)
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYearFromMarch - Math.floor((153 * monthFromMarch + 2) / 5) + 1,
  }
}

function daysFrom({ year, month, day }: CivilDay): number {
  const shifted = month <= 2 ? year - 1 : year
  const era = Math.floor(shifted / 400)
  const yearOfEra = shifted - era * 400
  const monthFromMarch = (month + 9) % 12
  const dayOfYearFromMarch = Math.floor((153 * monthFromMarch + 2) / 5) + day - 1
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYearFromMarch
  return era * 146_097 + dayOfEra - 719_468
}

function dayOfYear(day: number): number {
  return day - daysFrom({ year: civilFrom(day).year, month: 1, day: 1 }) + 1
}

function daysInMonth(day: number): number {
  const { year, month } = civilFrom(day)
  const next = month === 12 ? { year: year + 1, month: 1 } : { year, month: month + 1 }
  return daysFrom({ ...next, day: 1 }) - daysFrom({ year, month, day: 1 })
}

function floorModulo(value: number, modulus: number): number {
  return value - Math.floor(value / modulus) * modulus
}
