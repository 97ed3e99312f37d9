import {
  type FloatEncoding,
  type HistogramEncoding,
  isFloatHistogram,
} from '../../../src/tsdb/chunk/chunk-encoding.ts'
import { appendOutcome, HistogramChunkWriter } from '../../../src/tsdb/chunk/histogram-writer.ts'
import { createFloatChunkWriter } from '../../../src/tsdb/chunk/xor-writer.ts'
import { floatSeries, histogramSeries } from './chunk-series.ts'

/** The chunk of a series of floats. */
export function floatChunk(encoding: FloatEncoding, seed: number): Uint8Array {
  const writer = createFloatChunkWriter(encoding)
  for (const { timestampMs, startMs, high, low } of floatSeries(seed)) {
    writer.append(timestampMs, startMs, Uint32Array.of(low, high), 0)
  }
  return writer.bytes().slice()
}

/** The chunks of a series of histograms, and what each append came to: a, r or c. */
export function histogramChunks(
  encoding: HistogramEncoding,
  seed: number,
): { chunks: Uint8Array[]; outcomes: string } {
  const writer = new HistogramChunkWriter(encoding)
  const chunks: Uint8Array[] = []
  let outcomes = ''
  for (const sample of histogramSeries(seed, isFloatHistogram(encoding))) {
    if (sample.cut && writer.sampleCount > 0) {
      writer.cut()
      chunks.push(writer.closedBytes.slice())
    }
    const outcome = writer.append(sample.timestampMs, sample.startMs, sample.histogram)
    if (outcome === appendOutcome.cut) chunks.push(writer.closedBytes.slice())
    outcomes += outcome === appendOutcome.cut ? 'c' : outcome === appendOutcome.recoded ? 'r' : 'a'
  }
  chunks.push(writer.bytes().slice())
  return { chunks, outcomes }
}

export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')
}
