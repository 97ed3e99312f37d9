import { onTestFinished } from 'vitest'
import { type Logger, silentLogger } from '../../src/base/logger.ts'
import { MetricsRegistry } from '../../src/base/self-metrics.ts'
import { loadConfig } from '../../src/config/load.ts'
import { GrowingColumns } from '../../src/model/growing-columns.ts'
import { Labels } from '../../src/model/labels.ts'
import { Matcher } from '../../src/model/matcher.ts'
import { halvesOf, isStaleAt } from '../../src/model/stale-nan.ts'
import { defaultParseOptions } from '../../src/promql/parse/parse-options.ts'
import { AlertingRule } from '../../src/rules/alerting-rule.ts'
import type { Group } from '../../src/rules/group.ts'
import { slotBefore } from '../../src/rules/group-loop.ts'
import { RuleManager, type RuleManagerOptions } from '../../src/rules/manager.ts'
import type { QueryReply, QueryRequest } from '../../src/storage/query-runner.ts'
import type { VectorAnswer } from '../../src/storage/vector-answers.ts'
import type { Database } from '../../src/tsdb/db.ts'
import { newDisk, openOn } from '../sim/database-world.ts'
import { SimClock } from '../sim/sim-clock.ts'
import { DirectRunner } from '../support/direct-runner.ts'
import { allTime, localQuerier, readerOf } from '../support/local-querier.ts'
import type { AtEnd } from '../support/temporary-directory.ts'

export const minuteMs = 60_000
export const rulePath = '/data/rules.yml'

/** A slot of the group `g` of that file at an interval of a minute: minute 0 of these tests. */
export const zeroMs = slotBefore({ file: rulePath, name: 'g', intervalMs: minuteMs }, 1.7e12)

/** What Alertmanagers would be told: minute, alert, until when it holds. */
export interface Told {
  readonly minute: number
  readonly labels: Readonly<Record<string, string>>
  readonly startMinute: number | undefined
  readonly endMinute: number | undefined
  readonly isResolved: boolean
}

type Stored = Readonly<Record<string, readonly (readonly [minute: number, value: unknown])[]>>

/**
 * Rules over a real database on a simulated disk and the engine in this thread, by a clock that is
 * moved by hand: it begins half a minute before minute 0.
 */
export class RuleBench {
  readonly clock = new SimClock(zeroMs - minuteMs / 2)
  readonly told: Told[] = []
  readonly lines: string[] = []
  readonly broken: unknown[] = []
  registry = new MetricsRegistry()
  /** Words with which a query fails. */
  faultOf: (query: string) => string | undefined = () => undefined
  /** What a query waits for before it is answered. */
  beforeQuery: (query: string) => Promise<void> = async () => undefined
  #manager: RuleManager | undefined

  private constructor(
    readonly disk: ReturnType<typeof newDisk>,
    readonly database: Database,
    clock: SimClock,
  ) {
    this.clock = clock
  }

  /** Ends with the test, or as the caller says. */
  static async open(atEnd: AtEnd = onTestFinished): Promise<RuleBench> {
    const disk = newDisk()
    const clock = new SimClock(zeroMs - minuteMs / 2)
    const database = await openOn(disk, clock, { rangeMs: 120 * minuteMs })
    const bench = new RuleBench(disk, database, clock)
    atEnd(async () => {
      await bench.stop()
      await database.close()
    })
    return bench
  }

