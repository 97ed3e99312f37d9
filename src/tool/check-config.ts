import { NarthexError } from '../base/errors.ts'
import type { FileSystem } from '../base/file-system.ts'
import type { ScrapeConfig } from '../config/config.ts'
import { loadConfig } from '../config/load.ts'
import { printDurationMs } from '../model/duration.ts'
import type { CheckConfigCommand } from './check-command-line.ts'
import { type CheckOutcome, checkExitCode, checkRuleFiles, demandFile } from './check-rules.ts'
import { checkReferences, ruleFilesOf } from './config-references.ts'
import { lintsDuplicates } from './rule-lint.ts'
import { isSystemError } from './system-error.ts'
import type { ToolTerminal } from './terminal.ts'

interface Found {
  readonly ruleFiles: readonly string[]
  readonly scrapeConfigs: readonly ScrapeConfig[]
}

/**
 * Row F4.1: checks configuration files, and what they refer to, with promtool's words. What this
 * version cannot do yet is wrong, as it is to the server. Answers the exit code: 1 where something is
 * wrong, 3 where there are only lints and they are to be fatal. Throws FLAG_INVALID for a file that
 * is none.
 */
export function checkConfigs(
  command: CheckConfigCommand,
  fs: FileSystem,
  terminal: ToolTerminal,
): number {
  for (const file of command.files) demandFile(fs, file)
  const outcome: CheckOutcome = { hasErrors: false, hasLints: false }
  const { lints, ignoresUnknown, features, isSyntaxOnly } = command
  const isLinted = !lints.includes('none')
  const ruleLints = isLinted ? lints.filter((lint) => lint !== longInterval) : []
  const findsDuplicates = lintsDuplicates(ruleLints, terminal)
  const findsLong = isLinted && (lints.includes('all') || lints.includes(longInterval))
  for (const file of command.files) {
    const { scrapeConfigs, ruleFiles } = checkOne(file, command, fs, terminal, outcome)
    terminal.print('\n')
    if (isSyntaxOnly) continue
    if (findsLong) lintIntervals(scrapeConfigs, command.lookbackMs, terminal, outcome)
    const checks = { findsDuplicates, ignoresUnknown, features }
    checkRuleFiles(ruleFiles, checks, fs, terminal, outcome)
  }
  return checkExitCode(outcome, command.isLintFatal)
}

const longInterval = 'too-long-scrape-interval'

function checkOne(
  file: string,
  command: CheckConfigCommand,
  fs: FileSystem,
  terminal: ToolTerminal,
  outcome: CheckOutcome,
): Found {
  terminal.print(`Checking ${file}\n`)
  try {
    const found = readOne(file, command, fs, terminal)
    const { length } = found.ruleFiles
    if (length > 0) terminal.print(`  SUCCESS: ${length} rule files found\n`)
    terminal.print(` SUCCESS: ${file} is valid prometheus config file syntax\n`)
    return found
  } catch (thrown) {
    const isOfTheWorld = thrown instanceof NarthexError || isSystemError(thrown)
    if (!isOfTheWorld) throw thrown
    terminal.complain(`  FAILED: ${thrown.message}\n`)
    outcome.hasErrors = true
    return { ruleFiles: [], scrapeConfigs: [] }
  }
}

function readOne(
  file: string,
  { isSyntaxOnly, isAgent, allowsUnimplemented }: CheckConfigCommand,
  fs: FileSystem,
  terminal: ToolTerminal,
): Found {
  const text = new TextDecoder().decode(fs.readFile(file))
  const config = loadConfig(text, file, {
    // Without it the files that a configuration names are left alone.
    ...(isSyntaxOnly ? {} : { fs }),
    isAgent,
    allowUnimplemented: allowsUnimplemented,
    emptyVariable: (name) => terminal.warn(`Empty environment variable name=${name}`),
  })
  for (const notice of config.notices) terminal.print(`  WARNING: ${notice}\n`)
  const ruleFiles = isSyntaxOnly ? [] : ruleFilesOf(config, fs)
  checkReferences(config, isSyntaxOnly ? undefined : fs, terminal)
  return { ruleFiles, scrapeConfigs: config.scrapeConfigs }
}

/** Tells the first job whose points are stale before the next one comes. */
function lintIntervals(
  jobs: readonly ScrapeConfig[],
  lookbackMs: number,
  terminal: ToolTerminal,
  outcome: CheckOutcome,
): void {
  const long = jobs.find(({ scrapeIntervalMs }) => lookbackMs > 0 && scrapeIntervalMs >= lookbackMs)
  if (long === undefined) return
  outcome.hasLints = true
  const words = 'too long scrape interval found, data point will be marked as stale'
  const interval = printDurationMs(long.scrapeIntervalMs)
  terminal.complain(`  FAILED: ${words} - job: ${long.jobName}, interval: ${interval}\n`)
}
