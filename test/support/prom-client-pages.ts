import type { ServerResponse } from 'node:http'
import {
  Counter,
  collectDefaultMetrics,
  Gauge,
  Histogram,
  type OpenMetricsContentType,
  Registry,
  Summary,
} from 'prom-client'

/** What programs that use prom-client serve: the text format, and OpenMetrics with exemplars. */
export class PromClientPages {
  readonly #text = new Registry()
  readonly #openMetrics = new Registry<OpenMetricsContentType>()

  constructor() {
    collectDefaultMetrics({ register: this.#text })
    const labelNames = ['path', 'code'] as const
    const registers = [this.#text]
    const requests = new Counter({
      name: 'client_requests_total',
      help: 'Requests\nwith a second line and a \\.',
      labelNames,
      registers,
    })
    requests.inc({ path: '/a "quoted" \\ path\n', code: '200' }, 3)
    requests.inc({ path: '/é', code: '500' }, 0.1)
    const temperature = new Gauge({ name: 'client_temperature', help: 'It.', registers })
    temperature.set(-1.5e-7)
    const seconds = new Histogram({ name: 'client_seconds', help: 'Times.', registers })
    for (const value of [0.001, 0.2, 0.3, 100]) seconds.observe(value)
    const sizes = new Summary({
      name: 'client_sizes',
      help: 'Sizes.',
      percentiles: [0.5, 0.99],
      registers,
    })
    for (let size = 1; size <= 10; size++) sizes.observe(size)
    fillOpenMetrics(this.#openMetrics)
  }

  async answer(format: 'text' | 'openmetrics', response: ServerResponse): Promise<void> {
    const registry = format === 'text' ? this.#text : this.#openMetrics
    const body = await registry.metrics()
    response.writeHead(200, { 'content-type': registry.contentType }).end(body)
  }
}

function fillOpenMetrics(registry: Registry<OpenMetricsContentType>): void {
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE)
  const registers = [registry]
  const enableExemplars = true
  // Its types want the labels of exemplars among those of the metric.
  const hits = new Counter<string>({
    name: 'client_hits_total',
    help: 'Hits.',
    labelNames: ['code'],
    registers,
    enableExemplars,
  })
  hits.inc({ labels: { code: '200' }, value: 2, exemplarLabels: { trace_id: 'c1' } })
  hits.inc({ labels: { code: '500' }, value: 1 })
  const seconds = new Histogram<string>({
    name: 'client_wait_seconds',
    help: 'Waits.',
    buckets: [0.1, 1, 10],
    registers,
    enableExemplars,
  })
  seconds.observe({ value: 0.05, exemplarLabels: { trace_id: 'h1' } })
  seconds.observe({ value: 5, exemplarLabels: { trace_id: 'h2', span_id: 's' } })
  new Gauge({ name: 'client_level', help: 'A level.', registers }).set(17)
}
