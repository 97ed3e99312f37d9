import { metricNameLabel } from '../model/labels.ts'
import { Matcher } from '../model/matcher.ts'
import type { VectorSelector } from '../promql/parse/ast.ts'
import { selectorsOf } from '../promql/parse/expr-nodes.ts'
import { alertNameLabel, alertsMetric, forStateMetric } from './alerting-rule.ts'
import type { Rule } from './rule.ts'

/**
 * Indexes of rules that may be evaluated side by side, batch after batch (rows R2.8 and R2.9):
 * first those that read no other rule of the group, one by one those in the middle, last those
 * that nobody reads. Undefined where a selector could read anything: then one after the other.
 */
export function concurrentBatches(
  rules: readonly Rule[],
): readonly (readonly number[])[] | undefined {
  const reads = dependenciesOf(rules)
  if (reads === undefined) return undefined
  const isRead = new Set<number>()
  for (const found of reads) for (const index of found) isRead.add(index)
  const first: number[] = []
  const middle: number[] = []
  const last: number[] = []
  rules.forEach((_rule, index) => {
    if (reads[index]?.size === 0) first.push(index)
    else if (isRead.has(index)) middle.push(index)
    else last.push(index)
  })
  const batches = [first, ...middle.map((index) => [index]), last]
  return batches.filter((batch) => batch.length > 0)
}

/** For each rule those before it that it reads. */
function dependenciesOf(rules: readonly Rule[]): readonly ReadonlySet<number>[] | undefined {
  const reads: Set<number>[] = []
  if (rules.length <= 1) return rules.map(() => new Set<number>())
  for (const [index, rule] of rules.entries()) {
    const found = new Set<number>()
    for (const selector of selectorsOf(rule.definition.expr)) {
      const name = nameMatcher(selector)
      if (name === undefined) return undefined
      for (let other = 0; other < index; other++) {
        const candidate = rules[other]
        if (candidate !== undefined && doesRead(selector, name, candidate)) found.add(other)
      }
    }
    reads.push(found)
  }
  return reads
}

function nameMatcher({ name, matchers }: VectorSelector): Matcher | undefined {
  if (name !== '') return new Matcher('=', metricNameLabel, name)
  return matchers.find((matcher) => matcher.name === metricNameLabel)
}

function doesRead(selector: VectorSelector, name: Matcher, other: Rule): boolean {
  if (name.matches(other.name)) return true
  if (other.definition.kind !== 'alert') return false
  if (!name.matches(alertsMetric) && !name.matches(forStateMetric)) return false
  const alert = selector.matchers.find((matcher) => matcher.name === alertNameLabel)
  return alert === undefined || alert.matches(other.name)
}
