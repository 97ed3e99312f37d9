import { rfc3339 } from '../api/rfc3339.ts'
import { systemClock } from '../base/clock.ts'
import { NarthexError } from '../base/errors.ts'
import type { FileSystem } from '../base/file-system.ts'
import { limits } from '../base/limits.ts'
import { goE } from '../model/float-text.ts'
import { goQuote } from '../model/go-quote.ts'
import { Labels } from '../model/labels.ts'
import type { NameScheme } from '../model/name-validity.ts'
import type { EngineFlags } from '../promql/engine-flags.ts'
import type { AlertInterval } from '../rules/alert-timeline.ts'
import { type BacktestedGroup, type BacktestedRule, runBacktest } from '../rules/backtest.ts'
import type {
  BacktestAnswer,
  BacktestGroupAnswer,
  BacktestIntervalAnswer,
  BacktestRequest,
  BacktestRuleAnswer,
} from '../rules/backtest-contract.ts'
import { type GroupDefinition, parseRuleFile } from '../rules/rule-file.ts'
import { matchersOf, outputsOf, type RuleOutput } from '../rules/rule-outputs.ts'
import type { Queryable } from '../storage/querier.ts'
import type { QueryBounds, QueryControl, QueryRunner } from '../storage/query-runner.ts'
import { BacktestDatabase, overlaidQueryable } from './backtest-database.ts'

/** What a configuration says of rules. */
export interface BacktestSettings {
  readonly evaluationIntervalMs: number
  readonly queryOffsetMs: number
  readonly externalLabels: readonly (readonly [name: string, value: string])[]
  readonly externalUrl: string
  readonly nameScheme: NameScheme
  readonly engine: EngineFlags
  readonly bounds: QueryBounds
}

export interface BacktestTools {
  readonly fileSystem: FileSystem
  readonly past: Queryable
  readonly control: QueryControl
  readonly progress: (done: number, total: number) => void
  /** Handed what the rules wrote before it is thrown away. */
  readonly finished?: (written: BacktestDatabase, request: BacktestRequest) => Promise<void>
}

/**
 * A whole backtest, in this thread. Throws PARAMETER_INVALID for rules that are none, LIMIT_EXCEEDED,
 * QUERY_EXECUTION, and what the control throws.
 */
export async function backtest(
  request: BacktestRequest,
  settings: BacktestSettings,
  tools: BacktestTools,
): Promise<BacktestAnswer> {
  const groups = groupsOf(request, settings)
  const now = { ms: request.startMs }
  const written = await BacktestDatabase.open(tools.fileSystem, {
    ...systemClock,
    wallMs: () => now.ms,
  })
  try {
    const { past, control } = tools
    const { engine, bounds } = settings
    const outputs = groups.flatMap(({ rules }) => rules.flatMap(outputsOf))
    const hidden = outputs.map(matchersOf)
    const present = overlaidQueryable(past, written, {
      now,
      hidden,
      hiddenFromMs: request.startMs,
      looks: control.looks,
    })
    const found = await runBacktest({
      ...request,
      ...settings,
      externalLabels: Labels.of(settings.externalLabels),
      groups,
      clock: systemClock,
      now,
      appendable: written.database,
      past: written.runnerOver(past, engine, control),
      present: written.runnerOver(present, engine, control),
      control,
      progress: tools.progress,
    })
    const own = written.runnerOver(written.queryable, engine, control)
    const recorded = new Recorded(own, bounds, request)
    const answered: BacktestGroupAnswer[] = []
    for (const group of found) answered.push(await groupAnswer(group, recorded))
    await tools.finished?.(written, request)
    return { start: rfc3339(request.startMs), end: rfc3339(request.endMs), groups: answered }
  } finally {
    await written.close()
  }
}

function groupsOf(
  { rules, file }: BacktestRequest,
  { nameScheme, engine }: BacktestSettings,
): readonly GroupDefinition[] {
  const read = parseRuleFile(rules, { nameScheme, language: engine.language })
  if (read.ok) return read.groups
  const words = [...new Set(read.errors)].map((error) => `${file}: ${error}`).join('\n')
  throw new NarthexError('PARAMETER_INVALID', words)
}

