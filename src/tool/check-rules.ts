import { messageOf, NarthexError } from '../base/errors.ts'
import type { FileSystem } from '../base/file-system.ts'
import { limits } from '../base/limits.ts'
import { moreDocuments, parseRuleFile } from '../rules/rule-file.ts'
import type { CheckRulesCommand } from './check-command-line.ts'
import { languageOf } from './promql-run.ts'
import { duplicateRulesText, lintsDuplicates } from './rule-lint.ts'
import type { ToolTerminal } from './terminal.ts'

/** What is read where no file is named. */
export type ToolInput = AsyncIterable<Uint8Array | string>

interface Outcome {
  hasErrors: boolean
  hasLints: boolean
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
  const outcome: Outcome = { hasErrors: false, hasLints: false }
  const findsDuplicates = lintsDuplicates(command.lints, terminal)
  const check = (text: () => string, prefix: string) =>
    checkText(text, prefix, command, findsDuplicates, terminal, outcome)
  if (command.files.length === 0) {
    terminal.print('Checking standard input\n')
    const text = await readInput(input)
    check(() => text, '')
  }
  for (const file of command.files) {
    terminal.print(`Checking ${file}\n`)
    check(() => new TextDecoder().decode(fileSystem.readFile(file)), `${file}: `)
  }
  if (outcome.hasErrors) return 1
  return outcome.hasLints && command.isLintFatal ? 3 : 0
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
  read: () => string,
  prefix: string,
  { ignoresUnknown, features }: CheckRulesCommand,
  findsDuplicates: boolean,
  terminal: ToolTerminal,
  outcome: Outcome,
): void {
  const fail = (errors: readonly string[]) =>
    terminal.complain(`  FAILED:\n${errors.map((error) => `${error}\n`).join('')}`)
  let text = ''
  try {
    text = read()
  } catch (thrown) {
    outcome.hasErrors = true
    fail([`${prefix}${messageOf(thrown)}`])
    return
  }
  const language = languageOf(features)
  const found = parseRuleFile(text, { nameScheme: 'utf8', language, ignoresUnknown })
  if (!found.ok) {
    outcome.hasErrors = true
    fail(found.errors.map((error) => `${prefix}${error}`))
    return
  }
  if (found.hasMoreDocuments) terminal.warn(moreDocuments)
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

/** Throws FLAG_INVALID for more than a rule file may have. */
async function readInput(input: ToolInput): Promise<string> {
  const pieces: Uint8Array[] = []
  let sizeBytes = 0
  for await (const piece of input) {
    const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece
    sizeBytes += bytes.length
    if (sizeBytes > limits.configBytesMax) {
      const words = `the standard input is over ${limits.configBytesMax} bytes`
      throw new NarthexError('FLAG_INVALID', words)
    }
    pieces.push(bytes)
  }
  return new TextDecoder().decode(Buffer.concat(pieces))
}
