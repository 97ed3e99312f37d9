import protobuf from 'protobufjs/minimal.js'
import snappy from 'snappyjs'
import { encodeLabels, stepCount, stepMs } from './query-data.ts'
import { seededRandom } from './seeded-random.ts'

const seriesCount = 100
const buckets = 20
const stepsPerBody = 10

export const histogramCount = seriesCount * stepCount

/**
 * Remote-write bodies of native histograms, one series a machine and handler: integers of 20
 * buckets, which grow like those of a server's latencies.
 */
export function* renderHistograms(startMs: number, seed: number): Generator<Uint8Array> {
  const random = seededRandom(seed)
  const labels = Array.from({ length: seriesCount }, (_, series) => {
    const instance = `host-${series >> 1}:9100`
    const names = { __name__: 'http_latency_seconds', instance, handler: `/api/${series % 2}` }
    return encodeLabels({ ...names, job: 'app' })
  })
  const counts = labels.map(() => new Float64Array(buckets))
  const sums = new Float64Array(seriesCount)
  for (let step = 0; step < stepCount; step += stepsPerBody) {
    const writer = protobuf.Writer.create()
    labels.forEach((encoded, series) => {
      const own = counts[series] ?? new Float64Array(buckets)
      const samples = protobuf.Writer.create()
      for (let offset = 0; offset < stepsPerBody; offset++) {
        for (let bucket = 0; bucket < buckets; bucket++) {
          const seen = Math.floor(random() * (2 + Math.min(bucket, buckets - bucket)))
          own[bucket] = (own[bucket] ?? 0) + seen
          sums[series] = (sums[series] ?? 0) + seen * 2 ** (bucket / 8 - 4)
        }
        const timestampMs = startMs + (step + offset) * stepMs
        writeHistogram(samples, timestampMs, own, sums[series] ?? 0)
      }
      writer.uint32(10).bytes(Buffer.concat([encoded, samples.finish()]))
    })
    yield new Uint8Array(snappy.compress(writer.finish()))
  }
}

/** Field 4 of a series: schema 3, no zero bucket, one span, buckets as distances. */
function writeHistogram(
  writer: protobuf.Writer,
  timestampMs: number,
  counts: Float64Array,
  sum: number,
): void {
  writer.uint32(34).fork()
  writer.uint32(8).uint64(counts.reduce((all, count) => all + count, 0))
  writer.uint32(25).double(sum).uint32(32).sint32(3).uint32(48).uint64(0)
  writer.uint32(90).fork().uint32(8).sint32(-32).uint32(16).uint32(buckets).ldelim()
  writer.uint32(98).fork()
  let before = 0
  for (const count of counts) {
    writer.sint64(count - before)
    before = count
  }
  writer.ldelim().uint32(120).int64(timestampMs).ldelim()
}
