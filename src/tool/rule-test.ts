import { type Clock, systemClock } from '../base/clock.ts'
import type { FileSystem } from '../base/file-system.ts'
import { silentLogger } from '../base/logger.ts'
import { MetricsRegistry } from '../base/self-metrics.ts'
import type { RuleTest } from '../config/rule-test-file.ts'
import { printDurationMs } from '../model/duration.ts'
import { goDuration } from '../model/go-duration.ts'
import { Labels } from '../model/labels.ts'
import { Group, type GroupTools } from '../rules/group.ts'
import { parseRuleFile } from '../rules/rule-file.ts'
import { RuleMetrics } from '../rules/rule-metrics.ts'
import { RuleQueries } from '../rules/rule-queries.ts'
import { languageOf } from './promql-run.ts'
import { alertFault } from './rule-test-alerts.ts'
import { InputSeries, openRuleTestDatabase } from './rule-test-database.ts'
import { dumpText } from './rule-test-dump.ts'
import { exprFault } from './rule-test-samples.ts'
import type { ToolTerminal } from './terminal.ts'
import type { TestCommand } from './test-command-line.ts'

/** What all tests of a file share. */
export interface RuleTestSurroundings {
  readonly command: TestCommand
  readonly fileSystem: FileSystem
  readonly terminal: ToolTerminal
  /** Those that there are. */
  readonly ruleFiles: readonly string[]
  readonly evaluationIntervalMs: number
  /** Places of groups, by name; those that are not named come first. */
  readonly order: ReadonlyMap<string, number>
  readonly isFuzzy: boolean
}

type Database = Awaited<ReturnType<typeof openRuleTestDatabase>>

/** Runs one test from `startMs` on; its faults in upstream's words. */
export async function runRuleTest(
  test: RuleTest,
  startMs: number,
  surroundings: RuleTestSurroundings,
): Promise<readonly string[]> {
  const input = InputSeries.of(test, startMs)
  if (input instanceof Error) return [input.message]
  const { command, evaluationIntervalMs } = surroundings
  const now = { ms: startMs }
  const clock: Clock = { ...systemClock, wallMs: () => now.ms }
  const opened = await openRuleTestDatabase(clock, command, evaluationIntervalMs)
  try {
    const run = new RuleTestRun(test, startMs, surroundings, opened, clock)
    return await run.faults(input, now)
  } finally {
    await opened.close()
  }
}

class RuleTestRun {
  readonly #test: RuleTest
  readonly #startMs: number
  readonly #surroundings: RuleTestSurroundings
  readonly #opened: Database
  readonly #tools: GroupTools
  readonly #faults: string[] = []

  constructor(
    test: RuleTest,
    startMs: number,
    surroundings: RuleTestSurroundings,
    opened: Database,
    clock: Clock,
  ) {
    this.#test = test
    this.#startMs = startMs
    this.#surroundings = surroundings
    this.#opened = opened
    this.#tools = groupTools(test, opened, clock)
  }

  async faults(input: InputSeries, now: { ms: number }): Promise<readonly string[]> {
    const groups = this.#groups()
    if (typeof groups === 'string') return [groups]
    const nameless = this.#test.alertTests.find(({ alertName }) => alertName === '')
    if (nameless !== undefined) {
      const time = printDurationMs(nameless.evalTimeMs)
      const { name } = this.#test
      const where = name === '' ? '' : ` (in TestGroup ${name})`
      const words = 'an item under alert_rule_test misses required attribute alertname at eval_time'
      return [`${words} ${time}${where}`]
    }
    const isWhole = await this.#evaluate(groups, input, now)
    if (!isWhole) return this.#faults
    const { isFuzzy, command } = this.#surroundings
    for (const each of this.#test.exprTests) {
      const fault = await exprFault(each, isFuzzy, (query) =>
        this.#ask(query, this.#startMs + each.evalTimeMs),
      )
      if (fault !== undefined) this.#faults.push(fault)
    }
    if (command.debugs) await this.#dump()
    return this.#faults
  }

