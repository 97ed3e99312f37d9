import type { Clock } from '../base/clock.ts'
import { NarthexError } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import { silentLogger } from '../base/logger.ts'
import { MetricsRegistry } from '../base/self-metrics.ts'
import type { Labels } from '../model/labels.ts'
import type { Appendable } from '../storage/appender.ts'
import type { QueryBounds, QueryControl, QueryRunner } from '../storage/query-runner.ts'
import { type AlertRecord, AlertTimeline, type IntervalCount } from './alert-timeline.ts'
import { AlertingRule } from './alerting-rule.ts'
import { Group, type GroupTools } from './group.ts'
import { slotBefore } from './group-loop.ts'
import { PrefetchedQueries } from './prefetched-queries.ts'
import type { Rule } from './rule.ts'
import type { GroupDefinition } from './rule-file.ts'
import { RuleMetrics } from './rule-metrics.ts'
import { isSteady, outputsOf, readsAny } from './rule-outputs.ts'
import { RuleQueries } from './rule-queries.ts'

export interface BacktestOptions {
  /** By which a server knows the file: times of evaluations follow from it. */
  readonly file: string
  readonly groups: readonly GroupDefinition[]
  /** Both ends are included. */
  readonly startMs: number
  readonly endMs: number
  /** Of groups that name none. */
  readonly evaluationIntervalMs: number
  readonly queryOffsetMs: number
  readonly externalLabels: Labels
  readonly externalUrl: string
  readonly clock: Clock
  /** The time of the evaluation that is under way, set here; what answers queries may look at it. */
  readonly now: { ms: number }
  /** Where rules write. */
  readonly appendable: Appendable
  /** Over past data, without what rules wrote. */
  readonly past: QueryRunner
  /** Over both, up to `now`; what the past has of the rules' own series is hidden from the start on. */
  readonly present: QueryRunner
  readonly bounds: QueryBounds
  readonly control: QueryControl
  /** Told after each evaluation of a group, in evaluations of single rules. */
  readonly progress: (done: number, total: number) => void
}

/** How one rule did. */
export interface BacktestedRule {
  readonly rule: Rule
  readonly failures: number
  /** Of its last failure, '' where there was none. */
  readonly lastError: string
  /** Of an alerting rule. */
  readonly alerts: readonly AlertRecord[]
}

export interface BacktestedGroup {
  readonly group: Group
  readonly evaluations: number
  /** Undefined where no evaluation lies in the range. */
  readonly firstMs: number | undefined
  readonly lastMs: number | undefined
  readonly rules: readonly BacktestedRule[]
}

/**
 * Evaluates the groups of a rule file at all their times within a range, one after the other as time
 * goes by, with the code and at the times of a server: what is found and written is what a server
 * would have found and written that loaded the file at the start. Throws LIMIT_EXCEEDED, and what
 * the control throws.
 */
export async function runBacktest(options: BacktestOptions): Promise<readonly BacktestedGroup[]> {
  const queries = queriesOf(options)
  const tools = toolsOf(options, queries)
  const total: IntervalCount = { count: 0 }
  const runs = options.groups.map((definition) => {
    const intervalMs = definition.intervalMs || options.evaluationIntervalMs
    const { file } = options
    const group = new Group({ file, definition, intervalMs, shouldRestore: false }, tools)
    return new GroupRun(group, options, total)
  })
  const evaluations = runs.reduce((sum, run) => sum + run.evaluations * run.ruleCount, 0)
  if (evaluations > limits.backtestEvaluationsMax) {
    const words = `${evaluations} evaluations of rules, limit ${limits.backtestEvaluationsMax}`
    throw new NarthexError('LIMIT_EXCEEDED', `${words}: take a shorter range or fewer rules`)
  }
  for (const run of runs) run.announce(queries, options.groups)
  let done = 0
  for (let run = earliest(runs); run !== undefined; run = earliest(runs)) {
    options.now.ms = run.nextMs
    await run.evaluate()
    await options.control.checkpoint()
    done += run.ruleCount
    options.progress(done, evaluations)
  }
  return runs.map((run) => run.result)
}

