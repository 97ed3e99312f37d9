import { limits } from '../../base/limits.ts'
import type { Expr } from './ast.ts'
import { parseExpr } from './parse.ts'
import type { ParseOptions } from './parse-options.ts'

/** Trees of the latest queries, which are never changed. Texts that do not parse are not kept. */
class ParsedQueries {
  readonly #treesMax: number
  /** The one used longest ago first. */
  readonly #trees = new Map<string, Expr>()

  constructor(treesMax: number) {
    this.#treesMax = treesMax
  }

  parse(query: string, options: ParseOptions): Expr {
    const key = keyOf(query, options)
    const known = this.#trees.get(key)
    const tree = known ?? parseExpr(query, options)
    this.#trees.delete(key)
    this.#trees.set(key, tree)
    if (this.#trees.size > this.#treesMax) {
      for (const oldest of this.#trees.keys()) {
        this.#trees.delete(oldest)
        break
      }
    }
    return tree
  }
}

/** Of a thread: panels ask the same ones again and again. */
const latest = new ParsedQueries(limits.parsedQueriesMax)

/** Rules come by in turn: of fewer than there are, none would be there when its turn comes. */
const ofRules = new ParsedQueries(limits.parsedRulesMax)

/** As parseExpr, which takes some tenths of a millisecond, but for the first time only. */
export function parseOnce(query: string, options: ParseOptions, isRule = false): Expr {
  if (query.length > limits.parsedQueryLengthMax) return parseExpr(query, options)
  return (isRule ? ofRules : latest).parse(query, options)
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
