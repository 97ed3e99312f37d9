import { describe, expect, it } from 'vitest'
import { parseExpr } from '../../../src/promql/parse/parse.ts'
import { QueryParseError } from '../../../src/promql/parse/parse-error.ts'
import { prettifyExpr } from '../../../src/promql/parse/prettify.ts'
import { printExpr } from '../../../src/promql/parse/print.ts'

const many = 100_000

describe('a query that nests', () => {
  it.each([
    ['parentheses', `${'('.repeat(many)}a${')'.repeat(many)}`],
    ['open parentheses', '('.repeat(many)],
    ['calls', `${'abs('.repeat(many)}a${')'.repeat(many)}`],
    ['signs', `${'-'.repeat(many)}a`],
    ['powers', `a${'^a'.repeat(many)}`],
    ['durations', `a[${'('.repeat(many)}1m${')'.repeat(many)}]`],
  ])('100,000 deep in %s is refused by name', (_what, query) => {
    expect(() => parseExpr(query)).toThrow(QueryParseError)
    expect(() => parseExpr(query)).toThrow(/parse error: .*(?:nest|limit 2000)/)
  })

  it.each([
    ['braces', '{'.repeat(many), `1:2: parse error: unexpected left brace '{'`],
    ['closing parentheses', ')'.repeat(many), `1:2: parse error: unexpected right parenthesis ')'`],
  ])('100,000 %s have the error of the first', (_what, query, message) => {
    expect(() => parseExpr(query)).toThrow(message)
  })

  it('a chain to the left is no nesting: 20,000 terms are read and printed back', () => {
    const query = `a${' or a'.repeat(20_000)}`
    expect(printExpr(parseExpr(query))).toBe(query)
    expect(() => prettifyExpr(parseExpr(query))).toThrow('query over several lines is larger than')
  })
})
