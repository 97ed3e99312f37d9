import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Expr } from '../../../src/promql/parse/ast.ts'
import { parseExpr } from '../../../src/promql/parse/parse.ts'
import { QueryParseError } from '../../../src/promql/parse/parse-error.ts'
import { prettifyExpr } from '../../../src/promql/parse/prettify.ts'
import { printExpr } from '../../../src/promql/parse/print.ts'
import { queryTreeJson } from '../../../src/promql/parse/query-tree.ts'
import { generatedQuery } from '../generated-query.ts'

describe('a printed query', () => {
  it('has the tree of the one it was printed from, on one line and over several', () => {
    fc.assert(
      fc.property(generatedQuery, (query) => {
        const tree = treeOf(query)
        // Some are errors.
        if (tree === undefined) return
        const printed = printExpr(tree)
        const again = parseExpr(printed)
        const json = queryTreeJson(tree)
        const others = [again, parseExpr(prettifyExpr(tree))]
        // Ten thousand times three expectations would take as long as all the rest.
        if (
          others.every((other) => queryTreeJson(other) === json && printExpr(other) === printed)
        ) {
          return
        }
        expect(others.map((other) => [printExpr(other), queryTreeJson(other)])).toEqual([
          [printed, json],
          [printed, json],
        ])
      }),
      { numRuns: 10_000 },
    )
  })
})

function treeOf(query: string): Expr | undefined {
  try {
    return parseExpr(query)
  } catch (thrown) {
    if (thrown instanceof QueryParseError) return undefined
    throw thrown
  }
}
