import { assert } from '../base/assert.ts'
import type { Clock } from '../base/clock.ts'
import { NarthexError } from '../base/errors.ts'
import type { Gate } from '../base/gate.ts'
import { limits } from '../base/limits.ts'
import type { Logger } from '../base/logger.ts'
import type { Span, Tracer } from '../base/tracer.ts'
import type { Labels } from '../model/labels.ts'
import type { Appendable } from '../storage/appender.ts'
import type { Alert } from './alert.ts'
import { AlertingRule } from './alerting-rule.ts'
import { concurrentBatches } from './dependencies.ts'
import { evaluationStages } from './evaluation-stages.ts'
import { AlertExpander, type TemplateSurroundings } from './expand-alerts.ts'
import { RecordingRule } from './recording-rule.ts'
import { type RestoreSettings, restoreForState } from './restore-for-state.ts'
import type { Rule } from './rule.ts'
import type { GroupDefinition } from './rule-file.ts'
import { GroupCounts, type RuleMetrics } from './rule-metrics.ts'
import {
  type RuleAnswer,
  type RuleAsker,
  type RuleQuestion,
  RuleQuestions,
} from './rule-queries.ts'
import { RuleError, type RuleSeries } from './rule-sample.ts'
import { RuleWriter, WrittenSet } from './rule-writer.ts'

/** What all groups share. */
export interface GroupTools {
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: RuleMetrics
  readonly appendable: Appendable
  readonly queries: RuleAsker
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

/** Rules of which none reads what the others of its stage write. */
interface Stage {
  readonly parts: readonly StagePart[]
}

/** Rules whose queries are asked in one request. */
interface StagePart {
  readonly indexes: readonly number[]
  readonly questions: RuleQuestions
}

interface EvaluationTimes {
  readonly timeMs: number
  /** By the monotonic clock: templates end by then. */
  readonly endMs: number
  readonly span: Span | undefined
}

interface OutputTimes {
  readonly timeMs: number
  readonly timeoutMs: number
  readonly span: Span | undefined
}

interface RuleOutput {
  readonly rule: Rule
  readonly index: number
  readonly logger: () => Logger
  found: RuleSeries | undefined
}

/** Rules that are evaluated together, one after the other unless they may be side by side. */
export class Group {
  readonly file: string
  readonly name: string
  readonly intervalMs: number
  readonly limit: number
  readonly rules: readonly Rule[]
  counts: GroupCounts
  readonly shouldRestore: boolean
  lastEvaluationMs: number | undefined
  evaluationMs = 0
  isStopped = false
  readonly #tools: GroupTools
  readonly #logger: Logger
  readonly #definition: GroupDefinition
  readonly #stages: readonly Stage[]
  #written: WrittenSet[]
  readonly #expanders = new Map<AlertingRule, AlertExpander>()
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
    this.#stages = this.#makeStages()
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

  /** Counts where the group that it replaces is: at once, so that no counter falls meanwhile. */
  countOn(from: Group): void {
    this.counts = from.counts.continuedBy(this.counts)
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
    for (const stage of this.#stages) {
      if (this.isStopped) return
      await this.#evaluateStage(stage, timeMs, samples)
    }
    if (this.isStopped) return
    this.counts.samples = samples.count
    this.clearOrphans(timeMs)
    this.evaluationMs = clock.monotonicMs() - startedMs
    this.lastEvaluationMs = wallMs
    metrics.groupTook(this.evaluationMs)
    this.counts.lastDurationMs = this.evaluationMs
    this.counts.lastEvaluationMs = wallMs
    this.counts.lastRuleDurationsMs = this.rules.reduce((sum, rule) => sum + rule.evaluationMs, 0)
  }

  #makeStages(): readonly Stage[] {
    const { rules } = this
    const concurrent = this.#tools.concurrency && concurrentBatches(rules)
    const stages = concurrent ?? evaluationStages(rules)
    return stages.map((indexes) => ({
      parts: (concurrent === undefined ? [indexes] : indexes.map((index) => [index])).map(
        (part) => ({
          indexes: part,
          questions: new RuleQuestions(part.map((index) => rules[index]?.definition.query ?? '')),
        }),
      ),
    }))
  }

