import type { NameScheme } from '../model/name-validity.ts'
import { AnchoredRegex, RegexError } from '../model/regex.ts'
import {
  defaultRelabelRegex,
  defaultRelabelRule,
  type RelabelAction,
  type RelabelRule,
  relabelActions,
  relabelRuleFault,
} from '../model/relabel.ts'
import { documentProblem, FieldReader, type Located, problem, textOf } from './field-reader.ts'
import type { SectionReader } from './section-reader.ts'
import { isNull } from './yaml-node.ts'
import { type YamlMapping, yamlList, yamlListOrNone, yamlMap } from './yaml-text.ts'

/** A list of rules, checked; `emptyText` is upstream's sentence for a null entry (rows C11.*). */
export function readRelabelRules(
  fields: FieldReader,
  key: string,
  emptyText: string,
  nameScheme: NameScheme,
): readonly RelabelRule[] {
  return (
    fields.list(key, '[]*relabel.Config', (item) => readChecked(item, emptyText, nameScheme)) ?? []
  )
}

/** The same of a section that is printed as it is read. */
export function readRelabelSection(
  fields: SectionReader,
  key: string,
  emptyText: string,
  nameScheme: NameScheme,
): readonly RelabelRule[] {
  const rules = readRelabelRules(fields.fields, key, emptyText, nameScheme)
  fields.record([[key, yamlListOrNone(rules.map(printRelabelRule))]])
  return rules
}

function readChecked(item: Located, emptyText: string, nameScheme: NameScheme): RelabelRule {
  if (isNull(item.node)) throw problem(emptyText, item)
  const rule = readRelabelRule(item, nameScheme)
  const fault = relabelRuleFault(rule)
  if (fault !== undefined) throw documentProblem(fault, item)
  return rule
}

/** One rule with the defaults filled in, not yet checked. */
export function readRelabelRule(at: Located, nameScheme: NameScheme): RelabelRule {
  const fields = new FieldReader(at, 'relabel.plain')
  const rule: RelabelRule = {
    sourceLabels: fields.list('source_labels', 'model.LabelNames', sourceLabel),
    separator: fields.text('separator', defaultRelabelRule.separator),
    regex: readRegex(fields),
    modulus: fields.count64('modulus'),
    targetLabel: fields.text('target_label', ''),
    replacement: fields.text('replacement', defaultRelabelRule.replacement),
    action: readAction(fields),
    nameScheme,
  }
  fields.end()
  return rule
}

function readRegex(fields: FieldReader): AnchoredRegex {
  if (!fields.has('regex')) return defaultRelabelRule.regex
  const field = fields.take('regex')
  try {
    return new AnchoredRegex(field === undefined ? '' : textOf(field))
  } catch (thrown) {
    if (!(thrown instanceof RegexError)) throw thrown
    throw problem(thrown.message, field ?? fields.at)
  }
}

function readAction(fields: FieldReader): RelabelAction | '' {
  if (!fields.has('action')) return 'replace'
  const field = fields.take('action')
  if (field === undefined) return ''
  const text = textOf(field)
  const action = relabelActions.find((known) => known === text.toLowerCase())
  if (action === undefined) throw problem(`unknown relabel action ${JSON.stringify(text)}`, field)
  return action
}

function sourceLabel(at: Located): string {
  if (isNull(at.node)) return ''
  const name = textOf(at)
  if (name === '') throw problem('"" is not a valid label name', at)
  return name
}

/** One rule, in the form that the configuration dump has. */
export function printRelabelRule(rule: RelabelRule): YamlMapping {
  const sources = rule.sourceLabels ?? []
  return yamlMap([
    ['source_labels', sources.length === 0 ? undefined : yamlList(sources, true)],
    ['separator', rule.separator],
    ['regex', rule.regex === defaultRelabelRegex ? undefined : rule.regex.pattern],
    ['modulus', rule.modulus || undefined],
    ['target_label', rule.targetLabel || undefined],
    ['replacement', rule.replacement],
    ['action', rule.action || undefined],
  ])
}
