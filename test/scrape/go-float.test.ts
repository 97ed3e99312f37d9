import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { scanDecimal } from '../../src/kernels/scan-decimal.ts'
import { openMetricsFloat, parseGoFloat } from '../../src/scrape/go-float.ts'

function scanned(text: string): { end: number; value: number } {
  const into = new Float64Array(1)
  const end = scanDecimal(new TextEncoder().encode(`${text}\n`), 0, into, 0)
  return { end, value: into[0] ?? 0 }
}

describe('numbers of a page', () => {
  it('the fast reader gives every double that it takes exactly', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.nat(2), (value, form) => {
        const text = [String(value), value.toExponential(), value.toFixed(6)][form] ?? ''
        const { end, value: found } = scanned(text)
        if (end >= 0) expect(Object.is(found, Number(text))).toBe(true)
        expect(end === -1 || end === text.length).toBe(true)
      }),
      { numRuns: 5_000 },
    )
  })

  it.each([
    ['0', 0],
    ['-0', -0],
    ['1.7976931348623157e+308', 1.7976931348623157e308],
    ['4.9351e-05', 4.9351e-5],
    ['7.424100000000001e-05', 7.424100000000001e-5],
    ['9007199254740993', 9007199254740992],
    ['.5', 0.5],
    ['5.', 5],
  ])('%s is read at once', (text, value) => {
    expect(scanned(text)).toEqual({ end: text.length, value })
  })

  it.each(['', '-', '+1', 'NaN', '1x', '0x10', '1e', '1e+', '1_0', '1E5', '1e999'])(
    '%j is left to the parser',
    (text) => expect(scanned(text).end).toBe(-1),
  )

  it.each([
    ['+1', 1],
    ['1E5', 1e5],
    ['Inf', Infinity],
    ['-infinity', -Infinity],
    ['nan', Number.NaN],
  ])('the parser takes %s as Go does', (text, value) => {
    expect(parseGoFloat(text)).toBe(value)
  })

  it.each([
    ['0x1p-3', 'unsupported character in float'],
    ['1_0', 'unsupported character in float'],
    ['1e999', 'strconv.ParseFloat: parsing "1e999": value out of range'],
    ['\u00c3\u00a9\u00ff', 'strconv.ParseFloat: parsing "\u00e9\\xff": invalid syntax'],
    ['+nan', 'strconv.ParseFloat: parsing "+nan": invalid syntax'],
    ['', 'strconv.ParseFloat: parsing "": invalid syntax'],
  ])('the parser refuses %j with the words of Go', (text, message) => {
    expect(() => parseGoFloat(text)).toThrow(message)
  })

  it.each([
    [1, '1.0'],
    [0.25, '0.25'],
    [1e6, '1e+06'],
    [123456, '123456.0'],
    [1.5e-7, '1.5e-07'],
    [0.0001, '0.0001'],
    [Infinity, '+Inf'],
  ])('%d as a bucket is %s', (value, text) => {
    expect(openMetricsFloat(value)).toBe(text)
  })
})
