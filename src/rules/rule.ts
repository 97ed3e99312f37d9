import type { Labels } from '../model/labels.ts'
import type { RuleDefinition } from './rule-file.ts'

export type RuleHealth = 'unknown' | 'ok' | 'err'

/** What every rule is and how its last evaluation went. */
export abstract class Rule {
  health: RuleHealth = 'unknown'
  /** '' where there was none. */
  lastError = ''
  evaluationMs = 0
  /** By the wall clock; undefined before the first one. */
  lastEvaluationMs: number | undefined

  constructor(readonly definition: RuleDefinition) {}

  get name(): string {
    return this.definition.name
  }

  get labels(): Labels {
    return this.definition.labels
  }

  /** Equal for rules that keep each other's state over a reload (row R2.7). */
  get identity(): string {
    return `${this.name}\n${this.labels.key()}`
  }

  /** Equal for rules that are the same in everything. */
  get fullText(): string {
    const { kind, name, query, forMs, keepFiringForMs, labels, annotations } = this.definition
    const texts = [kind, name, query, forMs, keepFiringForMs, labels.key(), annotations.key()]
    return texts.join('\n')
  }

  succeeded(): void {
    this.health = 'ok'
    this.lastError = ''
  }

  failed(words: string): void {
    this.health = 'err'
    this.lastError = words
  }
}
