import protobuf from 'protobufjs/minimal.js'
import snappy from 'snappyjs'
import { seededRandom } from './seeded-random.ts'

/** So many series with so many samples each. */
export interface StorageShape {
  readonly series: number
  readonly steps: number
  readonly stepsPerBody: number
  /** Between samples; 15 s by default. */
  readonly stepMs?: number
  /** Which life of its place a series is in at a step: with each its pod has another name. */
  readonly lifeOf?: (series: number, step: number) => number
}

export const stepMs = 15_000
const seriesPerBody = 500
/** Metric names: that many series share one. */
const seriesPerName = 20_000

/**
 * Remote-write bodies in time order. Each series has ten labels, two of them its own; a third are
 * counters of whole numbers, a third counters with decimals, a third gauges.
 */
export function* renderStorage(
  shape: StorageShape,
  startMs: number,
  seed: number,
): Generator<Uint8Array> {
  const random = seededRandom(seed)
  const everyMs = shape.stepMs ?? stepMs
  const values = Float64Array.from({ length: shape.series }, () => Math.floor(random() * 1e6))
  for (let step = 0; step < shape.steps; step += shape.stepsPerBody) {
    for (let first = 0; first < shape.series; first += seriesPerBody) {
      const writer = protobuf.Writer.create()
      const end = Math.min(first + seriesPerBody, shape.series)
      for (let index = first; index < end; index++) {
        writer.uint32(10).fork()
        putLabels(writer, index, shape.lifeOf?.(index, step) ?? 0)
        for (let offset = 0; offset < shape.stepsPerBody; offset++) {
          const value = nextValue(values, index, random())
          const timestampMs = startMs + (step + offset) * everyMs
          writer.uint32(18).fork().uint32(9).double(value).uint32(16).int64(timestampMs).ldelim()
        }
        writer.ldelim()
      }
      yield new Uint8Array(snappy.compress(writer.finish()))
    }
  }
}

/** The value behind the latest one of a series, which is kept in its place. */
export function nextValue(values: Float64Array, index: number, chance: number): number {
  const value = values[index] ?? 0
  const kind = index % 3
  let next = Math.round((value * 0.99 + chance * 1_000) * 1_000) / 1_000
  if (kind === 0) next = value + Math.floor(chance * 40)
  if (kind === 1) next = value + Math.round(chance * 1_500) / 100
  values[index] = next
  return next
}

function putLabels(writer: protobuf.Writer, index: number, life: number): void {
  for (const [name, value] of labelsOf(index, life)) {
    writer.uint32(10).fork().uint32(10).string(name).uint32(18).string(value).ldelim()
  }
}

/** The ten labels of a series, in order. */
export function labelsOf(index: number, life = 0): readonly (readonly [string, string])[] {
  return [
    ['__name__', `metric_${Math.floor(index / seriesPerName)}_total`],
    ['cluster', 'eu-west-1'],
    ['container', `container-${index % 40}`],
    ['endpoint', 'http-metrics'],
    ['instance', `10.${index % 4}.${Math.floor(index / 500) % 250}.7:9100`],
    ['job', `job-${index % 12}`],
    ['namespace', `namespace-${index % 25}`],
    ['path', `/api/v1/resource/${index % seriesPerName}`],
    ['pod', `pod-${Math.floor(index / 500)}${life === 0 ? '' : `-${life}`}`],
    ['service', `service-${index % 60}`],
  ]
}
