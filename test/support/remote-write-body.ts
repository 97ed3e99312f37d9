import protobuf from 'protobufjs/minimal.js'
import snappy from 'snappyjs'

/** One series of a request: its labels in order, its samples as columns. */
export interface WrittenSeries {
  readonly labels: readonly (readonly [string, string])[]
  readonly timestampsMs: readonly number[]
  readonly values: Float64Array
}

/** A remote-write version 1 body as senders make it: protobuf, then snappy's block format. */
export function remoteWriteBody(series: Iterable<WrittenSeries>): Uint8Array {
  const writer = protobuf.Writer.create()
  for (const { labels, timestampsMs, values } of series) {
    writer.uint32(10).fork()
    for (const [name, value] of labels) {
      writer.uint32(10).fork().uint32(10).string(name).uint32(18).string(value).ldelim()
    }
    timestampsMs.forEach((timestampMs, index) => {
      writer
        .uint32(18)
        .fork()
        .uint32(9)
        .double(values[index] ?? 0)
      writer.uint32(16).int64(timestampMs).ldelim()
    })
    writer.ldelim()
  }
  return new Uint8Array(snappy.compress(writer.finish()))
}

export const remoteWriteHeaders = {
  'Content-Type': 'application/x-protobuf',
  'Content-Encoding': 'snappy',
  'X-Prometheus-Remote-Write-Version': '0.1.0',
} as const
