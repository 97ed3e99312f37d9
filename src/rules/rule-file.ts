import { type RuleFileFaults, type RuleNode, readRuleFile } from '../config/rule-file.ts'
import type { PlacedText } from '../config/strict-yaml.ts'
import { goQuote } from '../model/go-quote.ts'
import { Labels, metricNameLabel } from '../model/labels.ts'
import { isValidLabelName, isValidMetricName, type NameScheme } from '../model/name-validity.ts'
import type { Expr } from '../promql/parse/ast.ts'
import { parseExpr } from '../promql/parse/parse.ts'
import { QueryParseError } from '../promql/parse/parse-error.ts'
import type { ParseOptions } from '../promql/parse/parse-options.ts'
import { printExpr } from '../promql/parse/print.ts'
import { alertTemplate } from './alert-template.ts'
import { TemplateSyntaxError } from './template-parser.ts'

/** A rule that was found valid. */
export interface RuleDefinition {
  readonly kind: 'record' | 'alert'
  readonly name: string
  readonly expr: Expr
  /** The expression in its canonical form. */
  readonly query: string
  readonly forMs: number
  readonly keepFiringForMs: number
  /** Its own over those of its group; an empty one takes away what the query has. */
  readonly labels: Labels
  readonly annotations: Labels
}

export interface GroupDefinition {
  readonly name: string
  /** 0 is the global interval. */
  readonly intervalMs: number
  /** Undefined is the global offset. */
  readonly queryOffsetMs: number | undefined
  readonly limit: number
  readonly rules: readonly RuleDefinition[]
}

export interface RuleFileOptions {
  readonly nameScheme: NameScheme
  readonly language: ParseOptions
  readonly ignoresUnknown?: boolean
}

export type RuleFileResult =
  | {
      readonly ok: true
      readonly groups: readonly GroupDefinition[]
      readonly hasMoreDocuments: boolean
    }
  | ({ readonly ok: false } & RuleFileFaults)

/** What to tell of a file that has them. */
export const moreDocuments =
  'Multiple document yaml rules files are not supported, only the first document is processed'

/** Reads and checks a rule file (rows R1.*): all its errors, with upstream's words and places. */
export function parseRuleFile(text: string, options: RuleFileOptions): RuleFileResult {
  const read = readRuleFile(text, options.ignoresUnknown === true)
  if ('errors' in read) return { ok: false, ...read }
  const errors: string[] = []
  const names = new Set<string>()
  const groups = read.groups.map((group): GroupDefinition => {
    const { name } = group
    // Upstream has lost the places of groups.
    if (name === '') errors.push('0:0: Groupname must not be empty')
    if (names.has(name)) errors.push(`0:0: groupname: "${name}" is repeated in the same file`)
    names.add(name)
    for (const fault of labelFaults(group.labels, options.nameScheme)) errors.push(fault)
    const rules = group.rules.map((rule, index) => {
      const tell = (words: string, places: readonly PlacedText[] = []) => {
        const place = places.map(({ line, column }) => `${line}:${column}: `).join('')
        const called = goQuote(rule.alert.text || rule.record.text)
        errors.push(`${place}group ${goQuote(name)}, rule ${index + 1}, ${called}: ${words}`)
      }
      return ruleOf(rule, group.labels, options, tell)
    })
    const { intervalMs, queryOffsetMs, limit } = group
    const valid = rules.filter((rule) => rule !== undefined)
    return { name, intervalMs, queryOffsetMs, limit, rules: valid }
  })
  if (errors.length > 0) return { ok: false, errors, hasMoreDocuments: read.hasMoreDocuments }
  return { ok: true, groups, hasMoreDocuments: read.hasMoreDocuments }
}

type Tell = (words: string, places?: readonly PlacedText[]) => void

function ruleOf(
  rule: RuleNode,
  groupLabels: ReadonlyMap<string, string>,
  options: RuleFileOptions,
  tell: Tell,
): RuleDefinition | undefined {
  const { record, alert } = rule
  if (record.text !== '' && alert.text !== '') {
    tell("only one of 'record' and 'alert' must be set", [record, alert])
  }
  if (record.text === '' && alert.text === '') {
    tell("one of 'record' or 'alert' must be set", [record, alert])
  }
  const expr = exprOf(rule.expr, options.language, tell)
  if (record.text !== '') checkRecord(rule, options.nameScheme, tell)
  for (const fault of labelFaults(rule.labels, options.nameScheme)) tell(fault)
  for (const name of rule.annotations.keys()) {
    if (!isValidLabelName(name, options.nameScheme)) tell(`invalid annotation name: ${name}`)
  }
  if (alert.text !== '') checkTemplates(rule, tell)
  if (expr === undefined) return undefined
  return {
    kind: alert.text === '' ? 'record' : 'alert',
    name: alert.text || record.text,
    expr,
    query: printExpr(expr),
    forMs: rule.forMs,
    keepFiringForMs: rule.keepFiringForMs,
    labels: Labels.withEmptyValues(new Map([...groupLabels, ...rule.labels])),
    annotations: Labels.withEmptyValues(rule.annotations),
  }
}

function exprOf(at: PlacedText, language: ParseOptions, tell: Tell): Expr | undefined {
  if (at.text === '') {
    tell("field 'expr' must be set in rule", [at])
    return undefined
  }
  try {
    return parseExpr(at.text, language)
  } catch (thrown) {
    if (!(thrown instanceof QueryParseError)) throw thrown
    tell(`could not parse expression: ${thrown.message}`, [at])
    return undefined
  }
}

function checkRecord(rule: RuleNode, scheme: NameScheme, tell: Tell): void {
  const { record } = rule
  const wrong = (field: string) => tell(`invalid field '${field}' in recording rule`, [record])
  if (rule.annotations.size > 0) wrong('annotations')
  if (rule.forMs !== 0) wrong('for')
  if (rule.keepFiringForMs !== 0) wrong('keep_firing_for')
  if (!isValidMetricName(record.text, scheme)) {
    tell(`invalid recording rule name: ${record.text}`, [record])
  }
  if (/[{}]/.test(record.text)) {
    const words = 'braces present in the recording rule name; should it be in expr?'
    tell(`${words}: ${record.text}`, [record])
  }
}

function labelFaults(labels: ReadonlyMap<string, string>, scheme: NameScheme): readonly string[] {
  return [...labels.keys()]
    .filter((name) => !isValidLabelName(name, scheme) || name === metricNameLabel)
    .map((name) => `invalid label name: ${name}`)
}

function checkTemplates(rule: RuleNode, tell: Tell): void {
  const check = (kind: string, texts: ReadonlyMap<string, string>) => {
    for (const [name, text] of texts) {
      const fault = templateFault(rule.alert.text, text)
      if (fault !== undefined) tell(`${kind} ${goQuote(name)}: ${fault}`)
    }
  }
  check('label', rule.labels)
  check('annotation', rule.annotations)
}

function templateFault(alert: string, text: string): string | undefined {
  try {
    alertTemplate(alert, text)
    return undefined
  } catch (thrown) {
    if (!(thrown instanceof TemplateSyntaxError)) throw thrown
    return thrown.message
  }
}
