import { describe, expect, it } from 'vitest'
import { goG } from '../../src/model/float-text.ts'
import { goDuration, goQ } from '../../src/tool/go-text.ts'

describe('texts as Go prints them', () => {
  it.each([
    [0, '0'],
    [-0, '-0'],
    [999_999, '999999'],
    [1e6, '1e+06'],
    [1_234_567.5, '1.2345675e+06'],
    [1e-4, '0.0001'],
    [0.000_099, '9.9e-05'],
    [-1.5e300, '-1.5e+300'],
    [5e-324, '5e-324'],
    [Number.NaN, 'NaN'],
    [Infinity, '+Inf'],
    [-Infinity, '-Inf'],
  ])('%g is %s', (value, text) => {
    expect(goG(value)).toBe(text)
  })

  it.each([
    [0, '0s'],
    [1, '1ms'],
    [1_000, '1s'],
    [59_001, '59.001s'],
    [60_000, '1m0s'],
    [3_600_000, '1h0m0s'],
    [7_179_887, '1h59m39.887s'],
    [93_784_000, '26h3m4s'],
  ])('%i ms are %s', (durationMs, text) => {
    expect(goDuration(durationMs)).toBe(text)
  })

  it('quotes are those of %q', () => {
    expect(goQ('a b')).toBe('"a b"')
    expect(goQ('a"\\\n\u0001é')).toBe('"a\\"\\\\\\n\\x01é"')
  })
})
