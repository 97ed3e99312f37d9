import type { Clock } from '../base/clock.ts'
import type { FileSystem } from '../base/file-system.ts'
import type { Logger } from '../base/logger.ts'
import type { MetricsRegistry } from '../base/self-metrics.ts'
import type { DiscoveryConfig } from '../config/discovery-config.ts'
import type { DialerMetrics } from '../http/dialer-metrics.ts'
import type { RecordLookup } from '../http/record-lookup.ts'
import type { Resolver } from '../http/resolver.ts'
import type { Discoverer } from './discoverer.ts'
import type { RefreshMetrics } from './refresh-metrics.ts'

/** The configuration of one mechanism. */
export type ConfigOf<M extends DiscoveryConfig['mechanism']> = Extract<
  DiscoveryConfig,
  { readonly mechanism: M }
>

/** What a discoverer works with. */
export interface DiscoveryTools {
  readonly fs: FileSystem
  readonly clock: Clock
  /** Names the mechanism and the first job that asked for this discoverer. */
  readonly logger: Logger
  readonly resolver: Resolver
  readonly dialers: DialerMetrics
  readonly records: RecordLookup
  readonly refreshMetrics: RefreshMetrics
  /** The first job that asked: the label `config` of its metrics. */
  readonly setName: string
}

/**
 * One way to find targets. Called once for the process, where it registers its metrics; what it
 * answers makes a discoverer for each different configuration, and may throw NarthexError.
 */
export type Mechanism<M extends DiscoveryConfig['mechanism']> = (
  metrics: MetricsRegistry,
) => (config: ConfigOf<M>, tools: DiscoveryTools) => Discoverer
