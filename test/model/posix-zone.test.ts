import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { posixZoneAt } from '../../src/model/posix-zone.ts'

const at = (text: string) => Date.parse(text) / 1_000

describe('the rule at the end of a time zone', () => {
  /** Abbreviations and offsets are those of Go. */
  it.each([
    ['CET-1CEST,M3.5.0,M10.5.0/3', '2050-03-27T00:59:59Z', 'CET', 3_600, false],
    ['CET-1CEST,M3.5.0,M10.5.0/3', '2050-03-27T01:00:00Z', 'CEST', 7_200, true],
    ['CET-1CEST,M3.5.0,M10.5.0/3', '2050-10-30T00:59:59Z', 'CEST', 7_200, true],
    ['CET-1CEST,M3.5.0,M10.5.0/3', '2050-10-30T01:00:00Z', 'CET', 3_600, false],
    ['EST5EDT', '2050-07-01T00:00:00Z', 'EDT', -14_400, true],
    ['EST5EDT4', '2050-01-01T00:00:00Z', 'EST', -18_000, false],
    ['IST-5:30', '2050-01-01T00:00:00Z', 'IST', 19_800, false],
    ['<-02>2<-01>,M3.5.0/-1,M10.5.0/0', '2050-03-27T00:59:59Z', '-02', -7_200, false],
    ['<-02>2<-01>,M3.5.0/-1,M10.5.0/0', '2050-03-27T01:00:00Z', '-01', -3_600, true],
    ['XXX3YYY,J60/0,J300/0', '2048-03-01T02:59:59Z', 'XXX', -10_800, false],
    ['XXX3YYY,J60/0,J300/0', '2048-03-01T03:00:00Z', 'YYY', -7_200, true],
    ['XXX3YYY,59/0,300/0', '2048-02-29T03:00:00Z', 'YYY', -7_200, true],
    ['IST-2IDT,M3.4.4/26,M10.5.0', '2050-03-25T00:00:00Z', 'IDT', 10_800, true],
  ])('%s says of %s: %s', (rule, time, abbreviation, offsetSeconds, isDst) => {
    expect(posixZoneAt(rule, at(time))).toEqual({ abbreviation, offsetSeconds, isDst })
  })

  it.each([
    '',
    'CET',
    '-1',
    'CET-1CEST,M3.9.0,M10.5.0',
    'CET-1CEST,M3.5.0',
    'CET-1CEST,now,M10.5.0',
  ])('"%s" is none', (rule) => {
    expect(posixZoneAt(rule, 0)).toBeUndefined()
  })

  it.each([
    ['Europe/Berlin', 'CET-1CEST,M3.5.0,M10.5.0/3'],
    ['America/New_York', 'EST5EDT,M3.2.0,M11.1.0'],
    ['Australia/Sydney', 'AEST-10AEDT,M10.1.0,M4.1.0/3'],
    ['Australia/Lord_Howe', '<+1030>-10:30<+11>-11,M10.1.0,M4.1.0'],
    ['Asia/Kolkata', 'IST-5:30'],
  ])("has the offsets of %s in Node's own tables", (timeZone, rule) => {
    const format = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' })
    const range = { min: at('2010-01-01T00:00:00Z'), max: at('2036-12-31T00:00:00Z') }
    fc.assert(
      fc.property(fc.integer(range), (unixSeconds) => {
        const parts = format.formatToParts(unixSeconds * 1_000)
        const text = parts.find(({ type }) => type === 'timeZoneName')?.value ?? ''
        const [, sign, hours, minutes] = /^GMT([+-])(\d\d):(\d\d)$/.exec(text) ?? []
        const seconds = Number(hours) * 3_600 + Number(minutes) * 60
        const wanted = sign === '-' ? -seconds : seconds
        expect(posixZoneAt(rule, unixSeconds)?.offsetSeconds).toBe(wanted)
      }),
    )
  })
})
