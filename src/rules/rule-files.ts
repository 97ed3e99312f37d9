import { messageOf, NarthexError } from '../base/errors.ts'
import type { FileSystem } from '../base/file-system.ts'
import type { Logger } from '../base/logger.ts'
import type { Config } from '../config/config.ts'
import { filesMatching } from '../config/glob.ts'
import type { ParseOptions } from '../promql/parse/parse-options.ts'
import { type GroupDefinition, moreDocuments, parseRuleFile } from './rule-file.ts'

export interface RuleFileTools {
  readonly fs: FileSystem
  readonly logger: Logger
  readonly language: ParseOptions
}

/** The groups of all files that `rule_files` names, in their order. Throws CONFIG_INVALID. */
export function readRuleFiles(
  { ruleFiles, global }: Pick<Config, 'ruleFiles' | 'global'>,
  { fs, logger, language }: RuleFileTools,
): readonly { readonly file: string; readonly groups: readonly GroupDefinition[] }[] {
  const files = new Set(ruleFiles.flatMap((glob) => filesMatching(fs, glob)))
  return [...files].map((file) => {
    const result = parseRuleFile(readText(fs, file), { nameScheme: global.nameScheme, language })
    if (result.hasMoreDocuments) logger.warn(moreDocuments, { file })
    if (result.ok) return { file, groups: result.groups }
    for (const error of result.errors) {
      logger.error('loading groups failed', { err: `${file}: ${error}` })
    }
    const words = result.errors.map((error) => `${file}: ${error}`).join('\n')
    throw new NarthexError('CONFIG_INVALID', `error loading rules: ${words}`)
  })
}

function readText(fs: FileSystem, file: string): string {
  try {
    return new TextDecoder().decode(fs.readFile(file))
  } catch (thrown) {
    const words = `rule file ${file} cannot be read: ${messageOf(thrown)}`
    throw new NarthexError('CONFIG_INVALID', words, { cause: thrown })
  }
}
