const monthNames = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const

const dayNames = [
  'Sunday',
  'Monday',
  'Tuesday',
  'Wednesday',
  'Thursday',
  'Friday',
  'Saturday',
] as const

/** The names that Go prints months by, from 1 on, and days of the week, from 0 on. */
export function monthName(month: number): string {
  return monthNames[month - 1] ?? ''
}

export function weekdayName(weekday: number): string {
  return dayNames[weekday] ?? ''
}

/** Go's Time.String of a time in UTC. */
export function timeText(ms: number): string {
  return formatTime(ms, '2006-01-02 15:04:05.999999999 -0700 MST')
}

/** Go's Time.GoString of a time in UTC: how it is written in Go. */
export function timeSource(ms: number): string {
  const date = new Date(ms)
  const parts = [
    date.getUTCFullYear(),
    `time.${monthName(date.getUTCMonth() + 1)}`,
    date.getUTCDate(),
    date.getUTCHours(),
    date.getUTCMinutes(),
    date.getUTCSeconds(),
    date.getUTCMilliseconds() * 1_000_000,
    'time.UTC',
  ]
  return `time.Date(${parts.join(', ')})`
}

/** The parts of Go's layouts, longest first where one begins like another. */
const layoutParts =
  /January|Jan|Monday|Mon|MST|2006|-07:00:00|-070000|-07:00|-0700|-07|Z07:00:00|Z070000|Z07:00|Z0700|Z07|002|__2|_2|01|02|03|04|05|06|15|PM|pm|[.,]0+(?!\d)|[.,]9+(?!\d)|1|2|3|4|5/g

/** Go's Time.Format (https://pkg.go.dev/time#pkg-constants) of a time in UTC. */
export function formatTime(ms: number, layout: string): string {
  const date = new Date(ms)
  return layout.replace(layoutParts, (part) => partText(part, date))
}

function partText(part: string, date: Date): string {
  if (/^[.,]/.test(part)) return fractionText(part, date)
  const named = namedParts[part]
  if (named !== undefined) return named(date)
  if (part.startsWith('Z')) return 'Z'
  if (part.startsWith('-')) return part.replace('-07', '+00')
  return part
}

function fractionText(part: string, date: Date): string {
  const millis = date.getUTCMilliseconds()
  const digits = String(millis)
    .padStart(3, '0')
    .padEnd(9, '0')
    .slice(0, part.length - 1)
  if (part[1] === '0') return part.charAt(0) + digits
  const short = digits.replace(/0+$/, '')
  return short === '' ? '' : part.charAt(0) + short
}

const two = (value: number) => String(value).padStart(2, '0')
const hour12 = (date: Date) => date.getUTCHours() % 12 || 12

const namedParts: Readonly<Record<string, (date: Date) => string>> = {
  January: (date) => monthName(date.getUTCMonth() + 1),
  Jan: (date) => monthName(date.getUTCMonth() + 1).slice(0, 3),
  Monday: (date) => weekdayName(date.getUTCDay()),
  Mon: (date) => weekdayName(date.getUTCDay()).slice(0, 3),
  MST: () => 'UTC',
  '2006': (date) => yearText(date.getUTCFullYear()),
  '06': (date) => two(date.getUTCFullYear() % 100),
  '01': (date) => two(date.getUTCMonth() + 1),
  '1': (date) => String(date.getUTCMonth() + 1),
  '02': (date) => two(date.getUTCDate()),
  _2: (date) => String(date.getUTCDate()).padStart(2, ' '),
  '2': (date) => String(date.getUTCDate()),
  '002': (date) => String(dayOfYear(date)).padStart(3, '0'),
  __2: (date) => String(dayOfYear(date)).padStart(3, ' '),
  '15': (date) => two(date.getUTCHours()),
  '03': (date) => two(hour12(date)),
  '3': (date) => String(hour12(date)),
  '04': (date) => two(date.getUTCMinutes()),
  '4': (date) => String(date.getUTCMinutes()),
  '05': (date) => two(date.getUTCSeconds()),
  '5': (date) => String(date.getUTCSeconds()),
  PM: (date) => (date.getUTCHours() >= 12 ? 'PM' : 'AM'),
  pm: (date) => (date.getUTCHours() >= 12 ? 'pm' : 'am'),
}

function yearText(year: number): string {
  const digits = String(Math.abs(year)).padStart(4, '0')
  return year < 0 ? `-${digits}` : digits
}

export function dayOfYear(date: Date): number {
  const start = Date.UTC(date.getUTCFullYear(), 0, 1)
  return Math.floor((date.getTime() - start) / 86_400_000) + 1
}
