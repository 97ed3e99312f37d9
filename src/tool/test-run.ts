import { dirname } from 'node:path'
import { parseTimeMs } from '../api/time-parameter.ts'
import type { Clock } from '../base/clock.ts'
import { messageOf, NarthexError } from '../base/errors.ts'
import type { FileSystem } from '../base/file-system.ts'
import { joinDirectory } from '../config/directory.ts'
import { filesMatching, isGlob } from '../config/glob.ts'
import { type RuleTestFile, readRuleTestFile } from '../config/rule-test-file.ts'
import { goDuration } from '../model/go-duration.ts'
import { RegexError, SearchRegex } from '../model/regex.ts'
import { demandFile } from './check-rules.ts'
import { junitText, type TestSuite } from './junit.ts'
import { type RuleTestSurroundings, runRuleTest } from './rule-test.ts'
import type { ToolTerminal } from './terminal.ts'
import type { TestCommand } from './test-command-line.ts'

/** Runs the tests of rules (rows R6.*) and answers the exit code: 1 where one fails. */
export async function runTest(
  command: TestCommand,
  fileSystem: FileSystem,
  clock: Clock,
  terminal: ToolTerminal,
): Promise<number> {
  try {
    return (await runFiles(command, fileSystem, clock, terminal)) ? 0 : 1
  } catch (thrown) {
    if (!(thrown instanceof NarthexError || thrown instanceof RegexError)) throw thrown
    terminal.warn(thrown.message)
    return 1
  } finally {
    terminal.end()
  }
}

/** Throws FLAG_INVALID and RegexError before it begins. */
async function runFiles(
  command: TestCommand,
  fileSystem: FileSystem,
  clock: Clock,
  terminal: ToolTerminal,
): Promise<boolean> {
  const { files, patterns, junitFile } = command
  for (const file of files) demandFile(fileSystem, file)
  const pattern = patterns.length === 0 ? undefined : new SearchRegex(patterns.join('|'))
  const suites: TestSuite[] = []
  let isGood = true
  for (const file of files) {
    const suite: TestSuite = { name: file, timestamp: '', error: '', cases: [] }
    suites.push(suite)
    const run = new FileRun(command, fileSystem, clock, terminal, pattern)
    const faults = await run.faults(file, suite)
    if (faults.length === 0) terminal.print('  SUCCESS\n')
    else {
      isGood = false
      terminal.complain('  FAILED:\n')
      for (const fault of faults) {
        terminal.complain(`${fault}\n`)
        terminal.print('\n')
      }
    }
    terminal.print('\n')
  }
  if (junitFile !== '') writeReport(junitFile, junitText(suites), fileSystem)
  return isGood
}

function writeReport(file: string, text: string, fileSystem: FileSystem): void {
  try {
    fileSystem.writeFile(file, Buffer.from(text))
  } catch (thrown) {
    const words = `failed to write JUnit XML: ${messageOf(thrown)}`
    throw new NarthexError('FLAG_INVALID', words, { cause: thrown })
  }
}

class FileRun {
  readonly #command: TestCommand
  readonly #fileSystem: FileSystem
  readonly #clock: Clock
  readonly #terminal: ToolTerminal
  readonly #pattern: SearchRegex | undefined

  constructor(
    command: TestCommand,
    fileSystem: FileSystem,
    clock: Clock,
    terminal: ToolTerminal,
    pattern: SearchRegex | undefined,
  ) {
    this.#command = command
    this.#fileSystem = fileSystem
    this.#clock = clock
    this.#terminal = terminal
    this.#pattern = pattern
  }

  async faults(file: string, suite: TestSuite): Promise<readonly string[]> {
    const read = this.#read(file)
    if ('error' in read) return this.#abort(suite, read.error)
    const ruleFiles = this.#ruleFiles(read, file)
    if (ruleFiles === undefined) return this.#abort(suite, 'syntax error in pattern')
    suite.timestamp = localTime(this.#clock.wallMs())
    const repeated = read.groupEvalOrder.find(
      (name, index) => read.groupEvalOrder.indexOf(name) < index,
    )
    if (repeated !== undefined) {
      return this.#abort(suite, `group name repeated in evaluation order: ${repeated}`)
    }
    return await this.#runTests(read, this.#surroundings(read, ruleFiles), suite)
  }

  #abort(suite: TestSuite, why: string): readonly string[] {
    suite.error = why
    return [why]
  }

  #read(file: string): RuleTestFile | { readonly error: string } {
    try {
      const text = new TextDecoder().decode(this.#fileSystem.readFile(file))
      const read = readRuleTestFile(text)
      if ('error' in read) return read
      for (const test of read.tests) startOf(test.startTimestamp)
      return read
    } catch (thrown) {
      return { error: messageOf(thrown) }
    }
  }

  /** Undefined where one of the names is no pattern. */
  #ruleFiles(read: RuleTestFile, file: string): readonly string[] | undefined {
    const paths = read.ruleFiles.map((written) => joinDirectory(dirname(file), written))
    const files: string[] = []
    for (const path of paths) {
      if (!isGlob(path)) return undefined
      const found = filesMatching(this.#fileSystem, path)
      if (found.length === 0) {
        this.#terminal.complain(`  WARNING: no file match pattern ${path}\n`)
      }
      files.push(...found)
    }
    return files
  }

  #surroundings(read: RuleTestFile, ruleFiles: readonly string[]): RuleTestSurroundings {
    return {
      command: this.#command,
      fileSystem: this.#fileSystem,
      terminal: this.#terminal,
      ruleFiles,
      evaluationIntervalMs: read.evaluationIntervalMs,
      order: new Map(read.groupEvalOrder.map((name, index) => [name, index])),
      isFuzzy: read.isFuzzy,
    }
  }

  async #runTests(
    { tests }: RuleTestFile,
    surroundings: RuleTestSurroundings,
    suite: TestSuite,
  ): Promise<readonly string[]> {
    const all: string[] = []
    for (const [index, test] of tests.entries()) {
      if (this.#pattern?.test(test.name) === false) continue
      const name = test.name || `unnamed#${index}`
      const startedMs = this.#clock.monotonicMs()
      this.#debug(`Starting test ${name}`)
      const failures = await runRuleTest(test, startOf(test.startTimestamp), surroundings)
      const tookMs = Math.round(this.#clock.monotonicMs() - startedMs)
      this.#debug(`Test ${name} finished, took ${goDuration(tookMs)}`)
      suite.cases.push({ name, failures })
      all.push(...failures)
    }
    return all
  }

  #debug(words: string): void {
    if (this.#command.debugs) this.#terminal.complain(`DEBUG: ${words}\n`)
  }
}

/** Throws RangeError with upstream's words. */
function startOf(text: string): number {
  return text === '' ? 0 : parseTimeMs(text)
}

function localTime(ms: number): string {
  const date = new Date(ms)
  const shifted = new Date(ms - date.getTimezoneOffset() * 60_000)
  return shifted.toISOString().slice(0, 19)
}
