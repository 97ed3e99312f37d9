import { createHash } from 'node:crypto'
import { type Labels, LabelsBuilder } from './labels.ts'
import { isValidLabelName, type NameScheme } from './name-validity.ts'
import { AnchoredRegex } from './regex.ts'
import { expandTemplate } from './regex-template.ts'
import { simpleLowerCase, simpleUpperCase } from './simple-case.ts'

export const relabelActions = [
  'replace',
  'keep',
  'drop',
  'keepequal',
  'dropequal',
  'hashmod',
  'labelmap',
  'labeldrop',
  'labelkeep',
  'lowercase',
  'uppercase',
] as const

export type RelabelAction = (typeof relabelActions)[number]

/** One rule of relabel_configs (rows C11.*), checked by `relabelRuleFault` before it is used. */
export interface RelabelRule {
  /** '' only in a rule that has not been checked. */
  readonly action: RelabelAction | ''
  /** undefined = not given, which some actions demand. */
  readonly sourceLabels: readonly string[] | undefined
  readonly separator: string
  /** `defaultRelabelRegex` itself where the user gave none. */
  readonly regex: AnchoredRegex
  /** Of 64 bits. */
  readonly modulus: bigint
  readonly targetLabel: string
  readonly replacement: string
  readonly nameScheme: NameScheme
}

export const defaultRelabelRegex = new AnchoredRegex('(.*)')

export const defaultRelabelRule: RelabelRule = {
  action: 'replace',
  sourceLabels: undefined,
  separator: ';',
  regex: defaultRelabelRegex,
  modulus: 0n,
  targetLabel: '',
  replacement: '$1',
  nameScheme: 'utf8',
}

/** The labels after all rules in order, or undefined where a rule drops them. */
export function relabel(labels: Labels, rules: readonly RelabelRule[]): Labels | undefined {
  if (rules.length === 0) return labels
  const builder = new LabelsBuilder(labels)
  return relabelBuilder(builder, rules) ? builder.build() : undefined
}

/** The same on a builder; false = dropped, and then the builder is in between. */
export function relabelBuilder(builder: LabelsBuilder, rules: readonly RelabelRule[]): boolean {
  return rules.every((rule) => applyRule(builder, rule))
}

function applyRule(builder: LabelsBuilder, rule: RelabelRule): boolean {
  const { regex, targetLabel } = rule
  const source = (rule.sourceLabels ?? []).map((name) => builder.get(name)).join(rule.separator)
  switch (rule.action) {
    case 'drop':
      return !regex.test(source)
    case 'keep':
      return regex.test(source)
    case 'dropequal':
      return builder.get(targetLabel) !== source
    case 'keepequal':
      return builder.get(targetLabel) === source
    case 'replace':
      replace(builder, rule, source)
      return true
    case 'lowercase':
      builder.set(targetLabel, simpleLowerCase(source))
      return true
    case 'uppercase':
      builder.set(targetLabel, simpleUpperCase(source))
      return true
    case 'hashmod':
      builder.set(targetLabel, hashModulo(source, rule.modulus))
      return true
    default:
      mapNames(builder, rule)
      return true
  }
}

function replace(builder: LabelsBuilder, rule: RelabelRule, source: string): void {
  const groups = rule.regex.groups(source)
  if (groups === undefined) return
  const target = expandTemplate(rule.targetLabel, groups)
  if (!isValidLabelName(target, rule.nameScheme)) return
  builder.set(target, expandTemplate(rule.replacement, groups))
}

/** labelmap, labeldrop and labelkeep: the rule sees the names as they were before it. */
function mapNames(builder: LabelsBuilder, rule: RelabelRule): void {
  const pairs = builder.names().map((name) => [name, builder.get(name)] as const)
  for (const [name, value] of pairs) {
    if (rule.action === 'labelmap') {
      const groups = rule.regex.groups(name)
      if (groups !== undefined) builder.set(expandTemplate(rule.replacement, groups), value)
    } else if (rule.regex.test(name) === (rule.action === 'labeldrop')) {
      builder.delete(name)
    }
  }
}

/** The last 8 bytes of the MD5 as a big-endian number, modulo; decimal (row C11.6). */
function hashModulo(text: string, modulus: bigint): string {
  const digest = createHash('md5').update(text).digest()
  return String(digest.readBigUInt64BE(8) % modulus)
}

// Unambiguous on purpose: each text can match in one way only, so no input makes it slow.
const legacyTemplate = /^(?:[a-zA-Z_]|\$(?:\{\w+\}|\w))(?:\w|\$(?:\{\w+\}|\w))*$/

/** What is wrong with a rule, in upstream's words, or undefined. */
export function relabelRuleFault(rule: RelabelRule): string | undefined {
  const { action } = rule
  if (action === '') return 'relabel action cannot be empty'
  if (action === 'hashmod' && rule.modulus === 0n) {
    return 'relabel configuration for hashmod requires non-zero modulus'
  }
  if (wantsTarget.has(action) && rule.targetLabel === '') {
    return `relabel configuration for ${action} action requires 'target_label' value`
  }
  return nameFault(rule) ?? extraFieldFault(rule)
}

const wantsTarget: ReadonlySet<string> = new Set([
  'replace',
  'hashmod',
  'lowercase',
  'uppercase',
  'keepequal',
  'dropequal',
])

function nameFault(rule: RelabelRule): string | undefined {
  const { action, targetLabel, replacement } = rule
  const isTemplate = targetLabel.includes('$')
  if (action === 'labelmap' && !isValidTemplate(replacement, rule.nameScheme)) {
    return `${JSON.stringify(replacement)} is invalid 'replacement' for ${action} action`
  }
  if (!wantsTarget.has(action)) return undefined
  const isValid =
    action === 'replace' && isTemplate
      ? isValidTemplate(targetLabel, rule.nameScheme)
      : isValidLabelName(targetLabel, rule.nameScheme)
  return isValid
    ? undefined
    : `${JSON.stringify(targetLabel)} is invalid 'target_label' for ${action} action`
}

/** Under UTF-8 every text is a name, templates too; the legacy names allow variables in between. */
function isValidTemplate(text: string, scheme: NameScheme): boolean {
  return scheme === 'utf8' ? isValidLabelName(text, scheme) : legacyTemplate.test(text)
}

function extraFieldFault(rule: RelabelRule): string | undefined {
  const { action } = rule
  const hasReplacement = rule.replacement !== defaultRelabelRule.replacement
  const isBare =
    rule.modulus === 0n && rule.separator === defaultRelabelRule.separator && !hasReplacement
  switch (action) {
    case 'lowercase':
    case 'uppercase':
    case 'keepequal':
    case 'dropequal':
      if (hasReplacement) return `'replacement' can not be set for ${action} action`
      if (action === 'lowercase' || action === 'uppercase') return undefined
      return isBare && rule.regex === defaultRelabelRegex
        ? undefined
        : `${action} action requires only 'source_labels' and \`target_label\`, and no other fields`
    case 'labeldrop':
    case 'labelkeep':
      return isBare && rule.sourceLabels === undefined && rule.targetLabel === ''
        ? undefined
        : `${action} action requires only 'regex', and no other fields`
    default:
      return undefined
  }
}
