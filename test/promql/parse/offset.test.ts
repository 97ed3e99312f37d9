import { describe, expect, it } from 'vitest'
import { parseExpr } from '../../../src/promql/parse/parse.ts'
import { defaultParseOptions } from '../../../src/promql/parse/parse-options.ts'
import { printExpr } from '../../../src/promql/parse/print.ts'

const printed = (query: string) =>
  printExpr(parseExpr(query, { ...defaultParseOptions, durationExpressions: true }))

describe('an offset', () => {
  it.each([
    ['x offset -5m', 'x offset -5m'],
    ['x offset - 2 ^ 2', 'x offset -2s ^ 2'],
    ['x offset --5m', 'x offset 5m'],
    ['x offset -+-5m', 'x offset 5m'],
    ['x offset -step()', 'x offset -step()'],
    ['x offset --step()', 'x offset --step()'],
    ['x offset --step() + 5m', 'x offset --step() + 5m'],
    ['x offset (5) % 3', 'x offset (5) % 3'],
    ['x offset (5m)*2 > 1', 'x offset (5m) * 2 > 1'],
    ['x offset -(5m) * 2', 'x offset -(5m) * 2'],
  ])(
    '%s reads as %s: behind two signs or a parenthesis it is a whole duration expression',
    (query, expected) => {
      expect(printed(query)).toBe(expected)
    },
  )

  it.each([
    ['(5m) * 2', 'vector-selector'],
    ['-(5m) * 2', 'binary'],
    ['5m * 2', 'binary'],
    ['step() * 2', 'binary'],
  ])('of %s makes the whole a %s', (offset, kind) => {
    expect(parseExpr(`x offset ${offset}`, defaultParseOptions).kind).toBe(kind)
  })

  it('that begins with a parenthesis takes what follows for a duration', () => {
    const parsed = (query: string) => () => parseExpr(query, defaultParseOptions)
    const expected = 'in offset, expected number, duration, step(), or range()'
    expect(parsed('x offset (5) + y')).toThrow(
      `1:16: parse error: unexpected identifier "y" ${expected}`,
    )
    expect(parsed('x offset (5)%')).toThrow(
      `1:14: parse error: unexpected end of input ${expected}`,
    )
  })

  it('of two signs is refused as any duration expression where those are not enabled', () => {
    const options = { ...defaultParseOptions, durationExpressions: false }
    const words = 'experimental duration expression is not enabled'
    expect(() => parseExpr('x offset --step()', options)).toThrow(words)
  })
})
