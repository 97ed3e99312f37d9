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
  ])('%s reads as %s: behind two signs it is a whole duration expression', (query, expected) => {
    expect(printed(query)).toBe(expected)
  })

  it('of two signs is refused as any duration expression where those are not enabled', () => {
    const options = { ...defaultParseOptions, durationExpressions: false }
    const words = 'experimental duration expression is not enabled'
    expect(() => parseExpr('x offset --step()', options)).toThrow(words)
  })
})