  /** The groups in the order of their evaluation, or the faults of a file in one text. */
  #groups(): readonly Group[] | string {
    const { ruleFiles, fileSystem, command, order } = this.#surroundings
    const groups: Group[] = []
    for (const file of ruleFiles) {
      const found = parseRuleFile(new TextDecoder().decode(fileSystem.readFile(file)), {
        nameScheme: 'utf8',
        language: languageOf(command.features),
        ignoresUnknown: command.ignoresUnknown,
      })
      if (!found.ok) return found.errors.map((error) => `${file}: ${error}`).join('\n')
      for (const definition of found.groups) {
        const intervalMs = definition.intervalMs || this.#test.intervalMs
        const options = { file, definition, intervalMs, shouldRestore: false }
        groups.push(new Group(options, this.#tools))
      }
    }
    const place = ({ name }: Group) => order.get(name) ?? 0
    return groups.sort((a, b) => place(a) - place(b))
  }

  get #lengthMs(): number {
    const { alertTests, exprTests } = this.#test
    const times = [...alertTests, ...exprTests].map(({ evalTimeMs }) => evalTimeMs)
    return times.reduce((longest, ms) => Math.max(longest, ms), 0)
  }

  /** False where a rule failed: that ends the test. */
  async #evaluate(
    groups: readonly Group[],
    input: InputSeries,
    now: { ms: number },
  ): Promise<boolean> {
    const { evaluationIntervalMs } = this.#surroundings
    const endMs = this.#startMs + this.#lengthMs
    for (let ms = this.#startMs; ms <= endMs; ms += evaluationIntervalMs) {
      now.ms = ms
      const refused = input.appendTill(ms, this.#opened.database)
      if (refused === undefined) {
        const failed = await this.#evaluateAt(groups, ms)
        this.#faults.push(...failed)
        if (failed.length > 0) return false
      } else this.#faults.push(refused)
      this.#checkAlerts(groups, ms - this.#startMs)
    }
    return true
  }

  async #evaluateAt(groups: readonly Group[], ms: number): Promise<readonly string[]> {
    const failed: string[] = []
    for (const group of groups) {
      await group.evaluate(ms)
      for (const { name, lastError } of group.rules) {
        if (lastError === '') continue
        failed.push(`    rule: ${name}, time: ${goDuration(ms)}, err: ${lastError}`)
      }
    }
    return failed
  }

  /** Tests whose time lies before the next evaluation are held against this one. */
  #checkAlerts(groups: readonly Group[], sinceMs: number): void {
    const { evaluationIntervalMs, command } = this.#surroundings
    const due = this.#test.alertTests
      .filter(({ evalTimeMs }) => evalTimeMs >= sinceMs)
      .filter(({ evalTimeMs }) => evalTimeMs < sinceMs + evaluationIntervalMs)
      .sort((a, b) => a.evalTimeMs - b.evalTimeMs)
    for (const each of due) {
      const fault = alertFault(each, groups, this.#test.name, command.showsDifferences)
      if (fault !== undefined) this.#faults.push(fault)
    }
  }

  #ask(query: string, timeMs: number): ReturnType<RuleQueries['ask']> {
    const { queries, signal } = this.#tools
    return queries.ask({ query, timeMs, lookbackMs: undefined }, { file: '', group: '' }, signal)
  }

  /** All data of the test, for people. */
  async #dump(): Promise<void> {
    const { terminal } = this.#surroundings
    const { runner, bounds } = this.#opened
    const lengthMs = Math.floor((this.#lengthMs + 1_000) / 1_000) * 1_000
    const query = `{__name__=~".+"}[${printDurationMs(lengthMs)}]`
    const timeMs = this.#startMs + lengthMs
    const reply = await runner.run({ kind: 'instant', query, timeMs, bounds, stats: 'none' })
    if (!reply.ok) {
      terminal.complain(`DEBUG: Failed query exec, expr: ${query}, err: ${reply.message}\n`)
      return
    }
    const words = 'DEBUG: Dump of all data (input_series and rules) at'
    terminal.complain(`${words} ${goDuration(lengthMs)}:\n${dumpText(reply.body)}\n`)
  }
}

function groupTools(
  { externalLabels, externalUrl }: RuleTest,
  { database, runner, bounds }: Database,
  clock: Clock,
): GroupTools {
  const labels = Labels.of(externalLabels)
  return {
    clock,
    logger: silentLogger,
    metrics: new RuleMetrics(new MetricsRegistry(), () => []),
    appendable: database,
    queries: new RuleQueries({ runner, bounds: () => bounds }),
    surroundings: () => ({ externalLabels: labels, externalUrl }),
    notify: () => undefined,
    restoring: { outageToleranceMs: 0, gracePeriodMs: 0 },
    resendDelayMs: 0,
    queryOffsetMs: () => 0,
    concurrency: undefined,
    signal: new AbortController().signal,
  }
}
