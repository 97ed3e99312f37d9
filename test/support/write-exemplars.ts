import protobuf from 'protobufjs/minimal.js'
import snappy from 'snappyjs'

/** A series of a request with one sample, where there is a time for it, and some exemplars. */
export interface SeriesWithExemplars {
  readonly labels: Readonly<Record<string, string>>
  readonly timestampMs?: number
  readonly exemplars: readonly {
    readonly labels: Readonly<Record<string, string>>
    readonly value: number
    readonly timestampMs: number
  }[]
}

/** A remote-write version 1 body; exemplars stand behind the sample, as in a sender's message. */
export function exemplarWriteBody(all: readonly SeriesWithExemplars[]): Uint8Array {
  const writer = protobuf.Writer.create()
  for (const { labels, timestampMs, exemplars } of all) {
    writer.uint32(10).fork()
    writeLabels(writer, labels)
    if (timestampMs !== undefined)
      writer.uint32(18).fork().uint32(9).double(1).uint32(16).int64(timestampMs).ldelim()
    for (const exemplar of exemplars) {
      writer.uint32(26).fork()
      writeLabels(writer, exemplar.labels)
      writer.uint32(17).double(exemplar.value)
      writer.uint32(24).int64(exemplar.timestampMs).ldelim()
    }
    writer.ldelim()
  }
  return new Uint8Array(snappy.compress(writer.finish()))
}

function writeLabels(writer: protobuf.Writer, labels: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(labels)) {
    writer.uint32(10).fork().uint32(10).string(name).uint32(18).string(value).ldelim()
  }
}
