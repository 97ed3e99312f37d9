import type { Clock } from '../base/clock.ts'
import type { Gate } from '../base/gate.ts'
import type { Logger } from '../base/logger.ts'
import type { Span, Tracer } from '../base/tracer.ts'
import type { Labels } from '../model/labels.ts'
import type { Appendable } from '../storage/appender.ts'
import type { Alert } from './alert.ts'
import { AlertingRule } from './alerting-rule.ts'
import { concurrentBatches } from './dependencies.ts'
import { expandAlerts, type TemplateSurroundings } from './expand-alerts.ts'
import { RecordingRule } from './recording-rule.ts'
import { type RestoreSettings, restoreForState } from './restore-for-state.ts'
import type { Rule } from './rule.ts'
import type { GroupDefinition } from './rule-file.ts'
import { GroupCounts, type RuleMetrics } from './rule-metrics.ts'
import type { RuleQueries, RuleQuestion } from './rule-queries.ts'
import { RuleError, type RuleSample } from './rule-sample.ts'
import { markStale, WrittenSet, writeSamples } from './rule-writer.ts'

/** What all groups share. */
export interface GroupTools {
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: RuleMetrics
  readonly appendable: Appendable
  readonly queries: RuleQueries
  readonly surroundings: () => TemplateSurroundings
  /** Tells Alertmanagers of alerts that the query found. */
  readonly notify: (query: string, alerts: readonly Alert[]) => void
  readonly restoring: RestoreSettings
  readonly resendDelayMs: number
  /** Of groups that name none. */
  readonly queryOffsetMs: () => number
  /** Places of rules that are evaluated beside others of their group; none without the feature. */
  readonly concurrency: Gate | undefined
  /** Where evaluations are traced. */
  readonly tracer?: Tracer | undefined
  /** Aborted when the server ends. */
  readonly signal: AbortSignal
}

export interface GroupOptions {
  readonly file: string
  readonly definition: GroupDefinition
  readonly intervalMs: number
  /** Whether state of before the start is looked for. */
  readonly shouldRestore: boolean
}

/** Rules that are evaluated together, one after the other unless they may be side by side. */
export class Group {
  readonly file: string
  readonly name: string
  readonly intervalMs: number
  readonly limit: number
  readonly rules: readonly Rule[]
  readonly counts: GroupCounts
  readonly shouldRestore: boolean
  lastEvaluationMs: number | undefined
  evaluationMs = 0
  isStopped = false
  readonly #tools: GroupTools
  readonly #logger: Logger
  readonly #definition: GroupDefinition
  readonly #batches: readonly (readonly number[])[] | undefined
  #written: WrittenSet[]
  /** Series of rules that are gone, to be marked stale at the next evaluation. */
  #orphans: Labels[] = []

  constructor(options: GroupOptions, tools: GroupTools) {
    const { file, definition, intervalMs, shouldRestore } = options
    this.file = file
    this.name = definition.name
    this.intervalMs = intervalMs
    this.limit = definition.limit
    this.shouldRestore = shouldRestore
    this.rules = definition.rules.map((rule) =>
      rule.kind === 'alert' ? new AlertingRule(rule, !shouldRestore) : new RecordingRule(rule),
    )
    this.counts = new GroupCounts(`${file};${definition.name}`, intervalMs, this.rules.length)
    this.#definition = definition
    this.#tools = tools
    this.#logger = tools.logger.with({ file, group: definition.name })
    this.#batches = tools.concurrency === undefined ? undefined : concurrentBatches(this.rules)
    this.#written = this.rules.map(() => new WrittenSet())
  }

  /** Equal where nothing changed: then the old group goes on. */
  equals(other: Group): boolean {
    const { queryOffsetMs } = this.#definition
    return (
      this.intervalMs === other.intervalMs &&
      this.limit === other.limit &&
      queryOffsetMs === other.#definition.queryOffsetMs &&
      this.rules.length === other.rules.length &&
      this.rules.every((rule, index) => rule.fullText === other.rules[index]?.fullText)
    )
  }

