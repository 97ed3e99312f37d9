import { metricNameLabel } from '../model/labels.ts'
import { Matcher } from '../model/matcher.ts'
import type { Expr } from '../promql/parse/ast.ts'
import { nodesOf, selectorsOf } from '../promql/parse/expr-nodes.ts'
import { alertNameLabel, alertsMetric, forStateMetric } from './alerting-rule.ts'
import type { RuleDefinition } from './rule-file.ts'

/** Labels that every series has which a rule writes; others it may have besides. */
export type RuleOutput = ReadonlyMap<string, string>

/** What a rule writes: one kind of series, or the two of alerts. */
export function outputsOf({ kind, name, labels }: RuleDefinition): readonly RuleOutput[] {
  if (kind === 'record') return [new Map([...labels.entries(), [metricNameLabel, name]])]
  const constant = [...labels.entries()].filter(([, value]) => !value.includes('{{'))
  return [alertsMetric, forStateMetric].map(
    (metric) => new Map([...constant, [alertNameLabel, name], [metricNameLabel, metric]]),
  )
}

/** Matchers that select what the rule writes, and nothing that another one of another name does. */
export function matchersOf(output: RuleOutput): readonly Matcher[] {
  return [...output].map(([name, value]) => new Matcher('=', name, value))
}

/** Whether matchers may select a series of these labels, whatever others it has. */
export function maySelect(matchers: readonly Matcher[], output: RuleOutput): boolean {
  return matchers.every((matcher) => {
    const value = output.get(matcher.name)
    return value === undefined || matcher.matches(value)
  })
}

/** Whether an expression may read what one of the outputs is. */
export function readsAny(expr: Expr, outputs: readonly RuleOutput[]): boolean {
  for (const { matchers } of selectorsOf(expr)) {
    if (outputs.some((output) => maySelect(matchers, output))) return true
  }
  return false
}

/**
 * Whether a range query answers at each of its steps what an instant query there does, and reads no
 * sample behind that step. Where this cannot be told the answer is no.
 */
export function isSteady(expr: Expr): boolean {
  for (const node of nodesOf(expr)) if (!isSteadyNode(node)) return false
  return true
}

function isSteadyNode(node: Expr): boolean {
  switch (node.kind) {
    case 'vector-selector':
      return isPlacedBehind(node) && node.edges === 'plain'
    case 'range-selector':
      return node.rangeExpr === undefined && isSteadyNode(node.selector)
    case 'subquery':
      return isPlacedBehind(node) && node.rangeExpr === undefined && node.stepExpr === undefined
    case 'aggregate':
      // Which ones are taken may depend on those that other steps have.
      return node.op !== 'limitk' && node.op !== 'limit_ratio'
    case 'call':
      // It selects series that no selector names.
      return node.name !== 'info'
    case 'duration':
      return false
    default:
      return true
  }
}

function isPlacedBehind(node: Extract<Expr, { kind: 'vector-selector' | 'subquery' }>): boolean {
  return node.at.kind === 'none' && node.offsetMs >= 0 && node.offsetExpr === undefined
}
