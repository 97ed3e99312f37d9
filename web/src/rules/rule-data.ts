import type { LabelSet } from '../series/labels.ts'

export type AlertState = 'firing' | 'pending' | 'inactive' | 'unknown'

export interface AlertData {
  readonly labels: LabelSet
  readonly annotations: LabelSet
  readonly state: AlertState
  readonly activeAt: string
  readonly keepFiringSince?: string
  readonly value: string
}

interface OfRule {
  readonly name: string
  readonly query: string
  readonly labels: LabelSet
  readonly health: 'ok' | 'err' | 'unknown'
  readonly lastError?: string
  /** In seconds. */
  readonly evaluationTime: number
  readonly lastEvaluation: string
}

export interface AlertingRuleData extends OfRule {
  readonly type: 'alerting'
  readonly state: AlertState
  /** In seconds, as the next one. */
  readonly duration: number
  readonly keepFiringFor: number
  readonly annotations: LabelSet
  /** null where they were not asked for. */
  readonly alerts: readonly AlertData[] | null
}

interface RecordingRuleData extends OfRule {
  readonly type: 'recording'
}

export type RuleData = AlertingRuleData | RecordingRuleData

/** A group of /api/v1/rules. */
export interface RuleGroupData {
  readonly name: string
  readonly file: string
  readonly rules: readonly RuleData[]
  /** In seconds, as the next one. */
  readonly interval: number
  readonly evaluationTime: number
  readonly lastEvaluation: string
}

export interface RulesData {
  readonly groups: readonly RuleGroupData[]
}

/** The groups with those of their rules that are wanted and have every word; empty ones are left out. */
export function groupsWith(
  groups: readonly RuleGroupData[],
  isWanted: (rule: RuleData) => boolean,
  search: string,
): readonly RuleGroupData[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean)
  return groups
    .map((group) => ({
      ...group,
      rules: group.rules.filter((rule) => isWanted(rule) && hasWords(group, rule, words)),
    }))
    .filter(({ rules }) => rules.length > 0)
}

function hasWords(group: RuleGroupData, rule: RuleData, words: readonly string[]): boolean {
  const alerts = rule.type === 'alerting' ? (rule.alerts ?? []).map(({ labels }) => labels) : []
  const labels = [rule.labels, ...alerts].flatMap((set) =>
    Object.entries(set).map(([name, value]) => `${name}="${value}"`),
  )
  const text = [group.name, group.file, rule.name, rule.query, rule.lastError ?? '', ...labels]
    .join('\n')
    .toLowerCase()
  return words.every((word) => text.includes(word))
}

export function isAlerting(rule: RuleData): rule is AlertingRuleData {
  return rule.type === 'alerting'
}