  get queryOffsetMs(): number {
    return this.#definition.queryOffsetMs ?? this.#tools.queryOffsetMs()
  }

  /** Takes over alerts and series of the group that it replaces (row R2.7). */
  inherit(from: Group): void {
    this.evaluationMs = from.evaluationMs
    this.lastEvaluationMs = from.lastEvaluationMs
    const left = new Map<string, number[]>()
    from.rules.forEach((rule, index) => {
      const known = left.get(rule.identity)
      if (known === undefined) left.set(rule.identity, [index])
      else known.push(index)
    })
    this.rules.forEach((rule, index) => {
      const found = left.get(rule.identity)?.shift()
      if (found === undefined) return
      const old = from.rules[found]
      this.#written[index] = from.#written[found] ?? new WrittenSet()
      if (rule instanceof AlertingRule && old instanceof AlertingRule) rule.inherit(old)
    })
    const gone = [...left.values()].flat()
    this.#orphans = from.#orphans.concat(gone.flatMap((index) => seriesOf(from.#written[index])))
  }

  /** All series that it wrote are orphans now: the group is gone. */
  abandon(): void {
    this.#orphans = this.#orphans.concat(this.#written.flatMap(seriesOf))
    this.#written = []
  }

  get hasOrphans(): boolean {
    return this.#orphans.length > 0
  }

  /** One evaluation of all rules at a time; what is wrong with a rule is told by its health. */
  async evaluate(timeMs: number): Promise<void> {
    const { clock, metrics } = this.#tools
    const startedMs = clock.monotonicMs()
    const wallMs = clock.wallMs()
    this.counts.scheduled++
    const samples = { count: 0 }
    if (this.#batches === undefined) {
      for (const index of this.rules.keys()) {
        if (this.isStopped) return
        await this.#evaluateRule(index, timeMs, samples)
      }
    } else {
      await this.#evaluateBatches(this.#batches, timeMs, samples)
      if (this.isStopped) return
    }
    this.counts.samples = samples.count
    this.clearOrphans(timeMs)
    this.evaluationMs = clock.monotonicMs() - startedMs
    this.lastEvaluationMs = wallMs
    metrics.groupTook(this.evaluationMs)
    this.counts.lastDurationMs = this.evaluationMs
    this.counts.lastEvaluationMs = wallMs
    this.counts.lastRuleDurationsMs = this.rules.reduce((sum, rule) => sum + rule.evaluationMs, 0)
  }

