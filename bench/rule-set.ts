import protobuf from 'protobufjs/minimal.js'
import snappy from 'snappyjs'
import { encodeLabels } from './query-data.ts'
import { seededRandom } from './seeded-random.ts'

/** How often rules are evaluated, and how far the samples that they read are apart. */
export const intervalMs = 15_000

/** One group a service; a service is five machines of a hundred series. */
const instancesPerJob = 5
const seriesPerInstance = 100
export const seriesPerGroup = instancesPerJob * seriesPerInstance

const bounds = ['0.005', '0.01', '0.025', '0.05', '0.1', '0.25', '0.5', '1', '2', '5', '10', '+Inf']
const handlers = ['/', '/login', '/api/v1/items', '/api/v1/orders', '/static', '/metrics']

interface SeriesShape {
  readonly labels: Uint8Array
  /** What a counter gains from one sample to the next; 0 for gauges. */
  readonly gain: number
}

/** Remote-write bodies of all series, `steps` samples each from `startMs` on. */
export function* renderRuleData(
  groups: number,
  { startMs, steps, seed }: { startMs: number; steps: number; seed: number },
): Generator<Uint8Array> {
  const random = seededRandom(seed)
  for (let group = 0; group < groups; group++) {
    const writer = protobuf.Writer.create()
    for (const { labels, gain } of shapesOf(`service-${group}`)) {
      const series = protobuf.Writer.create()
      let value = Math.floor(random() * 1_000)
      for (let step = 0; step < steps; step++) {
        value = gain > 0 ? value + Math.floor(random() * gain) : Math.round(random() * 1e4) / 10
        const timestampMs = startMs + step * intervalMs
        series.uint32(18).fork().uint32(9).double(value).uint32(16).int64(timestampMs).ldelim()
      }
      writer.uint32(10).bytes(Buffer.concat([labels, series.finish()]))
    }
    yield new Uint8Array(snappy.compress(writer.finish()))
  }
}

function shapesOf(job: string): readonly SeriesShape[] {
  const shapes: SeriesShape[] = []
  for (let machine = 0; machine < instancesPerJob; machine++) {
    const place = { job, instance: `${job}-${machine}:9100`, zone: `zone-${machine % 3}` }
    const add = (gain: number, labels: Readonly<Record<string, string>>) =>
      shapes.push({ gain, labels: encodeLabels({ ...place, ...labels }) })
    for (const handler of handlers) {
      for (const code of ['200', '404', '500']) {
        add(code === '200' ? 400 : 20, { __name__: 'http_requests_total', handler, code })
      }
    }
    for (const handler of handlers.slice(0, 3)) {
      bounds.forEach((le, index) => {
        add(10 + index, { __name__: 'http_request_duration_seconds_bucket', handler, le })
      })
      add(30, { __name__: 'http_request_duration_seconds_sum', handler })
      add(25, { __name__: 'http_request_duration_seconds_count', handler })
    }
    for (const cpu of ['0', '1']) {
      for (const mode of ['idle', 'iowait', 'system', 'user']) {
        add(15, { __name__: 'node_cpu_seconds_total', cpu, mode })
      }
    }
    for (let index = 0; index < 32; index++) add(0, { __name__: `node_gauge_${index}` })
  }
  return shapes
}

interface RuleText {
  readonly kind: 'record' | 'alert'
  readonly name: string
  readonly expr: string
  readonly extra?: string
}

const alertTexts = `
        labels: { severity: page, team: '{{ $labels.job }}' }
        annotations:
          summary: 'On {{ $labels.instance }} it is {{ $value | humanize }}'`

