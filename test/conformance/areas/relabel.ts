import { FieldReader } from '../../../src/config/field-reader.ts'

import { printRelabelRule, readRelabelRule } from '../../../src/config/relabel-config.ts'
import { parseYaml } from '../../../src/config/yaml-node.ts'
import { yamlText } from '../../../src/config/yaml-text.ts'
import { Labels } from '../../../src/model/labels.ts'
import type { NameScheme } from '../../../src/model/name-validity.ts'
import { AnchoredRegex } from '../../../src/model/regex.ts'
import {
  defaultRelabelRule,
  type RelabelAction,
  type RelabelRule,
  relabel as relabelLabels,
  relabelRuleFault,
} from '../../../src/model/relabel.ts'
import type { Area, CaseResult } from '../area.ts'
import { caseFile, caseName, difference, runCase } from '../case-file.ts'

export const relabel: Area = {
  async run(directory) {
    return [
      ...applied(directory),
      ...validated(directory),
      ...legacyTargets(directory),
      ...roundTrips(directory),
    ]
  },
}

/** A rule by its YAML keys. */
interface RuleData {
  readonly action?: RelabelAction
  readonly source_labels?: readonly string[]
  readonly separator?: string
  readonly regex?: string
  readonly modulus?: number
  readonly target_label?: string
  readonly replacement?: string
  readonly name_validation_scheme?: NameScheme
}

interface ApplyCase {
  readonly input: Readonly<Record<string, string>>
  readonly relabel_configs: readonly RuleData[]
  readonly drop: boolean
  readonly output?: Readonly<Record<string, string>>
}

function applied(directory: string): readonly CaseResult[] {
  return caseFile<ApplyCase>(directory, 'relabel.json').cases.map((one, index) =>
    runCase(caseName('relabel.json', index, one.input), () => {
      const rules = one.relabel_configs.map((data) => ruleOf(data, defaultRelabelRule))
      const output = relabelLabels(Labels.of(one.input), rules)
      const wanted = one.drop ? undefined : Labels.of(one.output ?? {}).toObject()
      return difference(output?.toObject(), wanted)
    }),
  )
}

const blankRule: RelabelRule = {
  ...defaultRelabelRule,
  action: '',
  separator: '',
  replacement: '',
}

function validated(directory: string): readonly CaseResult[] {
  const file = caseFile<{ config: RuleData; error_contains: string | null }>(
    directory,
    'validate.json',
  )
  return file.cases.map(({ config, error_contains: wanted }, index) =>
    runCase(caseName('validate.json', index, config), () => {
      // A lowercase rule is valid with the default replacement only.
      const fault = relabelRuleFault(ruleOf(config, blankRule))
      if (wanted === null) return difference(fault, undefined)
      return fault?.includes(wanted) === true ? undefined : `got ${fault}, wanted ${wanted}`
    }),
  )
}

function legacyTargets(directory: string): readonly CaseResult[] {
  const file = caseFile<{ target_label: string; valid: boolean }>(
    directory,
    'target_label_legacy.json',
  )
  return file.cases.map(({ target_label: targetLabel, valid }, index) =>
    runCase(caseName('target_label_legacy.json', index, targetLabel), () => {
      const rule = { ...defaultRelabelRule, targetLabel, nameScheme: 'legacy' } as const
      return difference(relabelRuleFault(rule) === undefined, valid)
    }),
  )
}

function roundTrips(directory: string): readonly CaseResult[] {
  const file = caseFile<{ name: string; yaml: string }>(directory, 'yaml_roundtrip.json')
  return file.cases.map(({ name, yaml }, index) =>
    runCase(caseName('yaml_roundtrip.json', index, name), () => {
      const node = parseYaml(yaml)
      if (node === undefined) return 'the text is empty'
      const at = { node, path: '' }
      new FieldReader(at, 'relabel.plain')
      return difference(yamlText(printRelabelRule(readRelabelRule(at, 'utf8'))), yaml)
    }),
  )
}

function ruleOf(data: RuleData, base: RelabelRule): RelabelRule {
  return {
    action: data.action ?? base.action,
    sourceLabels: data.source_labels ?? base.sourceLabels,
    separator: data.separator ?? base.separator,
    regex: data.regex === undefined ? base.regex : new AnchoredRegex(data.regex),
    modulus: data.modulus === undefined ? base.modulus : BigInt(data.modulus),
    targetLabel: data.target_label ?? base.targetLabel,
    replacement: data.replacement ?? base.replacement,
    nameScheme: data.name_validation_scheme ?? base.nameScheme,
  }
}
