import { compareBytes } from '../model/byte-order.ts'
import { goQuote } from '../model/go-quote.ts'
import type { GroupDefinition, RuleDefinition } from '../rules/rule-file.ts'
import type { ToolTerminal } from './terminal.ts'

/** Whether --lint asks for duplicate rules; what it does not know is told as promtool tells it. */
export function lintsDuplicates(lints: readonly string[], terminal: ToolTerminal): boolean {
  const known = ['all', 'duplicate-rules', 'none']
  for (const lint of lints) {
    if (!known.includes(lint)) terminal.print(`WARNING: unknown lint option: ${goQuote(lint)}\n`)
  }
  return lints.includes('all') || lints.includes('duplicate-rules')
}

/** Promtool's words for rules that write the same series twice; undefined where there are none. */
export function duplicateRulesText(groups: readonly GroupDefinition[]): string | undefined {
  const firsts = new Set<string>()
  const twice = new Map<string, RuleDefinition>()
  for (const rule of groups.flatMap(({ rules }) => rules)) {
    const key = `${rule.name}\n${rule.labels.key()}`
    if (firsts.has(key)) twice.set(key, rule)
    firsts.add(key)
  }
  if (twice.size === 0) return undefined
  const sorted = [...twice.values()].sort(
    (a, b) => compareBytes(a.name, b.name) || a.labels.compare(b.labels),
  )
  const told = sorted.map(({ name, labels }) => {
    const pairs = [...labels.entries()].map(([label, value]) => `\t${label}: ${value}\n`)
    return `Metric: ${name}\nLabel(s):\n${pairs.join('')}`
  })
  const head = `lint error ${sorted.length} duplicate rule(s) found.\n`
  return `${head}${told.join('')}Might cause inconsistency while recording expressions`
}