  get manager(): RuleManager {
    if (this.#manager === undefined) throw new Error('the bench has no rules yet')
    return this.#manager
  }

  get minute(): number {
    return (this.clock.wallMs() - zeroMs) / minuteMs
  }

  /** Loads these groups; the first time it starts a server's rules. */
  apply(
    groups: string,
    more: Partial<RuleManagerOptions> & { readonly config?: string } = {},
  ): void {
    this.disk.writeFile(rulePath, Buffer.from(`groups:\n${groups}`))
    const { config = '', ...options } = more
    this.#manager ??= new RuleManager(this.#options(options))
    this.#manager.apply(loadConfig(`rule_files: [${rulePath}]\n${config}`, '/data/prometheus.yml'))
  }

  /** As at the end of a server; the next apply() begins the next one's life. */
  async stop(): Promise<void> {
    await this.#manager?.stop()
    this.#manager = undefined
    this.registry = new MetricsRegistry()
  }

  #options(changes: Partial<RuleManagerOptions>): RuleManagerOptions {
    const runner = new DirectRunner(this.database, this.disk)
    const run = async (request: QueryRequest, signal: AbortSignal): Promise<QueryReply> => {
      if (request.kind !== 'rules') throw new Error(`rules asked for ${request.kind}`)
      for (const query of request.queries) await this.beforeQuery(query)
      const reply = await runner.run(request, signal)
      if (!reply.ok || reply.vectors === undefined) return reply
      const answers = reply.vectors.answers.map((answer, index) => {
        const message = this.faultOf(request.queries[index] ?? '')
        return message === undefined ? answer : failed(message)
      })
      // Values of faults stand at the end: rows of what is answered stay where they were.
      return { ...reply, vectors: { ...reply.vectors, answers } }
    }
    return {
      fs: this.disk,
      clock: this.clock,
      logger: this.#logger(),
      metrics: this.registry,
      appendable: this.database,
      runner: { run },
      bounds: () => ({ timeoutMs: 120_000, lookbackMs: 300_000, samplesMax: 50_000_000, limit: 0 }),
      language: defaultParseOptions,
      externalUrl: 'http://here',
      restoring: { outageToleranceMs: 60 * minuteMs, gracePeriodMs: 10 * minuteMs },
      resendDelayMs: minuteMs,
      concurrentEvaluationsMax: 0,
      broken: (thrown) => this.broken.push(thrown),
      notify: (_query, alerts) => {
        for (const { labels, firedAtMs, resolvedAtMs, validUntilMs } of alerts) {
          this.told.push({
            minute: this.minute,
            labels: labels.toObject(),
            startMinute: minuteOf(firedAtMs),
            endMinute: minuteOf(resolvedAtMs ?? validUntilMs),
            isResolved: resolvedAtMs !== undefined,
          })
        }
      },
      ...changes,
    }
  }

  #logger(): Logger {
    const keep = (message: string, fields: object = {}) => {
      this.lines.push(`${message} ${JSON.stringify(fields)}`)
    }
    const logger: Logger = { ...silentLogger, warn: keep, error: keep, with: () => logger }
    return logger
  }

  group(name = 'g'): Group {
    const found = this.manager.groups().find((group) => group.name === name)
    if (found === undefined) throw new Error(`there is no group ${name}`)
    return found
  }

  alerting(name: string, group = 'g'): AlertingRule {
    const found = this.group(group).rules.find((rule) => rule.name === name)
    if (!(found instanceof AlertingRule)) throw new Error(`there is no alert ${name}`)
    return found
  }

  /** Moves time to half a minute past the minute, after all that falls due on the way. */
  async runPast(minute: number): Promise<void> {
    await this.clock.advance((minute + 0.5 - this.minute) * minuteMs)
    await settled()
  }

  /** A sample of now. */
  put(labels: Readonly<Record<string, string>>, value: number): void {
    const appender = this.database.appender()
    const id = appender.series(Labels.of(labels))
    const times = Float64Array.of(this.clock.wallMs())
    appender.append(Uint32Array.of(id), times, Float64Array.of(value), 1)
    appender.commit()
  }

  /** All samples of a metric by their labels, at minutes. */
  async stored(metric: string): Promise<Stored> {
    const querier = localQuerier(this.database, readerOf(this.database, this.disk))
    const matchers = [new Matcher('=', '__name__', metric)]
    const set = await querier.select({ matchers, ...allTime, sorted: true })
    const { offsets, labelIds } = set.labels
    const found: Record<string, (readonly [number, unknown])[]> = {}
    for (let series = 0; series < set.seriesCount; series++) {
      const ids = [...labelIds.subarray(offsets[series], offsets[series + 1])]
      const texts = ids.map((id) => querier.symbols.text(id)).slice(2)
      const columns = new GrowingColumns(16)
      const count = set.readFloats(series, -Infinity, Infinity, columns)
      const halves = halvesOf(columns.values)
      found[texts.join(' ')] = Array.from({ length: count }, (_none, index) => [
        ((columns.timestampsMs[index] ?? 0) - zeroMs) / minuteMs,
        isStaleAt(halves, index) ? 'stale' : columns.values[index],
      ])
    }
    querier.close()
    return found
  }

  /** The value of one of our own metrics, of the group where it has groups. */
  metric(name: string, group = 'g'): number | undefined {
    const family = this.registry.families().find((one) => one.name === name)
    const wanted = `${rulePath};${group}`
    return family?.metrics.find(({ labels }) => labels.every(([, value]) => value === wanted))
      ?.value
  }
}

function failed(message: string): VectorAnswer {
  const error = { type: 'execution', message } as const
  return { error, rows: 0, labelsKey: '', labels: undefined, histograms: [] }
}

function minuteOf(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : (ms - zeroMs) / minuteMs
}

/** Until what was begun has come to its end, or waits for the clock. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
}
