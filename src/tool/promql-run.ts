import { NarthexError } from '../base/errors.ts'
import { Matcher } from '../model/matcher.ts'
import { RegexError } from '../model/regex.ts'
import type { Expr } from '../promql/parse/ast.ts'
import { editSelectors } from '../promql/parse/edit-selectors.ts'
import { parseExpr } from '../promql/parse/parse.ts'
import { defaultParseOptions, type ParseOptions } from '../promql/parse/parse-options.ts'
import { prettifyExpr } from '../promql/parse/prettify.ts'
import type { PromqlCommand } from './promql-command-line.ts'
import type { ToolTerminal } from './terminal.ts'

/** Promtool's words. */
const needsExperimental =
  'This command is experimental and requires the --experimental flag to be set.'

/** Runs a command and answers the exit code: 1 where the query does not parse. */
export function runPromql(command: PromqlCommand, terminal: ToolTerminal): number {
  try {
    if (!command.isExperimental) throw new NarthexError('FLAG_INVALID', needsExperimental)
    const expr = parseExpr(command.query, languageOf(command.features))
    terminal.print(`${prettifyExpr(edited(expr, command))}\n`)
    return 0
  } catch (thrown) {
    if (!(thrown instanceof NarthexError || thrown instanceof RegexError)) throw thrown
    terminal.warn(thrown.message)
    return 1
  } finally {
    terminal.end()
  }
}

function edited(expr: Expr, command: PromqlCommand): Expr {
  if (command.kind === 'format') return expr
  const { name } = command
  if (command.kind === 'delete') {
    return editSelectors(expr, (matchers) => matchers.filter((each) => each.name !== name))
  }
  const matcher = new Matcher(command.op, name, command.value)
  return editSelectors(expr, (matchers) =>
    matchers.some((each) => each.name === name)
      ? matchers.map((each) => (each.name === name ? matcher : each))
      : [...matchers, matcher],
  )
}

/** The language with what --enable-feature names. */
export function languageOf(features: readonly string[]): ParseOptions {
  return {
    ...defaultParseOptions,
    experimentalFunctions: features.includes('promql-experimental-functions'),
    extendedRangeSelectors: features.includes('promql-extended-range-selectors'),
    binopFillModifiers: features.includes('promql-binop-fill-modifiers'),
  }
}
