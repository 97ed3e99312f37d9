import type { MetricsRegistry } from '../base/self-metrics.ts'
import type { DiscoveryConfig } from '../config/discovery-config.ts'
import type { Resolver } from '../http/resolver.ts'
import type { Discoverer } from './discoverer.ts'
import { fileMechanism } from './file.ts'
import { httpMechanism } from './http.ts'
import type { DiscoveryTools, Mechanism } from './mechanism.ts'
import { RefreshMetrics } from './refresh-metrics.ts'
import { staticMechanism } from './static.ts'

type Name = DiscoveryConfig['mechanism']
type ConfigOf = { readonly [M in Name]: Extract<DiscoveryConfig, { readonly mechanism: M }> }
type Factories = { readonly [M in Name]: ReturnType<Mechanism<ConfigOf[M]>> }

/** Every mechanism: a new one is one line here, and its section in config/discovery-config.ts. */
function register(metrics: MetricsRegistry): Factories {
  return {
    file: fileMechanism(metrics),
    http: httpMechanism(metrics),
    static: staticMechanism(metrics),
  }
}

/**
 * All mechanisms with their metrics, which the discovery managers of one process share: make one
 * for each metrics registry.
 */
export class DiscoveryMechanisms {
  readonly #factories: Factories
  readonly #refreshMetrics: RefreshMetrics
  readonly #resolver: Resolver

  constructor(metrics: MetricsRegistry, resolver: Resolver) {
    this.#refreshMetrics = new RefreshMetrics(metrics)
    this.#factories = register(metrics)
    this.#resolver = resolver
  }

  /** Throws NarthexError where the configuration names what cannot be had. */
  discoverer(
    config: DiscoveryConfig,
    tools: Omit<DiscoveryTools, 'refreshMetrics' | 'resolver'>,
  ): Discoverer {
    const all = { ...tools, resolver: this.#resolver, refreshMetrics: this.#refreshMetrics }
    return discovererOf(this.#factories, config.mechanism, config, all)
  }
}

function discovererOf<M extends Name>(
  factories: Factories,
  mechanism: M,
  config: ConfigOf[M],
  tools: DiscoveryTools,
): Discoverer {
  return factories[mechanism](config, tools)
}
