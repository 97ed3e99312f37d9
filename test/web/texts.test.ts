import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { durationText, parseDurationMs } from '../../web/src/format/duration-text.ts'
import { axisTexts, shortNumber } from '../../web/src/format/number-text.ts'
import { parseTimeText, timeText } from '../../web/src/format/time-text.ts'

describe('durations', () => {
  it.each([
    ['1h30m', 5_400_000],
    ['90m', 5_400_000],
    ['1d', 86_400_000],
    ['1w', 604_800_000],
    ['1y', 31_536_000_000],
    ['250ms', 250],
    ['1m5s10ms', 65_010],
  ])('%s is %i ms', (text, durationMs) => {
    expect(parseDurationMs(text)).toBe(durationMs)
  })

  it.each(['', '5', 'm5', '5m1h', '1h 5m', '-5m', '0s', '1.5h'])('%j is none', (text) => {
    expect(parseDurationMs(text)).toBeUndefined()
  })

  it('that are written read back the same', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e13 }), (durationMs) => {
        expect(parseDurationMs(durationText(durationMs))).toBe(durationMs)
      }),
    )
  })
})

describe('times', () => {
  it.each(['utc', 'local'] as const)('in %s read back the same to the second', (zone) => {
    fc.assert(
      // Away from the hours that a change of clocks repeats or leaves out.
      fc.property(fc.integer({ min: 0, max: 20_000 }), (days) => {
        const timeMs = Date.UTC(1971, 0, 1 + days, 12, 34, 56)
        expect(parseTimeText(timeText(timeMs, zone), zone)).toBe(timeMs)
      }),
    )
  })

  it('are written with milliseconds on demand', () => {
    expect(timeText(1_795_232_412_345, 'utc', true)).toBe('2026-11-21 03:40:12.345')
  })

  it('that are none are undefined', () => {
    expect(parseTimeText('yesterday', 'utc')).toBeUndefined()
  })
})

describe('numbers', () => {
  it.each([
    [0, '0'],
    [0.18305084745762712, '0.1831'],
    [0.000919, '0.000919'],
    [0.0000919, '91.9 µ'],
    [1234.5, '1235'],
    [24_325_107_712, '24.33 G'],
    [-5e-9, '-5 n'],
    [Number.NaN, 'NaN'],
    [Number.NEGATIVE_INFINITY, '-Inf'],
  ])('%d is short as %s', (value, text) => {
    expect(shortNumber(value)).toBe(text)
  })

  it('of one axis share prefix and decimals', () => {
    expect(axisTexts([0, 500_000, 1_000_000, 1_500_000], 500_000)).toEqual([
      '0.0',
      '0.5 M',
      '1.0 M',
      '1.5 M',
    ])
    expect(axisTexts([0, 0.25, 0.5], 0.25)).toEqual(['0.00', '0.25', '0.50'])
  })
})
