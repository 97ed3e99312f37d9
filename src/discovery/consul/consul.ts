import type { Timer } from '../../base/clock.ts'
import { messageOf, NarthexError } from '../../base/errors.ts'
import { limits } from '../../base/limits.ts'
import type { Counter, Summary } from '../../base/self-metrics.ts'
import { Labels } from '../../model/labels.ts'
import type { Discoverer, GroupSink } from '../discoverer.ts'
import { type HttpEndpoint, httpEndpoint } from '../http-endpoint.ts'
import { JsonApi } from '../json-api.ts'
import { JsonReader } from '../json-reader.ts'
import type { ConfigOf, DiscoveryTools, Mechanism } from '../mechanism.ts'
import { BlockingQuery, type BlockingQueryOptions } from './blocking-query.ts'
import { readServiceTargets } from './service-targets.ts'

interface ConsulMetrics {
  readonly failures: Counter
  readonly servicesSeconds: Summary
  readonly serviceSeconds: Summary
}

/** consul_sd_configs: a group for each service of the catalog (row D4.1). */
export const consulMechanism: Mechanism<'consul'> = (registry) => {
  const durations = registry.summaries(
    'prometheus_sd_consul_rpc_duration_seconds',
    'The duration of a Consul RPC call in seconds.',
    [0.5, 0.9, 0.99],
  )
  const metrics = {
    failures: registry.counter(
      'prometheus_sd_consul_rpc_failures_total',
      'The number of Consul RPC call failures.',
    ),
    servicesSeconds: durations.of({ call: 'services', endpoint: 'catalog' }),
    serviceSeconds: durations.of({ call: 'service', endpoint: 'catalog' }),
  }
  return (config, tools) => new ConsulDiscoverer(config, tools, metrics)
}

/**
 * Watches the catalog's list of services, and each service that the configuration wants; without
 * wishes that only the catalog can answer, the services by name alone.
 */
class ConsulDiscoverer implements Discoverer {
  readonly #config: ConfigOf<'consul'>
  readonly #tools: DiscoveryTools
  readonly #metrics: ConsulMetrics
  readonly #endpoint: HttpEndpoint
  readonly #services = new Map<string, BlockingQuery>()
  #catalog: BlockingQuery | undefined
  #agent: JsonApi | undefined
  #retry: Timer | undefined
  #datacenter: string
  #report: GroupSink = () => undefined

