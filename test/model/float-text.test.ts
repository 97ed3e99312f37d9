import { describe, expect, it } from 'vitest'
import { goG } from '../../src/model/float-text.ts'

describe('floats as Go prints them', () => {
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
})