function queriesOf(options: BacktestOptions): PrefetchedQueries {
  const { bounds, past, present } = options
  const single = new RuleQueries({ runner: present, bounds: () => bounds })
  return new PrefetchedQueries({ runner: past, bounds, single })
}

function toolsOf(options: BacktestOptions, queries: PrefetchedQueries): GroupTools {
  const { clock, now, externalLabels, externalUrl, queryOffsetMs } = options
  return {
    clock: { ...clock, wallMs: () => now.ms },
    logger: silentLogger,
    metrics: new RuleMetrics(new MetricsRegistry(), () => []),
    appendable: options.appendable,
    queries,
    surroundings: () => ({ externalLabels, externalUrl }),
    notify: () => undefined,
    restoring: { outageToleranceMs: 0, gracePeriodMs: 0 },
    resendDelayMs: 0,
    queryOffsetMs: () => queryOffsetMs,
    concurrency: undefined,
    signal: new AbortController().signal,
  }
}

/** Of those whose time is the same the first. */
function earliest(runs: readonly GroupRun[]): GroupRun | undefined {
  let found: GroupRun | undefined
  for (const run of runs) {
    if (!run.isOver && (found === undefined || run.nextMs < found.nextMs)) found = run
  }
  return found
}

class GroupRun {
  readonly #group: Group
  readonly #startMs: number
  readonly #endMs: number
  readonly #rules: readonly RuleRun[]
  readonly evaluations: number
  nextMs: number

  constructor(group: Group, { startMs, endMs }: BacktestOptions, total: IntervalCount) {
    this.#group = group
    const slotMs = slotBefore(group, startMs)
    this.#startMs = slotMs < startMs ? slotMs + group.intervalMs : slotMs
    this.#endMs = endMs
    this.nextMs = this.#startMs
    this.evaluations = Math.max(0, Math.floor((endMs - this.#startMs) / group.intervalMs) + 1)
    this.#rules = group.rules.map((rule) => new RuleRun(rule, total))
  }

  get ruleCount(): number {
    return this.#rules.length
  }

  get isOver(): boolean {
    return this.nextMs > this.#endMs
  }

  /** Queries that may be asked ahead: those that read nothing that a rule of the file writes. */
  announce(queries: PrefetchedQueries, all: readonly GroupDefinition[]): void {
    if (this.isOver) return
    const { file, name, intervalMs, queryOffsetMs } = this.#group
    const outputs = all.flatMap(({ rules }) => rules.flatMap(outputsOf))
    const startMs = this.#startMs - queryOffsetMs
    const endMs = startMs + (this.evaluations - 1) * intervalMs
    for (const { definition } of this.#group.rules) {
      if (!isSteady(definition.expr) || readsAny(definition.expr, outputs)) continue
      const grid = { query: definition.query, startMs, endMs, stepMs: intervalMs }
      queries.expect(grid, { file, group: name })
    }
  }

  async evaluate(): Promise<void> {
    const timeMs = this.nextMs
    await this.#group.evaluate(timeMs)
    for (const rule of this.#rules) rule.observe(timeMs)
    this.nextMs += this.#group.intervalMs
  }

  get result(): BacktestedGroup {
    const isEmpty = this.evaluations === 0
    return {
      group: this.#group,
      evaluations: this.evaluations,
      firstMs: isEmpty ? undefined : this.#startMs,
      lastMs: isEmpty ? undefined : this.nextMs - this.#group.intervalMs,
      rules: this.#rules.map((rule) => rule.result),
    }
  }
}

class RuleRun {
  readonly #rule: Rule
  readonly #timeline: AlertTimeline | undefined
  #failures = 0
  #lastError = ''

  constructor(rule: Rule, total: IntervalCount) {
    this.#rule = rule
    this.#timeline = rule instanceof AlertingRule ? new AlertTimeline(rule, total) : undefined
  }

  observe(timeMs: number): void {
    const { lastError } = this.#rule
    if (lastError !== '') {
      this.#failures++
      this.#lastError = lastError
    }
    this.#timeline?.observe(timeMs)
  }

  get result(): BacktestedRule {
    return {
      rule: this.#rule,
      failures: this.#failures,
      lastError: this.#lastError,
      alerts: this.#timeline?.records ?? [],
    }
  }
}
