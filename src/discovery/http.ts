import { NarthexError } from '../base/errors.ts'
import type { Counter } from '../base/self-metrics.ts'
import type { HttpDiscoveryConfig } from '../config/discovery/http.ts'
import { Labels, LabelsBuilder } from '../model/labels.ts'
import type { GroupSink, TargetGroup } from './discoverer.ts'
import { userInfoHeader } from './http-endpoint.ts'
import { JsonApi, type JsonReply } from './json-api.ts'
import type { DiscoveryTools, Mechanism } from './mechanism.ts'
import { RefreshLoop } from './refresh-loop.ts'
import { readTargetGroups } from './target-group-json.ts'

/** http_sd_configs: a list of target groups as JSON, over HTTP (row D2.3). */
export const httpMechanism: Mechanism<'http'> = (metrics) => {
  const failures = metrics.counter(
    'prometheus_sd_http_failures_total',
    'Number of HTTP service discovery refresh failures.',
  )
  return (config, tools) => {
    const source = new HttpSource(config, tools, failures)
    return new RefreshLoop(tools, {
      mechanism: 'http',
      intervalMs: config.refreshIntervalMs,
      refresh: (report) => source.refresh(report),
      close: () => source.close(),
    })
  }
}

const jsonType = /^application\/json(?:;\s*charset=(?:"utf-8"|utf-8))?$/i

class HttpSource {
  readonly #config: HttpDiscoveryConfig
  readonly #failures: Counter
  readonly #api: JsonApi
  readonly #path: string
  /** Groups of the last good answer: those that a shorter one lacks are taken away. */
  #groupCount = 0

  constructor(config: HttpDiscoveryConfig, tools: DiscoveryTools, failures: Counter) {
    const url = new URL(config.url.reveal())
    this.#config = config
    this.#failures = failures
    this.#path = `${url.pathname}${url.search}`
    this.#api = new JsonApi(tools, {
      dialer: 'http',
      http: config.http,
      origin: url.origin,
      headers: [
        'Accept',
        'application/json',
        'X-Prometheus-Refresh-Interval-Seconds',
        String(config.refreshIntervalMs / 1_000),
        ...userInfoHeader(url),
      ],
      timeoutMs: config.refreshIntervalMs,
    })
  }

  async refresh(report: GroupSink): Promise<void> {
    try {
      const groups = this.#groups(await this.#api.get(this.#path))
      const gone = Math.max(this.#groupCount - groups.length, 0)
      this.#groupCount = groups.length
      report([
        ...groups,
        ...Array.from({ length: gone }, (_, index) => ({
          source: `${this.#config.url.reveal()}:${groups.length + index}`,
          targets: [],
          labels: Labels.empty,
        })),
      ])
    } catch (thrown) {
      this.#failures.add()
      throw thrown
    }
  }

  close(): void {
    this.#api.close()
  }

  #groups(reply: JsonReply): readonly TargetGroup[] {
    const url = this.#config.url.reveal()
    if (reply.status !== 200) {
      const status = `${reply.status} ${reply.statusText}`.trimEnd()
      throw new NarthexError('HTTP_REQUEST_FAILED', `server returned HTTP status ${status}`)
    }
    if (!jsonType.test(reply.contentType.trim())) {
      const words = `unsupported content type ${JSON.stringify(reply.contentType)}`
      throw new NarthexError('HTTP_REQUEST_FAILED', words)
    }
    return readTargetGroups(reply.json()).map((group, index) => {
      const labels = new LabelsBuilder(group.labels).set('__meta_url', url).build()
      return { ...group, labels, source: `${url}:${index}` }
    })
  }
}