  constructor(config: ConfigOf<'consul'>, tools: DiscoveryTools, metrics: ConsulMetrics) {
    this.#config = config
    this.#tools = tools
    this.#metrics = metrics
    const server = config.server.reveal()
    const { scheme } = config
    this.#endpoint = httpEndpoint(server.includes('://') ? server : `${scheme}://${server}`, [
      'http',
      'https',
      'unix',
    ])
    this.#datacenter = config.datacenter
  }

  start(report: GroupSink): void {
    this.#report = report
    if (this.#datacenter === '') void this.#findDatacenter()
    else this.#watch()
  }

  stop(): void {
    this.#report = () => undefined
    this.#retry?.cancel()
    this.#agent?.close()
    this.#agent = undefined
    this.#catalog?.stop()
    for (const query of this.#services.values()) query.stop()
    this.#services.clear()
  }

  /** That of the agent, where the configuration names none; asked for until it is known. */
  async #findDatacenter(): Promise<void> {
    const agent = this.#agent ?? this.#api()
    this.#agent = agent
    try {
      const { status, json, text } = await agent.get(this.#path('/v1/agent/self'))
      if (status !== 200) throw failed(`Unexpected response code: ${status} (${text})`)
      const datacenter = new JsonReader(json()).object('Config').text('Datacenter')
      if (datacenter === '') throw failed("invalid value '' for Config.Datacenter")
      if (this.#agent === undefined) return
      this.#datacenter = datacenter
    } catch (thrown) {
      if (this.#agent === undefined) return
      this.#metrics.failures.add()
      this.#tools.logger.error('Error retrieving datacenter name', { err: messageOf(thrown) })
      const again = () => void this.#findDatacenter()
      this.#retry = this.#tools.clock.after(limits.consulRetryMs, again)
      return
    }
    this.#agent.close()
    this.#agent = undefined
    this.#watch()
  }

  #watch(): void {
    const { services, tags, filter } = this.#config
    if (services.length > 0 && tags.length === 0 && filter === '') {
      for (const name of new Set(services)) this.#watchService(name)
      return
    }
    this.#catalog = this.#query({
      path: '/v1/catalog/services',
      parameters: filter === '' ? [] : [['filter', filter]],
      answered: (json) => this.#takeServices(new JsonReader(json)),
      failed: (error) => this.#failed('Error refreshing service list', { err: error.message }),
      took: (seconds) => this.#metrics.servicesSeconds.observe(seconds),
    })
    this.#catalog.start()
  }

  #takeServices(answer: JsonReader): void {
    const names = answer.keys()
    for (const name of names) {
      if (!this.#isWanted(name, answer.texts(name)) || this.#services.has(name)) continue
      if (this.#services.size >= limits.consulServicesMax) {
        throw failed(`more than ${limits.consulServicesMax} services to watch`)
      }
      this.#watchService(name)
    }
    const present = new Set(names)
    const gone = [...this.#services.keys()].filter((name) => !present.has(name))
    for (const name of gone) {
      this.#services.get(name)?.stop()
      this.#services.delete(name)
    }
    if (gone.length === 0 && this.#services.size > 0) return
    this.#report(gone.map((source) => ({ source, targets: [], labels: Labels.empty })))
  }

  #isWanted(name: string, tags: readonly string[]): boolean {
    const { services, tags: wantedTags } = this.#config
    if (services.length > 0 && !services.includes(name)) return false
    return wantedTags.every((tag) => tags.includes(tag))
  }

  #watchService(name: string): void {
    const { tags, healthFilter, tagSeparator } = this.#config
    const labels = Labels.of({ __meta_consul_service: name, __meta_consul_dc: this.#datacenter })
    const filter: [string, string][] = healthFilter === '' ? [] : [['filter', healthFilter]]
    const query = this.#query({
      path: `/v1/health/service/${encodeURIComponent(name)}`,
      parameters: [...tags.map((tag): [string, string] => ['tag', tag]), ...filter],
      answered: (json) =>
        this.#report([{ source: name, labels, targets: readServiceTargets(json, tagSeparator) }]),
      failed: (error) =>
        this.#failed('Error refreshing service', {
          service: name,
          tags: tags.join(','),
          err: error.message,
        }),
      took: (seconds) => this.#metrics.serviceSeconds.observe(seconds),
    })
    this.#services.set(name, query)
    query.start()
  }

  #failed(message: string, fields: Readonly<Record<string, string>>): void {
    this.#metrics.failures.add()
    this.#tools.logger.error(message, fields)
  }

  #query(options: Omit<BlockingQueryOptions, 'intervalMs'>): BlockingQuery {
    const { datacenter, namespace, partition, allowStale, nodeMeta } = this.#config
    const given = [
      ['ns', namespace],
      ['partition', partition],
      ['dc', datacenter],
    ] as const
    return new BlockingQuery(this.#api(), this.#tools.clock, {
      ...options,
      intervalMs: this.#config.refreshIntervalMs,
      path: this.#path(options.path),
      parameters: [
        ...options.parameters,
        ...given.filter(([, value]) => value !== ''),
        ...(allowStale ? [['stale', ''] as const] : []),
        ...[...nodeMeta].map(([key, value]) => ['node-meta', `${key}:${value}`] as const),
      ],
    })
  }

  #path(path: string): string {
    const { pathPrefix } = this.#endpoint
    return `${pathPrefix === '' ? this.#config.pathPrefix : pathPrefix}${path}`
  }

  #api(): JsonApi {
    const { token, http } = this.#config
    const { origin, socketPath, headers } = this.#endpoint
    return new JsonApi(this.#tools, {
      dialer: 'consul_sd',
      http,
      origin,
      socketPath,
      headers: token === undefined ? headers : [...headers, 'X-Consul-Token', token.reveal()],
      timeoutMs: limits.consulWaitMs + limits.consulRetryMs,
    })
  }
}

function failed(words: string): NarthexError {
  return new NarthexError('HTTP_REQUEST_FAILED', words)
}
