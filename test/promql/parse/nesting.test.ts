import { describe, expect, it } from 'vitest'
import { parseExpr } from '../../../src/promql/parse/parse.ts'
import { QueryParseError } from '../../../src/promql/parse/parse-error.ts'
import { prettifyExpr } from '../../../src/promql/parse/prettify.ts'
import { printExpr } from '../../../src/promql/parse/print.ts'

const many = 100_000

function failure(query: string): string {
  try {
    parseExpr(query)
  } catch (thrown) {
    if (thrown instanceof QueryParseError) return thrown.message
    throw thrown
  }
  return 'it parses'
}

describe('a query that nests', () => {
  it.each([
    [
      'parentheses',
      `${'('.repeat(many)}a${')'.repeat(many)}`,
      '1:2001: parse error: nesting of 2001 parentheses, limit 2000',
    ],
    [
      'open parentheses',
      '('.repeat(many),
      '1:2001: parse error: nesting of 2001 parentheses, limit 2000',
    ],
    [
      'calls',
      `${'abs('.repeat(many)}a${')'.repeat(many)}`,
      '1:8004: parse error: nesting of 2001 parentheses, limit 2000',
    ],
    [
      'signs',
      `${'-'.repeat(many)}a`,
      '1:1: parse error: nesting of 100000 expressions, limit 2000',
    ],
    [
      'powers',
      `a${'^a'.repeat(many)}`,
      '1:4002: parse error: nesting of 2001 operators, limit 2000',
    ],
    [
      'powers of signs',
      `a${'^-a'.repeat(many)}`,
      '1:6002: parse error: nesting of 2001 operators, limit 2000',
    ],
    [
      'durations',
      `a[${'('.repeat(many)}1m${')'.repeat(many)}]`,
      '1:2003: parse error: nesting of 2001 parentheses, limit 2000',
    ],
    [
      'subqueries',
      `a${'[1m:1m]'.repeat(many)}`,
      '1:1: parse error: nesting of 100000 expressions, limit 2000',
    ],
  ])('100,000 deep in %s is refused with its nesting and the limit', (_what, query, message) => {
    expect(failure(query)).toBe(message)
  })

  it.each([
    ['braces', '{'.repeat(many), `1:2: parse error: unexpected left brace '{'`],
    ['closing parentheses', ')'.repeat(many), `1:2: parse error: unexpected right parenthesis ')'`],
    ['open brackets', `a${'['.repeat(many)}`, '1:3: parse error: '],
  ])('100,000 %s have the error of the first', (_what, query, message) => {
    expect(failure(query)).toContain(message)
  })

  it('a chain to the left is no nesting: 20,000 terms are read and printed back', () => {
    const query = `a${' or a'.repeat(20_000)}`
    expect(printExpr(parseExpr(query))).toBe(query)
    expect(() => prettifyExpr(parseExpr(query))).toThrow('query over several lines is larger than')
  })
})
