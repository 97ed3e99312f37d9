import { NarthexError } from '../base/errors.ts'
import type { Counter } from '../base/self-metrics.ts'
import { Labels } from '../model/labels.ts'
import type { TargetGroup } from './discoverer.ts'
import { hostPort } from './host-port.ts'
import { httpEndpoint } from './http-endpoint.ts'
import { JsonApi } from './json-api.ts'
import { type JsonReader, readObjects } from './json-reader.ts'
import type { ConfigOf, DiscoveryTools, Mechanism } from './mechanism.ts'
import { RefreshLoop } from './refresh-loop.ts'

/** nomad_sd_configs: the instances of all registered services, in one group (row D4.9). */
export const nomadMechanism: Mechanism<'nomad'> = (metrics) => {
  const failures = metrics.counter(
    'prometheus_sd_nomad_failures_total',
    'Number of nomad service discovery refresh failures.',
  )
  return (config, tools) => {
    const source = new NomadSource(config, tools, failures)
    return new RefreshLoop(tools, {
      mechanism: 'nomad',
      intervalMs: config.refreshIntervalMs,
      refresh: async (report) => report([await source.refresh()]),
      close: () => source.close(),
    })
  }
}

class NomadSource {
  readonly #config: ConfigOf<'nomad'>
  readonly #failures: Counter
  readonly #api: JsonApi

  constructor(config: ConfigOf<'nomad'>, tools: DiscoveryTools, failures: Counter) {
    const endpoint = httpEndpoint(config.server.reveal(), ['http', 'https', 'unix'])
    this.#config = config
    this.#failures = failures
    const timeoutMs = config.refreshIntervalMs
    this.#api = new JsonApi(tools, {
      ...endpoint,
      dialer: 'nomad_sd',
      http: config.http,
      timeoutMs,
    })
  }

  async refresh(): Promise<TargetGroup> {
    try {
      const namespaces = readObjects(await this.#get('/v1/services'))
      const names = namespaces.flatMap((namespace) =>
        namespace.objects('Services').map((service) => service.text('ServiceName')),
      )
      const targets: Labels[] = []
      for (const name of names) {
        const instances = readObjects(await this.#get(`/v1/service/${encodeURIComponent(name)}`))
        targets.push(...instances.map((instance) => this.#targetOf(instance)))
      }
      return { source: 'Nomad', targets, labels: Labels.empty }
    } catch (thrown) {
      this.#failures.add()
      throw thrown
    }
  }

  close(): void {
    this.#api.close()
  }

  async #get(path: string): Promise<unknown> {
    const { allowStale, namespace, region } = this.#config
    const parameters = new URLSearchParams()
    if (namespace !== '') parameters.set('namespace', namespace)
    if (region !== '') parameters.set('region', region)
    if (allowStale) parameters.set('stale', '')
    const { status, text, json } = await this.#api.get(`${path}?${parameters}`)
    if (status === 200) return json()
    const words = `Unexpected response code: ${status} (${text.slice(0, 200)})`
    throw new NarthexError('HTTP_REQUEST_FAILED', words)
  }

  #targetOf(instance: JsonReader): Labels {
    const separator = this.#config.tagSeparator
    const address = instance.text('Address')
    const port = String(instance.number('Port'))
    const tags = instance.texts('Tags')
    return Labels.of({
      __address__: hostPort(address, port),
      __meta_nomad_address: address,
      __meta_nomad_dc: instance.text('Datacenter'),
      __meta_nomad_node_id: instance.text('NodeID'),
      __meta_nomad_namespace: instance.text('Namespace'),
      __meta_nomad_service: instance.text('ServiceName'),
      __meta_nomad_service_address: address,
      __meta_nomad_service_id: instance.text('ID'),
      __meta_nomad_service_port: port,
      __meta_nomad_tags: tags.length === 0 ? '' : `${separator}${tags.join(separator)}${separator}`,
    })
  }
}
