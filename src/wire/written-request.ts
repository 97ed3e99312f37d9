import { ProtoWriter } from './proto-writer.ts'

/** One series to be sent by remote write, with its only sample. */
export interface SentSeries {
  /** By name, in byte order, with the name. */
  readonly labels: readonly (readonly [name: string, value: string])[]
  readonly timestampMs: number
  readonly value: number
  readonly metadata: SentMetadata
}

export interface SentMetadata {
  readonly family: string
  /** By the number that both messages give the type; 0 for none. */
  readonly type: number
  readonly help: string
}

/** A remote-write version 1 request (upstream prompb/remote.proto), not compressed. */
export function writeRequestBytes(series: readonly SentSeries[]): Uint8Array {
  const writer = new ProtoWriter()
  for (const { labels, timestampMs, value } of series) {
    const start = writer.begin(1)
    for (const [name, text] of labels) {
      const label = writer.begin(1)
      writer.text(1, name)
      writer.text(2, text)
      writer.end(label)
    }
    writeSample(writer, timestampMs, value)
    writer.end(start)
  }
  for (const { type, family, help } of new Set(series.map(({ metadata }) => metadata))) {
    const start = writer.begin(3)
    if (type > 0) writer.number(1, type)
    writer.text(2, family)
    if (help !== '') writer.text(4, help)
    writer.end(start)
  }
  return writer.copy()
}

/** A remote-write version 2 request (io.prometheus.write.v2), not compressed. */
export function writeRequestV2Bytes(series: readonly SentSeries[]): Uint8Array {
  const symbols = new Map<string, number>([['', 0]])
  const symbolOf = (text: string): number => {
    const known = symbols.get(text) ?? symbols.size
    symbols.set(text, known)
    return known
  }
  const body = new ProtoWriter()
  for (const { labels, timestampMs, value, metadata } of series) {
    const start = body.begin(5)
    const refs = body.begin(1)
    for (const text of labels.flat()) body.varint(symbolOf(text))
    body.end(refs)
    writeSample(body, timestampMs, value)
    const about = body.begin(5)
    if (metadata.type > 0) body.number(1, metadata.type)
    if (metadata.help !== '') body.number(3, symbolOf(metadata.help))
    body.end(about)
    body.end(start)
  }
  const writer = new ProtoWriter()
  for (const text of symbols.keys()) writer.text(4, text)
  writer.raw(body.view())
  return writer.copy()
}

/** Both messages have samples as field 2, and in them the same fields. */
function writeSample(writer: ProtoWriter, timestampMs: number, value: number): void {
  const start = writer.begin(2)
  writer.double(1, value)
  writer.number(2, timestampMs)
  writer.end(start)
}