async function groupAnswer(
  { group, evaluations, firstMs, lastMs, rules }: BacktestedGroup,
  recorded: Recorded,
): Promise<BacktestGroupAnswer> {
  const answers: BacktestRuleAnswer[] = []
  for (const rule of rules) answers.push(await ruleAnswer(rule, lastMs ?? 0, recorded))
  return {
    name: group.name,
    file: group.file,
    interval: group.intervalMs / 1_000,
    evaluations,
    ...(firstMs === undefined ? {} : { firstEvaluation: rfc3339(firstMs) }),
    ...(lastMs === undefined ? {} : { lastEvaluation: rfc3339(lastMs) }),
    rules: answers,
  }
}

async function ruleAnswer(
  { rule, failures, lastError, alerts }: BacktestedRule,
  lastMs: number,
  recorded: Recorded,
): Promise<BacktestRuleAnswer> {
  const { definition } = rule
  const named = { name: rule.name, query: definition.query, labels: rule.labels.toObject() }
  const failed = { failures, ...(lastError === '' ? {} : { lastError }) }
  if (definition.kind === 'record') {
    const [output = new Map<string, string>()] = outputsOf(definition)
    return { type: 'recording', ...named, ...failed, ...(await recorded.of(output)) }
  }
  return {
    type: 'alerting',
    ...named,
    duration: definition.forMs / 1_000,
    keepFiringFor: definition.keepFiringForMs / 1_000,
    annotations: definition.annotations.toObject(),
    ...failed,
    alerts: alerts.map(({ labels, intervals }) => ({
      labels: labels.toObject(),
      intervals: intervals.map((interval) => intervalAnswer(interval, lastMs)),
    })),
  }
}

function intervalAnswer(interval: AlertInterval, lastMs: number): BacktestIntervalAnswer {
  const { state, startMs, endMs, activeAtMs, value, annotations } = interval
  return {
    state,
    start: rfc3339(startMs),
    ...(endMs === undefined ? {} : { end: rfc3339(endMs) }),
    duration: ((endMs ?? lastMs) - startMs) / 1_000,
    activeAt: rfc3339(activeAtMs),
    value: goE(value),
    annotations: annotations.toObject(),
  }
}

interface QueryAnswer {
  readonly data: { readonly result: readonly { readonly value: readonly [number, string] }[] }
}

/** Tells what recording rules wrote. */
class Recorded {
  readonly #runner: QueryRunner
  readonly #bounds: QueryBounds
  readonly #request: BacktestRequest

  constructor(runner: QueryRunner, bounds: QueryBounds, request: BacktestRequest) {
    this.#runner = runner
    this.#bounds = bounds
    this.#request = request
  }

  async of(
    output: RuleOutput,
  ): Promise<{ series: number; samples: number; result?: readonly unknown[] }> {
    const { endMs, seriesMax } = this.#request
    const matchers = [...output].map(([name, value]) => `${goQuote(name)}=${goQuote(value)}`)
    // Since 1970: by its offset a rule may write before the start.
    const samples = `{${matchers.join(',')}}[${Math.max(endMs, 1)}ms]`
    const counted: QueryAnswer = await this.#ask(`count_over_time(${samples})`, this.#bounds)
    const { result } = counted.data
    const count = result.reduce((sum, { value }) => sum + Number(value[1]), 0)
    const counts = { series: result.length, samples: count }
    if (seriesMax === 0) return counts
    const samplesMax = limits.backtestRecordedSamplesMax
    const bounds = { ...this.#bounds, limit: seriesMax, samplesMax }
    return { ...counts, result: (await this.#ask(samples, bounds)).data.result }
  }

  async #ask(query: string, bounds: QueryBounds): Promise<QueryAnswer> {
    const timeMs = this.#request.endMs
    const signal = new AbortController().signal
    const reply = await this.#runner.run(
      { kind: 'instant', query, timeMs, bounds, stats: 'none' },
      signal,
    )
    if (!reply.ok) throw new NarthexError('QUERY_EXECUTION', reply.message)
    return JSON.parse(Buffer.concat(reply.body).toString())
  }
}