  /** Parts are evaluated beside each other, as far as there are places. */
  async #evaluateStage(
    { parts }: Stage,
    timeMs: number,
    samples: { count: number },
  ): Promise<void> {
    const { concurrency } = this.#tools
    const beside: Promise<void>[] = []
    for (const part of parts) {
      if (this.isStopped) break
      const hasPlace = parts.length > 1 && concurrency?.tryEnter() === true
      const evaluated = this.#evaluatePart(part, timeMs, samples)
      if (hasPlace) beside.push(evaluated.finally(() => concurrency.leave()))
      else await evaluated
    }
    await Promise.all(beside)
  }

  async #evaluatePart(
    { indexes, questions }: StagePart,
    timeMs: number,
    samples: { count: number },
  ): Promise<void> {
    const { clock, queries, signal, tracer } = this.#tools
    const wallMs = clock.wallMs()
    const atMs = timeMs - this.queryOffsetMs
    this.counts.evaluations += indexes.length
    const spans = indexes.map((index) =>
      tracer
        ?.start('rule')
        ?.set('name', this.rules[index]?.name ?? '')
        .set('group', this.name),
    )
    const traces = spans.map((span) => span?.context)
    const origin = { file: this.file, group: this.name, traces }
    const answers = await queries.askAll(questions, atMs, origin, signal)
    const { timeoutMs } = queries
    const outputs: RuleOutput[] = []
    for (const [place, index] of indexes.entries()) {
      const rule = this.rules[index]
      const answer = answers[place]
      if (rule === undefined || answer === undefined) continue
      rule.lastEvaluationMs = wallMs
      const times = { timeMs, timeoutMs, span: spans[place] }
      outputs.push(await this.#outputOf(rule, index, answer, times))
    }
    this.#write(outputs, atMs)
    for (const { found } of outputs) samples.count += found?.labels.length ?? 0
  }

  /** What a rule makes of its answer; nothing where it failed. */
  async #outputOf(
    rule: Rule,
    index: number,
    { found, durationMs }: RuleAnswer,
    { timeMs, timeoutMs, span }: OutputTimes,
  ): Promise<RuleOutput> {
    const { clock, metrics, signal } = this.#tools
    const startedMs = clock.monotonicMs()
    const times = { timeMs, endMs: startedMs + timeoutMs - durationMs, span }
    const logger = () => this.#logger.with({ name: rule.name, index })
    const output: RuleOutput = { rule, index, logger, found: undefined }
    try {
      if (found instanceof RuleError) throw found
      output.found = await this.#seriesOf(rule, found, logger, times)
      rule.succeeded()
      if (rule instanceof AlertingRule) this.#send(rule, timeMs)
    } catch (thrown) {
      if (!(thrown instanceof RuleError)) throw thrown
      this.#failed(rule, thrown.message)
      span?.fail(thrown.message)
      if (!signal.aborted) {
        const fields = { rule: rule.definition.query, err: thrown.message }
        logger().warn('Evaluating rule failed', fields)
      }
    }
    rule.evaluationMs = durationMs + clock.monotonicMs() - startedMs
    metrics.ruleTook(rule.evaluationMs)
    span?.end()
    return output
  }

  #write(outputs: readonly RuleOutput[], atMs: number): void {
    const writer = new RuleWriter(this.#tools.appendable, atMs)
    const written: Rule[] = []
    for (const { rule, index, logger, found } of outputs) {
      const set = this.#written[index]
      if (found === undefined || set === undefined) continue
      const { fault, isLost } = writer.add(found, set, logger)
      if (isLost) this.#failed(rule, fault)
      else if (fault !== '') rule.failed(fault)
      if (!isLost) written.push(rule)
    }
    try {
      writer.commit()
    } catch (thrown) {
      if (!(thrown instanceof NarthexError)) throw thrown
      this.#logger.warn('Rule sample appending failed', { err: thrown.message })
      for (const rule of written) this.#failed(rule, thrown.message)
    }
  }

  #failed(rule: Rule, words: string): void {
    rule.failed(words)
    this.counts.failures++
  }

  async #seriesOf(
    rule: Rule,
    found: RuleSeries,
    logger: () => Logger,
    { timeMs, endMs, span }: EvaluationTimes,
  ): Promise<RuleSeries> {
    const { clock, metrics, surroundings } = this.#tools
    if (rule instanceof RecordingRule) return rule.series(found, this.limit)
    assert(rule instanceof AlertingRule, 'a rule records or alerts')
    if (found.labels.length === 0) return rule.take([], { timeMs, limit: this.limit })
    const alerts = await this.#expander(rule).expand(found, {
      ...surroundings(),
      timeMs,
      endMs,
      clock,
      logger,
      metrics,
      query: (query) => {
        const rowsMax = limits.templateRowsMax
        return this.#ask({ query, timeMs, rowsMax, trace: span?.context })
      },
    })
    return rule.take(alerts, { timeMs, limit: this.limit })
  }

  #expander(rule: AlertingRule): AlertExpander {
    const known = this.#expanders.get(rule)
    if (known !== undefined) return known
    const made = new AlertExpander(rule)
    this.#expanders.set(rule, made)
    return made
  }

  #ask(question: RuleQuestion) {
    const { queries, signal } = this.#tools
    const origin = { file: this.file, group: this.name }
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
    const writer = new RuleWriter(this.#tools.appendable, timeMs - this.queryOffsetMs)
    try {
      writer.markStale(this.#orphans, () => this.#logger)
      writer.commit()
      this.#orphans = []
    } catch (thrown) {
      if (!(thrown instanceof NarthexError)) throw thrown
      const words = 'Stale sample appending for previous configuration failed'
      this.#logger.warn(words, { err: thrown.message })
    }
  }

  /** Once, after the second evaluation of a group that began with the server. */
  async restore(): Promise<void> {
    const { clock, restoring } = this.#tools
    const startedMs = clock.monotonicMs()
    const timeMs = Math.floor(clock.wallMs())
    for (const rule of this.rules) {
      if (!(rule instanceof AlertingRule)) continue
      const ask = (query: string, atMs: number, lookbackMs: number) =>
        this.#ask({ query, timeMs: atMs, lookbackMs })
      await restoreForState(rule, timeMs, restoring, ask, this.#logger)
    }
    this.counts.lastRestoreMs = clock.monotonicMs() - startedMs
  }
}

function seriesOf(written: WrittenSet | undefined): readonly Labels[] {
  return [...(written?.series.values() ?? [])].map(({ labels }) => labels)
}
