import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { NameScheme } from '../../../src/model/name-validity.ts'
import { defaultParseOptions } from '../../../src/promql/parse/parse-options.ts'
import { parseRuleFile, type RuleFileResult } from '../../../src/rules/rule-file.ts'
import type { Area, CaseResult } from '../area.ts'
import { caseName, runCase } from '../case-file.ts'

interface FileCase {
  readonly file: string
  readonly expect: 'good' | 'bad'
  readonly scheme: NameScheme
  readonly error_contains?: string
}

interface InlineCase {
  readonly yaml: string
  readonly ok: boolean
  readonly groups?: number
  readonly multi_document_warning?: boolean
}

interface Manifest {
  readonly files: readonly FileCase[]
  readonly inline: readonly InlineCase[]
}

export const rulefmt: Area = {
  async run(directory) {
    const manifest: Manifest = JSON.parse(readFileSync(join(directory, 'manifest.json'), 'utf8'))
    return [
      ...manifest.files.map((one) => ofFile(directory, one)),
      ...manifest.inline.map(inlineCase),
    ]
  },
}

function parse(text: string, nameScheme: NameScheme): RuleFileResult {
  return parseRuleFile(text, { nameScheme, language: defaultParseOptions })
}

function ofFile(directory: string, one: FileCase): CaseResult {
  return runCase(one.file, () => {
    const found = parse(readFileSync(join(directory, one.file), 'utf8'), one.scheme)
    if (found.ok) return one.expect === 'good' ? undefined : 'is good'
    const words = found.errors.join('\n')
    const isWanted = one.expect === 'bad' && words.includes(one.error_contains ?? '')
    return isWanted ? undefined : words
  })
}

function inlineCase(one: InlineCase, index: number): CaseResult {
  return runCase(caseName('inline', index, one.yaml), () => {
    const found = parse(one.yaml, 'utf8')
    if (!found.ok) return one.ok ? found.errors.join('\n') : undefined
    if (!one.ok) return 'is good'
    if (one.groups !== undefined && found.groups.length !== one.groups) {
      return `has ${found.groups.length} groups`
    }
    const warns = one.multi_document_warning
    return warns === undefined || warns === found.hasMoreDocuments ? undefined : 'warns wrongly'
  })
}
