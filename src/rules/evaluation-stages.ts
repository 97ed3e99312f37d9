import { metricNameLabel } from '../model/labels.ts'
import type { VectorSelector } from '../promql/parse/ast.ts'
import { selectorsOf } from '../promql/parse/expr-nodes.ts'
import { alertsMetric, forStateMetric } from './alerting-rule.ts'
import type { Rule } from './rule.ts'

/**
 * Indexes of rules, stage by stage: all queries of a stage may be answered before any of its results
 * is written, and everybody reads what would be read one after the other (row R2.2). So in a stage no
 * rule reads what an earlier one writes, and who is read by an earlier rule does not write before it.
 */
export function evaluationStages(rules: readonly Rule[]): readonly (readonly number[])[] {
  const levels = new Levels()
  const stages: number[][] = []
  for (const [index, rule] of rules.entries()) {
    const level = levels.place(rule)
    const stage = stages[level]
    if (stage === undefined) stages[level] = [index]
    else stage.push(index)
  }
  return stages
}

/** The stages of the rules so far; -1 for none. */
class Levels {
  /** By metric: the last stage in which somebody writes, or reads, it. */
  readonly #writers = new Map<string, number>()
  readonly #readers = new Map<string, number>()
  /** By alertname. */
  readonly #alerts = new Map<string, number>()
  #last = -1
  #lastAlert = -1
  /** Of rules that may read anything. */
  #lastReader = -1

  place(rule: Rule): number {
    const names = readBy(rule)
    const level = Math.max(0, this.#afterWriters(names), this.#withReaders(rule))
    this.#last = Math.max(this.#last, level)
    if (names === 'anything') this.#lastReader = Math.max(this.#lastReader, level)
    else for (const name of names) raise(this.#readers, name, level)
    if (rule.definition.kind === 'alert') {
      this.#lastAlert = Math.max(this.#lastAlert, level)
      raise(this.#alerts, rule.name, level)
    } else raise(this.#writers, rule.name, level)
    return level
  }

  #afterWriters(names: ReadonlySet<string> | 'anything'): number {
    if (names === 'anything') return this.#last + 1
    let level = 0
    for (const name of names) {
      level = Math.max(level, (this.#writers.get(name) ?? -1) + 1)
      if (isOfAlerts(name)) level = Math.max(level, this.#lastAlert + 1)
    }
    return level
  }

  /** Not before those who read what it writes, and after those who write it, too. */
  #withReaders({ name, definition: { kind } }: Rule): number {
    const others = kind === 'alert' ? this.#alerts : this.#writers
    const written = kind === 'alert' ? [alertsMetric, forStateMetric] : [name]
    const readers = written.map((metric) => this.#readers.get(metric) ?? -1)
    return Math.max(this.#lastReader, (others.get(name) ?? -1) + 1, ...readers)
  }
}

function raise(levels: Map<string, number>, name: string, level: number): void {
  levels.set(name, Math.max(levels.get(name) ?? -1, level))
}

function isOfAlerts(name: string): boolean {
  return name === alertsMetric || name === forStateMetric
}

/** Names of the metrics that a rule's query selects; its templates may ask for others. */
function readBy({
  definition: { expr, labels, annotations },
}: Rule): ReadonlySet<string> | 'anything' {
  const texts = [...labels.entries(), ...annotations.entries()]
  if (texts.some(([, text]) => /\{\{[\s\S]*\bquery\b/.test(text))) return 'anything'
  const names = new Set<string>()
  for (const selector of selectorsOf(expr)) {
    const name = nameOf(selector)
    if (name === undefined) return 'anything'
    names.add(name)
  }
  return names
}

function nameOf({ name, matchers }: VectorSelector): string | undefined {
  if (name !== '') return name
  return matchers.find(({ name, op }) => name === metricNameLabel && op === '=')?.value
}
