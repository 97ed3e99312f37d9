import { hostname } from 'node:os'
import { systemClock } from '../base/clock.ts'
import { nodeFileSystem } from '../base/node-file-system.ts'
import type { Config } from '../config/config.ts'
import type { EngineFlags } from '../promql/engine-flags.ts'
import type { QueryBounds } from '../storage/query-runner.ts'
import type { SharedDatabase } from '../workers/pool-worker.ts'
import type { BacktestSettings } from './backtest-job.ts'
import { BacktestThreads } from './backtest-thread.ts'
import { builtFiles } from './built-files.ts'
import { externalUrlText } from './external-url.ts'
import type { Flags } from './flags.ts'
import { backtestSource } from './worker-source.ts'

export interface BacktestPartsOptions {
  readonly flags: Flags
  readonly engine: EngineFlags
  readonly config: () => Config
  readonly bounds: (config: Config) => Omit<QueryBounds, 'limit'>
  readonly database: () => SharedDatabase
}

/** The backtests of a server, with what its flags and configuration say. */
export function backtestParts(options: BacktestPartsOptions): BacktestThreads {
  const { flags, engine, config, bounds, database } = options
  const externalUrl = externalUrlText(flags, hostname())
  return new BacktestThreads({
    source: () => backtestSource(builtFiles(nodeFileSystem)),
    clock: systemClock,
    database,
    settings: () => ({
      ...configSettings(config()),
      externalUrl,
      engine,
      bounds: { ...bounds(config()), limit: 0 },
    }),
  })
}

/** What a configuration says of rules. */
export function configSettings({
  global,
}: Pick<Config, 'global'>): Omit<BacktestSettings, 'externalUrl' | 'engine' | 'bounds'> {
  return {
    evaluationIntervalMs: global.evaluationIntervalMs,
    queryOffsetMs: global.ruleQueryOffsetMs,
    externalLabels: [...global.externalLabels.entries()],
    nameScheme: global.nameScheme,
  }
}
