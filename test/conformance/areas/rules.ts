import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { defaultParseOptions } from '../../../src/promql/parse/parse-options.ts'
import { parseRuleFile } from '../../../src/rules/rule-file.ts'
import type { Area } from '../area.ts'
import { runCase } from '../case-file.ts'

/** Fixtures of rule files: all are good but the one that says it is not. */
export const rules: Area = {
  async run(directory) {
    return readdirSync(directory).map((file) =>
      runCase(file, () => {
        const text = readFileSync(join(directory, file), 'utf8')
        const options = { nameScheme: 'utf8', language: defaultParseOptions } as const
        const found = parseRuleFile(text, options)
        const isWanted = found.ok === !file.startsWith('invalid')
        return isWanted ? undefined : found.ok ? 'is good' : found.errors.join('\n')
      }),
    )
  },
}
