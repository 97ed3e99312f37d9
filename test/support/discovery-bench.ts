import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import type { Clock } from '../../src/base/clock.ts'
import { type Logger, silentLogger } from '../../src/base/logger.ts'
import { nodeFileSystem } from '../../src/base/node-file-system.ts'
import { MetricsRegistry } from '../../src/base/self-metrics.ts'
import { loadConfig } from '../../src/config/load.ts'
import type { TargetGroup } from '../../src/discovery/discoverer.ts'
import { DiscoveryManager } from '../../src/discovery/manager.ts'
import { DiscoveryMechanisms } from '../../src/discovery/mechanisms.ts'
import type { ResolverOptions } from '../../src/http/resolver.ts'
import { SimClock } from '../sim/sim-clock.ts'
import { temporaryDirectory } from './temporary-directory.ts'
import { waitUntil } from './wait-until.ts'

export function discoveryManager(shared: {
  readonly clock: Clock
  readonly metrics: MetricsRegistry
  readonly logger?: Logger
  readonly names?: Partial<ResolverOptions>
}): DiscoveryManager {
  const { clock, metrics } = shared
  const names = { fs: nodeFileSystem, clock, ...shared.names }
  return new DiscoveryManager({
    fs: names.fs,
    clock,
    logger: shared.logger ?? silentLogger,
    metrics,
    mechanisms: new DiscoveryMechanisms(metrics, names),
  })
}

/** A discovery manager on simulated time that remembers what it told. */
export class DiscoveryBench {
  readonly clock = new SimClock()
  readonly metrics = new MetricsRegistry()
  readonly directory = temporaryDirectory()
  /** For each time it told: `job: address labels...`, a line for each target. */
  readonly told: (readonly string[])[] = []
  readonly manager: DiscoveryManager
  /** What was logged: message and error. */
  readonly logged: string[] = []
  #groups: ReadonlyMap<string, readonly TargetGroup[]> = new Map()

  constructor(names: Partial<ResolverOptions> = {}) {
    const log = (message: string, fields?: object) => {
      const error = fields !== undefined && 'err' in fields ? `: ${String(fields.err)}` : ''
      this.logged.push(message + error)
    }
    const logger: Logger = { ...silentLogger, warn: log, error: log, with: () => logger }
    this.manager = discoveryManager({ ...this, logger, names })
    onTestFinished(() => this.manager.stop())
    this.manager.subscribe((groupsByJob) => {
      this.#groups = groupsByJob
      this.told.push(
        [...groupsByJob].flatMap(([job, groups]) =>
          this.#targets(groups).map(({ __address__, __meta_filepath, ...rest }) =>
            [`${job}: ${__address__}`, ...Object.values(rest)].join(' '),
          ),
        ),
      )
    })
  }

  apply(jobs: string): void {
    const config = loadConfig(`scrape_configs:\n${jobs}`, join(this.directory, 'x.yml'))
    this.manager.apply(
      config.scrapeConfigs.map((job) => ({ name: job.jobName, configs: job.discovery })),
    )
  }

  /** Waits, while time goes on, until these are all targets of a job, with all their labels. */
  async untilTargets(job: string, wanted: readonly Readonly<Record<string, string>>[]) {
    const targets = () => this.#targets(this.#groups.get(job) ?? [])
    await this.until(() => isSame(targets(), wanted))
    expect(targets()).toEqual(wanted)
  }

  /** As untilTargets, whatever their order. */
  async untilTargetsInAnyOrder(job: string, wanted: readonly Readonly<Record<string, string>>[]) {
    const sorted = (targets: readonly Readonly<Record<string, string>>[]) =>
      targets
        .map((each) => JSON.stringify(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1))))
        .sort()
    const targets = () => sorted(this.#targets(this.#groups.get(job) ?? []))
    await this.until(() => isSame(targets(), sorted(wanted)))
    expect(targets()).toEqual(sorted(wanted))
  }

  /** Waits, while time goes on, until the lines were told last. */
  async untilTold(lines: readonly string[]): Promise<void> {
    await this.until(() => isSame(this.told.at(-1), lines))
    expect(this.told.at(-1)).toEqual(lines)
  }

  /** Waits, while time goes on, until a metric is at least so much. */
  async untilMetric(name: string, atLeast: number): Promise<void> {
    await this.until(() => this.metric(name) >= atLeast)
    expect(this.metric(name)).toBeGreaterThanOrEqual(atLeast)
  }

  /** Renamed into place, as careful writers do. */
  write(name: string, text: string): void {
    const temporary = join(this.directory, '.next')
    writeFileSync(temporary, text)
    renameSync(temporary, join(this.directory, name))
  }

  metric(name: string): number {
    const line = this.metrics
      .render()
      .split('\n')
      .find((text) => text.startsWith(name))
    return Number(line?.split(' ').at(-1))
  }

  /** Lets time go on until it is so; the caller asserts it, for this gives up at last. */
  async until(isSo: () => boolean): Promise<void> {
    const tries = { left: 150 }
    await waitUntil('discovery has told', async () => {
      if (isSo() || tries.left-- === 0) return true
      await this.clock.advance(100)
      return undefined
    })
  }

  #targets(groups: readonly TargetGroup[]): readonly Record<string, string>[] {
    return groups.flatMap((group) =>
      group.targets.map((target) =>
        Object.fromEntries([...group.labels.entries(), ...target.entries()]),
      ),
    )
  }
}

function isSame(a: unknown, b: unknown): boolean {
  try {
    expect(a).toEqual(b)
    return true
  } catch {
    return false
  }
}
