import { messageOf, NarthexError } from '../base/errors.ts'
import type { FileSystem } from '../base/file-system.ts'
import { limits } from '../base/limits.ts'
import { moreDocuments, parseRuleFile } from '../rules/rule-file.ts'
import type { CheckRulesCommand } from './check-command-line.ts'
import { languageOf } from './promql-run.ts'
import { duplicateRulesText, lintsDuplicates } from './rule-lint.ts'
import type { ToolTerminal } from './terminal.ts'
import { readInput, type ToolInput } from './tool-input.ts'

/** What was found in all files so far. */
export interface CheckOutcome {
  hasErrors: boolean
  hasLints: boolean
}

export interface RuleChecks {
  readonly findsDuplicates: boolean
  readonly ignoresUnknown: boolean
  /** What --enable-feature names. */
  readonly features: readonly string[]
}

/** 1 where something is wrong, 3 where there are only lints and they are to be fatal. */
export function checkExitCode({ hasErrors, hasLints }: CheckOutcome, isLintFatal: boolean): number {
  if (hasErrors) return 1
  return hasLints && isLintFatal ? 3 : 0
}

/**
 * Row F4.3: checks rule files with promtool's words. Answers the exit code: 1 where one is wrong, 3
 * where there are only lints and they are to be fatal. Throws FLAG_INVALID for a file that is none.
 */
export async function checkRules(
  command: CheckRulesCommand,
  fileSystem: FileSystem,
  input: ToolInput,
  terminal: ToolTerminal,
): Promise<number> {
  for (const file of command.files) demandFile(fileSystem, file)
  const outcome: CheckOutcome = { hasErrors: false, hasLints: false }
  const { ignoresUnknown, features } = command
  const findsDuplicates = lintsDuplicates(command.lints, terminal)
  const checks: RuleChecks = { findsDuplicates, ignoresUnknown, features }
  if (command.files.length === 0) {
    terminal.print('Checking standard input\n')
    const bytes = await readInput(input, limits.configBytesMax)
    checkText(() => bytes, '', checks, terminal, outcome)
  }
  checkRuleFiles(command.files, checks, fileSystem, terminal, outcome)
  return checkExitCode(outcome, command.isLintFatal)
}

/** Tells of each file what is wrong with it, and notes it in `outcome`. */
export function checkRuleFiles(
  files: readonly string[],
  checks: RuleChecks,
  fileSystem: FileSystem,
  terminal: ToolTerminal,
  outcome: CheckOutcome,
): void {
  for (const file of files) {
    terminal.print(`Checking ${file}\n`)
    checkText(() => fileSystem.readFile(file), `${file}: `, checks, terminal, outcome)
  }
}

/** Promtool's own condition, before it begins. */
export function demandFile(fileSystem: FileSystem, file: string): void {
  const found = fileSystem.stat(file)
  if (found === undefined) throw new NarthexError('FLAG_INVALID', `path '${file}' does not exist`)
  if (found.kind === 'directory') {
    throw new NarthexError('FLAG_INVALID', `'${file}' is a directory`)
  }
}

function checkText(
  read: () => Uint8Array,
  prefix: string,
  { findsDuplicates, ignoresUnknown, features }: RuleChecks,
  terminal: ToolTerminal,
  outcome: CheckOutcome,
): void {
  const fail = (errors: readonly string[]) =>
    terminal.complain(`  FAILED:\n${errors.map((error) => `${error}\n`).join('')}`)
  let text = ''
  try {
    text = new TextDecoder().decode(read())
  } catch (thrown) {
    outcome.hasErrors = true
    fail([`${prefix}${messageOf(thrown)}`])
    return
  }
  const language = languageOf(features)
  const found = parseRuleFile(text, { nameScheme: 'utf8', language, ignoresUnknown })
  if (found.hasMoreDocuments) terminal.warn(moreDocuments)
  if (!found.ok) {
    outcome.hasErrors = true
    fail(found.errors.map((error) => `${prefix}${error}`))
    return
  }
  const lint = findsDuplicates ? duplicateRulesText(found.groups) : undefined
  if (lint === undefined) {
    const count = found.groups.reduce((sum, { rules }) => sum + rules.length, 0)
    terminal.print(`  SUCCESS: ${count} rules found\n\n`)
    return
  }
  outcome.hasLints = true
  fail([lint])
  terminal.print('\n')
}
