import { setMaxListeners } from 'node:events'
import type { Clock, Timer } from '../base/clock.ts'
import type { FileSystem } from '../base/file-system.ts'
import { Gate } from '../base/gate.ts'
import type { Logger } from '../base/logger.ts'
import type { MetricsRegistry } from '../base/self-metrics.ts'
import type { Tracer } from '../base/tracer.ts'
import type { Config } from '../config/config.ts'
import { compareBytes } from '../model/byte-order.ts'
import { Labels } from '../model/labels.ts'
import type { ParseOptions } from '../promql/parse/parse-options.ts'
import type { Appendable } from '../storage/appender.ts'
import type { QueryBounds, QueryRunner } from '../storage/query-runner.ts'
import type { Alert } from './alert.ts'
import { Group, type GroupTools } from './group.ts'
import { GroupLoop } from './group-loop.ts'
import type { RestoreSettings } from './restore-for-state.ts'
import { readRuleFiles } from './rule-files.ts'
import { RuleMetrics } from './rule-metrics.ts'
import { RuleQueries } from './rule-queries.ts'
import { SharedWakes } from './shared-wakes.ts'

export interface RuleManagerOptions {
  readonly fs: FileSystem
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: MetricsRegistry
  readonly appendable: Appendable
  readonly runner: QueryRunner
  readonly bounds: () => QueryBounds
  readonly language: ParseOptions
  readonly externalUrl: string
  readonly notify: (query: string, alerts: readonly Alert[]) => void
  readonly restoring: RestoreSettings
  readonly resendDelayMs: number
  /** Rules of one group side by side; 0 without the feature. */
  readonly concurrentEvaluationsMax: number
  /** Where evaluations are traced. */
  readonly tracer?: Tracer
  /** Called for faults of our own. */
  readonly broken: (thrown: unknown) => void
}

interface RunningGroup {
  readonly group: Group
  readonly loop: GroupLoop
  /** Until it has what it inherits of the group that it replaces. */
  readonly ready: Promise<void>
}

/**
 * All rule groups. Protocol: apply() for every configuration, stop() at the end. Groups that did not
 * change go on; of those that did, alerts and series go over to the new one (row R2.7).
 */
export class RuleManager {
  readonly #options: RuleManagerOptions
  readonly #tools: GroupTools
  readonly #wakes: SharedWakes
  readonly #abort = abortForMany()
  /** By file and name. */
  #groups = new Map<string, RunningGroup>()
  /** Of groups that are gone: their series become stale some time later. */
  readonly #departures = new Set<Timer>()
  /** Groups that others replace, until they have ended. */
  readonly #endings = new Set<Promise<void>>()
  #externalLabels = Labels.empty
  #queryOffsetMs = 0
  #hasStarted = false

  constructor(options: RuleManagerOptions) {
    this.#options = options
    this.#wakes = new SharedWakes(options.clock)
    const counts = () => [...this.#groups.values()].map(({ group }) => group.counts)
    const { concurrentEvaluationsMax: places } = options
    this.#tools = {
      clock: options.clock,
      logger: options.logger,
      metrics: new RuleMetrics(options.metrics, counts),
      appendable: options.appendable,
      queries: new RuleQueries(options),
      surroundings: () => ({
        externalLabels: this.#externalLabels,
        externalUrl: options.externalUrl,
      }),
      notify: options.notify,
      restoring: options.restoring,
      resendDelayMs: options.resendDelayMs,
      queryOffsetMs: () => this.#queryOffsetMs,
      concurrency: places > 0 ? new Gate({ widthMax: places, waitingMax: 0 }) : undefined,
      signal: this.#abort.signal,
      tracer: options.tracer,
    }
  }

  /** By file, then name. */
  groups(): readonly Group[] {
    return [...this.#groups.values()]
      .map(({ group }) => group)
      .sort((a, b) => compareBytes(a.file, b.file) || compareBytes(a.name, b.name))
  }

  /**
   * Loads the files of a configuration. Where one of them is wrong it throws CONFIG_INVALID and all
   * stays as it was. Groups that others replace, or that are gone, end their iteration first.
   */
  apply(config: Config): void {
    const loaded = this.#load(config)
    this.#externalLabels = config.global.externalLabels
    this.#queryOffsetMs = config.global.ruleQueryOffsetMs
    this.#hasStarted = true
    const before = this.#groups
    this.#groups = new Map()
    for (const [key, group] of loaded) {
      const old = before.get(key)
      before.delete(key)
      if (old?.group.equals(group)) {
        this.#groups.set(key, old)
        continue
      }
      const { clock, broken } = this.#options
      const loop = new GroupLoop(group, clock, this.#wakes, broken)
      if (old === undefined) loop.start()
      const ready = old === undefined ? Promise.resolve() : this.#replace(old, group, loop)
      this.#groups.set(key, { group, loop, ready })
      this.#remember(ready)
    }
    for (const old of before.values()) {
      this.#remember(ended(old).then(() => this.#depart(old.group)))
    }
  }

  /** Ends all loops; series are not marked stale, since the server may be back soon. */
  async stop(): Promise<void> {
    this.#abort.abort()
    for (const timer of this.#departures) timer.cancel()
    await Promise.all(this.#endings)
    await Promise.all([...this.#groups.values()].map(({ loop }) => loop.stop()))
  }

  #remember(ending: Promise<void>): void {
    this.#endings.add(ending)
    void ending.finally(() => this.#endings.delete(ending))
  }

  async #replace(old: RunningGroup, group: Group, loop: GroupLoop): Promise<void> {
    group.countOn(old.group)
    await ended(old)
    group.inherit(old.group)
    if (!this.#abort.signal.aborted && !group.isStopped) loop.start()
  }

  /** As upstream: so late, but with the time of now. */
  #depart(group: Group): void {
    group.abandon()
    if (!group.hasOrphans || this.#abort.signal.aborted) return
    const { clock } = this.#options
    const nowMs = Math.floor(clock.wallMs())
    const timer = clock.after(2 * group.intervalMs, () => {
      this.#departures.delete(timer)
      group.clearOrphans(nowMs)
    })
    this.#departures.add(timer)
  }

  #load(config: Config): ReadonlyMap<string, Group> {
    const groups = new Map<string, Group>()
    for (const { file, groups: definitions } of readRuleFiles(config, this.#options)) {
      for (const definition of definitions) {
        const group = new Group(
          {
            file,
            definition,
            intervalMs: definition.intervalMs || config.global.evaluationIntervalMs,
            shouldRestore: !this.#hasStarted,
          },
          this.#tools,
        )
        groups.set(group.counts.key, group)
      }
    }
    return groups
  }
}

/** Every query of a rule listens, as many as there are at work. */
function abortForMany(): AbortController {
  const abort = new AbortController()
  setMaxListeners(0, abort.signal)
  return abort
}

/** A group that was replaced before it began has something to pass on, too. */
async function ended({ loop, ready }: RunningGroup): Promise<void> {
  await Promise.all([loop.stop(), ready])
}