  async #evaluateBatches(
    batches: readonly (readonly number[])[],
    timeMs: number,
    samples: { count: number },
  ): Promise<void> {
    const { concurrency } = this.#tools
    for (const batch of batches) {
      const beside: Promise<void>[] = []
      for (const index of batch) {
        if (this.isStopped) break
        const hasPlace = batch.length > 1 && concurrency?.tryEnter() === true
        const evaluated = this.#evaluateRule(index, timeMs, samples)
        if (hasPlace) beside.push(evaluated.finally(() => concurrency.leave()))
        else await evaluated
      }
      await Promise.all(beside)
      if (this.isStopped) return
    }
  }

  async #evaluateRule(index: number, timeMs: number, samples: { count: number }): Promise<void> {
    const rule = this.rules[index]
    const written = this.#written[index]
    if (rule === undefined || written === undefined) return
    const { clock, metrics, appendable } = this.#tools
    const startedMs = clock.monotonicMs()
    const wallMs = clock.wallMs()
    const logger = this.#logger.with({ name: rule.name, index })
    this.counts.evaluations++
    const span = this.#tools.tracer?.start('rule')?.set('name', rule.name).set('group', this.name)
    try {
      const found = await this.#samplesOf(rule, timeMs, { logger, span })
      rule.succeeded()
      samples.count += found.length
      if (rule instanceof AlertingRule) this.#send(rule, timeMs)
      const atMs = timeMs - this.queryOffsetMs
      const { fault, isLost } = writeSamples(appendable, found, atMs, written, logger)
      if (isLost) this.#failed(rule, fault)
      else if (fault !== '') rule.failed(fault)
    } catch (thrown) {
      if (!(thrown instanceof RuleError)) throw thrown
      this.#failed(rule, thrown.message)
      span?.fail(thrown.message)
      if (!this.#tools.signal.aborted) {
        logger.warn('Evaluating rule failed', { rule: rule.definition.query, err: thrown.message })
      }
    } finally {
      rule.evaluationMs = clock.monotonicMs() - startedMs
      rule.lastEvaluationMs = wallMs
      metrics.ruleTook(rule.evaluationMs)
      span?.end()
    }
  }

  #failed(rule: Rule, words: string): void {
    rule.failed(words)
    this.counts.failures++
  }

  async #samplesOf(
    rule: Rule,
    timeMs: number,
    { logger, span }: { readonly logger: Logger; readonly span: Span | undefined },
  ): Promise<readonly RuleSample[]> {
    const { queries, clock, metrics, surroundings } = this.#tools
    const endMs = clock.monotonicMs() + queries.timeoutMs
    const found = await this.#ask(
      { query: rule.definition.query, timeMs: timeMs - this.queryOffsetMs },
      span,
    )
    if (rule instanceof RecordingRule) return rule.samples(found, this.limit)
    if (!(rule instanceof AlertingRule)) return []
    const alerts = await expandAlerts(rule, found, {
      ...surroundings(),
      clock,
      logger,
      metrics,
      timeMs,
      endMs,
      query: (expr) => this.#ask({ query: expr, timeMs }, span),
    })
    const series = rule.take(alerts, { timeMs, limit: this.limit })
    return series
  }

  #ask(question: RuleQuestion, span: Span | undefined): Promise<readonly RuleSample[]> {
    const { queries, signal } = this.#tools
    const origin = { file: this.file, group: this.name, trace: span?.context }
    return queries.ask(question, origin, signal)
  }

  /** Row R3.7: tells of the alerts that are due, and until when they hold. */
  #send(rule: AlertingRule, timeMs: number): void {
    const { resendDelayMs, notify } = this.#tools
    const due: Alert[] = []
    for (const alert of rule.active) {
      if (!alert.needsSending(timeMs, resendDelayMs)) continue
      alert.lastSentAtMs = timeMs
      alert.validUntilMs = timeMs + 4 * Math.max(this.intervalMs, resendDelayMs)
      due.push(alert)
    }
    if (due.length > 0) notify(rule.definition.query, due)
  }

  /** Marks series stale that nobody writes any more. */
  clearOrphans(timeMs: number): void {
    if (this.#orphans.length === 0) return
    const { appendable } = this.#tools
    const atMs = timeMs - this.queryOffsetMs
    if (markStale(appendable, this.#orphans, atMs, this.#logger)) this.#orphans = []
  }

  /** Once, after the second evaluation of a group that began with the server. */
  async restore(): Promise<void> {
    const { clock, restoring } = this.#tools
    const startedMs = clock.monotonicMs()
    const timeMs = Math.floor(clock.wallMs())
    for (const rule of this.rules) {
      if (!(rule instanceof AlertingRule)) continue
      const ask = (query: string, atMs: number, lookbackMs: number) =>
        this.#ask({ query, timeMs: atMs, lookbackMs }, undefined)
      await restoreForState(rule, timeMs, restoring, ask, this.#logger)
    }
    this.counts.lastRestoreMs = clock.monotonicMs() - startedMs
  }
}

function seriesOf(written: WrittenSet | undefined): readonly Labels[] {
  return [...(written?.series.values() ?? [])].map(({ labels }) => labels)
}
