import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  maxTimeMs,
  minTimeMs,
  parseDurationParameterMs,
  parseExactTimeMs,
  parseTimeMs,
} from '../../src/api/time-parameter.ts'

describe('time parameters', () => {
  it.each([
    ['0', 0],
    ['-1.5', -1_500],
    ['123.4567', 123_457],
    ['1.0005', 1_000],
    ['1.2345', 1_234],
    ['-0.0005', -1],
    ['1.9999', 2_000],
    ['1.7e9', 1_700_000_000_000],
    ['.5', 500],
    ['1_000', 1_000_000],
    ['0x1p4', 16_000],
    ['-0x1.8P-1', -750],
    ['2015-06-03T13:21:58,5Z', 1_433_337_718_500],
    ['Inf', -9_223_372_036_854],
    ['-infinity', -9_223_372_036_854],
    ['nan', -9_223_372_036_854],
    ['2015-06-03T13:21:58.555Z', 1_433_337_718_555],
    ['2015-06-03T13:21:58.555999999Z', 1_433_337_718_555],
    ['2015-06-03T13:21:58.5Z', 1_433_337_718_500],
    ['2015-06-03T14:21:58+01:00', 1_433_337_718_000],
    ['2015-06-03T12:51:58-00:30', 1_433_337_718_000],
    ['2016-02-29T23:59:59Z', 1_456_790_399_000],
    ['0001-01-01T00:00:00Z', -62_135_596_800_000],
    ['1e300', maxTimeMs],
    ['-1e300', minTimeMs],
    ['-292273086-05-16T16:47:06Z', minTimeMs],
    ['292277025-08-18T07:12:54.999999999Z', maxTimeMs],
  ])('%s is %d ms', (text, ms) => {
    expect(parseTimeMs(text)).toBe(ms)
  })

  it.each([
    '',
    ' 1',
    '1s',
    '1__0',
    '0x10',
    '0xp1',
    '+NaN',
    '_1',
    '1_',
    'yesterday',
    '2015-02-29T00:00:00Z',
    '2015-06-31T00:00:00Z',
    '2015-13-01T00:00:00Z',
    '2015-06-03T24:00:00Z',
    '2015-06-03T23:60:00Z',
    '2015-06-03 13:21:58Z',
    '2015-06-03T13:21:58',
    '2015-06-03T13:21:58+25:00',
    '2015-06-03',
  ])('%j is no time', (text) => {
    expect(() => parseTimeMs(text)).toThrow(
      new RangeError(`cannot parse ${JSON.stringify(text)} to a valid timestamp`),
    )
  })
})

describe('exact time parameters', () => {
  it.each([
    ['1.5', 1_500],
    ['8640000000000.001953125', 8_640_000_000_000_002],
    ['9007199254740.98', 9_007_199_254_740_980],
    ['9007199254740.992', 9_007_199_254_740_992n],
    ['12345678123456.555', 12_345_678_123_456_555n],
    ['-12345678123456.555', -12_345_678_123_456_555n],
    ['-292273086-05-16T16:47:06Z', -9_223_309_901_257_974_000n],
    ['292277025-08-18T07:12:54.999999999Z', 9_223_309_901_257_974_999n],
    ['9223372036854774', 9_223_372_036_854_774_000n],
    ['NaN', -9_223_372_036_854],
  ])('%s is %d ms', (text, ms) => {
    expect(parseExactTimeMs(text)).toBe(ms)
  })

  it.each(['9223372036854776', '-9223372036854776', '1e300'])(
    '%s has more than 64 bits',
    (text) => {
      const words = `cannot parse "${text}" to a valid timestamp. It overflows int64`
      expect(() => parseExactTimeMs(text)).toThrow(new RangeError(words))
    },
  )
})

describe('duration parameters', () => {
  it.each([
    ['15', 15_000],
    ['0.25', 250],
    ['-1', -1_000],
    ['1h30m', 5_400_000],
    ['250ms', 250],
    ['0x1p-2', 250],
  ])('%s is %d ms', (text, ms) => {
    expect(parseDurationParameterMs(text)).toBe(ms)
  })

  it.each([
    ['', 'cannot parse "" to a valid duration'],
    ['1x', 'cannot parse "1x" to a valid duration'],
    ['1e11', 'cannot parse "1e11" to a valid duration. It overflows int64'],
    ['1e400', 'cannot parse "1e400" to a valid duration'],
    ['0x1p1024', 'cannot parse "0x1p1024" to a valid duration'],
  ])('%j is an error', (text, words) => {
    expect(() => parseDurationParameterMs(text)).toThrow(new RangeError(words))
  })
})

interface ParameterCase {
  readonly kind: 'time' | 'duration'
  readonly input: string
  readonly error?: boolean
  readonly ms?: number
}

const conformance = join(process.env.NARTHEX_CONFORMANCE ?? '', 'http', 'parameter_parsing.json')
const isPresent = process.env.NARTHEX_CONFORMANCE !== undefined && existsSync(conformance)
if (!isPresent) console.warn('SKIPPED: no NARTHEX_CONFORMANCE, so without its parameter cases')
const cases: readonly ParameterCase[] = isPresent
  ? JSON.parse(readFileSync(conformance, 'utf8')).cases
  : []

describe.skipIf(!isPresent)("upstream's cases", () => {
  it.each(cases)('$kind $input', ({ kind, input, error, ms }) => {
    const parse = kind === 'time' ? parseTimeMs : parseDurationParameterMs
    if (error === true) expect(() => parse(input)).toThrow(RangeError)
    else expect(parse(input)).toBe(ms)
  })
})
