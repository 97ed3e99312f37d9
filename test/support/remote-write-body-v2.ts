import { snappyTwin } from '../../src/kernels/snappy-twin.ts'
import { ProtoWriter } from '../../src/wire/proto-writer.ts'

/** One series of a request of version 2. */
export interface SeriesV2 {
  readonly labels: readonly string[]
  readonly samples?: readonly (readonly [timestampMs: number, value: number])[]
  /** By count, with all of it in the zero bucket, or with another number there, which is invalid. */
  readonly histograms?: readonly (readonly [timestampMs: number, count: number, zero?: number])[]
  readonly exemplars?: readonly (readonly [timestampMs: number, value: number])[]
  /** In place of the labels' own references. */
  readonly refs?: readonly number[]
  /** Type by its number, and unit. */
  readonly metadata?: readonly [type: number, unit: string]
}

/** A remote-write version 2 body as senders make it. */
export function bodyV2(...all: readonly SeriesV2[]): Uint8Array {
  const out = new ProtoWriter()
  const symbols = ['', ...new Set(all.flatMap(({ labels }) => labels)), 'trace', 'x']
  symbols.push(...all.flatMap(({ metadata }) => (metadata === undefined ? [] : [metadata[1]])))
  for (const symbol of symbols) out.text(4, symbol)
  for (const { labels, refs, samples = [], histograms = [], exemplars = [], metadata } of all) {
    const series = out.begin(5)
    const packed = out.begin(1)
    for (const ref of refs ?? labels.map((text) => symbols.indexOf(text))) out.varint(ref)
    out.end(packed)
    for (const [timestampMs, value] of samples) {
      const sample = out.begin(2)
      out.double(1, value)
      out.number(2, timestampMs)
      out.end(sample)
    }
    for (const [timestampMs, count, zero = count] of histograms) {
      const histogram = out.begin(3)
      out.number(1, count)
      out.number(6, zero)
      out.number(15, timestampMs)
      out.end(histogram)
    }
    for (const [timestampMs, value] of exemplars) {
      const exemplar = out.begin(4)
      out.number(1, symbols.indexOf('trace'))
      out.number(1, symbols.indexOf('x'))
      out.double(2, value)
      out.number(3, timestampMs)
      out.end(exemplar)
    }
    if (metadata !== undefined) {
      const part = out.begin(5)
      out.number(1, metadata[0])
      out.number(4, symbols.indexOf(metadata[1]))
      out.end(part)
    }
    out.end(series)
  }
  return snappyTwin.compress(out.view())
}
