import { limits } from '../../base/limits.ts'
import type { Expr } from './ast.ts'
import { parseExpr } from './parse.ts'
import type { ParseOptions } from './parse-options.ts'

/**
 * The trees of the latest queries of a thread: panels and rules ask the same ones again and again,
 * and a tree is never changed. Texts that do not parse are not kept.
 */
const latest = new Map<string, Expr>()

/** As parseExpr, which takes some tenths of a millisecond, but for the first time only. */
export function parseOnce(query: string, options: ParseOptions): Expr {
  if (query.length > limits.parsedQueryLengthMax) return parseExpr(query, options)
  const key = keyOf(query, options)
  const known = latest.get(key)
  const tree = known ?? parseExpr(query, options)
  latest.delete(key)
  latest.set(key, tree)
  if (latest.size > limits.parsedQueriesMax) {
    for (const oldest of latest.keys()) {
      latest.delete(oldest)
      break
    }
  }
  return tree
}

function keyOf(query: string, options: ParseOptions): string {
  const flags = [
    options.experimentalFunctions,
    options.durationExpressions,
    options.extendedRangeSelectors,
    options.binopFillModifiers,
  ]
  return flags.map(Number).join('') + query
}