/** 25 rules, such as people have for a service: rates, quantiles, ratios of those, and alerts. */
function rulesOf(job: string): readonly RuleText[] {
  const own = `job="${job}"`
  const record = (name: string, expr: string): RuleText => ({ kind: 'record', name, expr })
  const alert = (name: string, expr: string, waits = '1m'): RuleText => ({
    kind: 'alert',
    name,
    expr,
    extra: `\n        for: ${waits}${alertTexts}`,
  })
  const gauges = (index: number) => `node_gauge_${index}{${own}}`
  return [
    record(
      'job_code:http_requests:rate5m',
      `sum by (job, code) (rate(http_requests_total{${own}}[5m]))`,
    ),
    record('job:http_requests:rate5m', `sum by (job) (job_code:http_requests:rate5m{${own}})`),
    record(
      'job:http_errors:ratio5m',
      `sum by (job) (job_code:http_requests:rate5m{${own}, code="500"}) / job:http_requests:rate5m{${own}}`,
    ),
    record(
      'instance_handler:http_requests:rate5m',
      `sum by (job, instance, handler) (rate(http_requests_total{${own}}[5m]))`,
    ),
    record(
      'job_le:http_duration:rate5m',
      `sum by (job, le) (rate(http_request_duration_seconds_bucket{${own}}[5m]))`,
    ),
    record('job:http_duration:p50', `histogram_quantile(0.5, job_le:http_duration:rate5m{${own}})`),
    record(
      'job:http_duration:p99',
      `histogram_quantile(0.99, job_le:http_duration:rate5m{${own}})`,
    ),
    record(
      'instance:cpu:ratio',
      `1 - avg by (job, instance) (rate(node_cpu_seconds_total{${own}, mode="idle"}[5m])) / 15`,
    ),
    record('zone:gauge:avg', `avg by (job, zone) (${gauges(0)})`),
    record('job:gauge:max', `max by (job) (max_over_time(${gauges(1)}[5m]))`),
    record('instance:gauge:ratio', `${gauges(2)} / (${gauges(2)} + ${gauges(3)})`),
    record(
      'job:http_duration:mean5m',
      `sum by (job) (rate(http_request_duration_seconds_sum{${own}}[5m])) / sum by (job) (rate(http_request_duration_seconds_count{${own}}[5m]))`,
    ),
    alert('ErrorsHigh', `job:http_errors:ratio5m{${own}} > 0.9`),
    alert('LatencyHigh', `job:http_duration:p99{${own}} > 100`),
    alert('ServiceGone', `absent(http_requests_total{${own}})`),
    alert('MachineBusy', `instance:cpu:ratio{${own}} > 0.999`),
    // Always so: one alert a machine.
    alert('MachineCold', `${gauges(4)} >= 0`, '30s'),
    alert('GaugeHigh', `avg_over_time(${gauges(5)}[5m]) > 2000`),
    alert('GaugeFalls', `deriv(${gauges(6)}[5m]) < -1000`),
    alert('GaugeFull', `predict_linear(${gauges(7)}[5m], 3600) < -1e9`),
    alert('ManyRestarts', `changes(${gauges(8)}[5m]) > 1000`),
    alert('Unbalanced', `max by (job) (${gauges(9)}) - min by (job) (${gauges(9)}) > 5000`),
    alert('TooFew', `count by (job) (${gauges(10)}) < ${instancesPerJob}`),
    alert('SpaceLow', `${gauges(11)} < -1 and on (instance) ${gauges(12)} > 10`),
    alert('BothHigh', `${gauges(13)} > 2000 or ${gauges(14)} > 2000`),
  ]
}

/** A rule file of so many groups, and how many rules there are in it. */
export function ruleFile(groups: number): { readonly text: string; readonly rules: number } {
  let text = 'groups:'
  let rules = 0
  for (let group = 0; group < groups; group++) {
    text += `\n  - name: service-${group}\n    rules:`
    for (const { kind, name, expr, extra = '' } of rulesOf(`service-${group}`)) {
      text += `\n      - ${kind}: ${name}\n        expr: '${expr}'${extra}`
      rules++
    }
  }
  return { text: `${text}\n`, rules }
}
