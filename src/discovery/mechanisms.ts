import type { MetricsRegistry } from '../base/self-metrics.ts'
import type { DiscoveryConfig } from '../config/discovery-config.ts'
import { DialerMetrics } from '../http/dialer-metrics.ts'
import { RecordLookup } from '../http/record-lookup.ts'
import { Resolver, type ResolverOptions } from '../http/resolver.ts'
import { consulMechanism } from './consul/consul.ts'
import type { Discoverer } from './discoverer.ts'
import { dnsMechanism } from './dns.ts'
import { fileMechanism } from './file.ts'
import { httpMechanism } from './http.ts'
import { kubernetesMechanism } from './kubernetes/kubernetes.ts'
import type { ConfigOf, DiscoveryTools } from './mechanism.ts'
import { dockerMechanism } from './moby/docker.ts'
import { dockerSwarmMechanism } from './moby/dockerswarm.ts'
import { nomadMechanism } from './nomad.ts'
import { RefreshMetrics } from './refresh-metrics.ts'
import { staticMechanism } from './static.ts'

type Name = DiscoveryConfig['mechanism']
type ConfigByName = { readonly [M in Name]: ConfigOf<M> }
type Factories = {
  readonly [M in Name]: (config: ConfigByName[M], tools: DiscoveryTools) => Discoverer
}

/** Every mechanism: a new one is one line here, and its section in config/discovery-config.ts. */
function register(metrics: MetricsRegistry): Factories {
  return {
    consul: consulMechanism(metrics),
    dns: dnsMechanism(metrics),
    docker: dockerMechanism(metrics),
    dockerswarm: dockerSwarmMechanism(metrics),
    file: fileMechanism(metrics),
    http: httpMechanism(metrics),
    kubernetes: kubernetesMechanism(metrics),
    nomad: nomadMechanism(metrics),
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
  readonly #records: RecordLookup
  readonly #dialers: DialerMetrics

  constructor(metrics: MetricsRegistry, names: ResolverOptions) {
    this.#refreshMetrics = new RefreshMetrics(metrics)
    this.#factories = register(metrics)
    this.#resolver = new Resolver(names)
    this.#records = new RecordLookup(names)
    this.#dialers = DialerMetrics.of(metrics)
  }

  /** Throws NarthexError where the configuration names what cannot be had. */
  discoverer(
    config: DiscoveryConfig,
    tools: Omit<DiscoveryTools, 'refreshMetrics' | 'resolver' | 'records' | 'dialers'>,
  ): Discoverer {
    return discovererOf(this.#factories, config.mechanism, config, {
      ...tools,
      resolver: this.#resolver,
      records: this.#records,
      dialers: this.#dialers,
      refreshMetrics: this.#refreshMetrics,
    })
  }
}

function discovererOf<M extends Name>(
  factories: Factories,
  mechanism: M,
  config: ConfigByName[M],
  tools: DiscoveryTools,
): Discoverer {
  return factories[mechanism](config, tools)
}
