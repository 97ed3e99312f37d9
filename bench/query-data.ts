import protobuf from 'protobufjs/minimal.js'
import snappy from 'snappyjs'
import { seededRandom } from './seeded-random.ts'

/** Shape of the loaded data: 10,000 series, six hours at 15 s. */
export const stepMs = 15_000
export const stepCount = 1_440
const stepsPerBody = 10
const seriesPerBody = 500

interface SeriesShape {
  readonly labels: Uint8Array
  readonly kind: 'counter' | 'gauge' | 'integer'
  readonly rate: number
}

/**
 * Remote-write bodies (snappy, version 1) of the whole data in time order, rendered once. Every
 * server gets the same bytes. Counters reset now and then; gauges have decimals.
 */
export function* renderBodies(startMs: number, seed: number): Generator<Uint8Array> {
  const random = seededRandom(seed)
  const shapes = seriesShapes()
  const values = Float64Array.from(shapes, () => Math.floor(random() * 1e6))
  for (let step = 0; step < stepCount; step += stepsPerBody) {
    const block = advance(shapes, values, random)
    for (let first = 0; first < shapes.length; first += seriesPerBody) {
      const writer = protobuf.Writer.create()
      for (let index = first; index < Math.min(first + seriesPerBody, shapes.length); index++) {
        const shape = shapes[index]
        if (shape === undefined) throw new Error('no such series')
        const series = protobuf.Writer.create()
        for (let offset = 0; offset < stepsPerBody; offset++) {
          const timestampMs = startMs + (step + offset) * stepMs
          const value = block[index * stepsPerBody + offset] ?? 0
          series.uint32(18).fork().uint32(9).double(value).uint32(16).int64(timestampMs).ldelim()
        }
        const samples = series.finish()
        writer.uint32(10).bytes(Buffer.concat([shape.labels, samples]))
      }
      yield new Uint8Array(snappy.compress(writer.finish()))
    }
  }
}

export const sampleCount = stepCount * seriesShapes().length

function advance(
  shapes: readonly SeriesShape[],
  values: Float64Array,
  random: () => number,
): Float64Array {
  const block = new Float64Array(shapes.length * stepsPerBody)
  shapes.forEach(({ kind, rate }, index) => {
    let value = values[index] ?? 0
    for (let offset = 0; offset < stepsPerBody; offset++) {
      const chance = random()
      if (kind === 'gauge') value = Math.round((value * 0.99 + chance * rate * 100) * 1000) / 1000
      else if (chance < 0.0002) value = 0
      else
        value +=
          kind === 'integer' ? Math.floor(chance * rate) : Math.round(chance * rate * 100) / 100
      block[index * stepsPerBody + offset] = value
    }
    values[index] = value
  })
  return block
}

function seriesShapes(): readonly SeriesShape[] {
  const shapes: SeriesShape[] = []
  const bounds = [
    '0.005',
    '0.01',
    '0.025',
    '0.05',
    '0.1',
    '0.25',
    '0.5',
    '1',
    '2.5',
    '5',
    '10',
    '+Inf',
  ]
  const add = (kind: SeriesShape['kind'], rate: number, labels: Readonly<Record<string, string>>) =>
    shapes.push({ kind, rate, labels: encodeLabels(labels) })
  for (let machine = 0; machine < 50; machine++) {
    const place = { job: 'app', instance: `host-${machine}:9100`, zone: `zone-${machine % 3}` }
    for (let handler = 0; handler < 5; handler++) {
      const route = { ...place, handler: `/api/v1/route${handler}` }
      for (const code of ['200', '404', '500', '503']) {
        add('integer', code === '200' ? 40 : 2, { __name__: 'http_requests_total', ...route, code })
      }
      bounds.forEach((le, index) => {
        add('integer', 2 + index * 3, {
          __name__: 'http_request_duration_seconds_bucket',
          ...route,
          le,
        })
      })
      add('counter', 20, { __name__: 'http_request_duration_seconds_sum', ...route })
      add('integer', 35, { __name__: 'http_request_duration_seconds_count', ...route })
    }
    for (let cpu = 0; cpu < 8; cpu++) {
      for (const mode of ['idle', 'iowait', 'irq', 'nice', 'softirq', 'steal', 'system', 'user']) {
        add('counter', mode === 'idle' ? 15 : 1, {
          __name__: 'node_cpu_seconds_total',
          ...place,
          cpu: String(cpu),
          mode,
        })
      }
    }
    for (let index = 0; index < 46; index++) {
      add('gauge', 1 + index, { __name__: `node_gauge_${index}`, ...place })
    }
  }
  return shapes
}

/** A series' labels as a body has them. */
export function encodeLabels(labels: Readonly<Record<string, string>>): Uint8Array {
  const writer = protobuf.Writer.create()
  for (const [name, value] of Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))) {
    writer.uint32(10).fork().uint32(10).string(name).uint32(18).string(value).ldelim()
  }
  return writer.finish()
}
