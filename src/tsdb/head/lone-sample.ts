import { NativeHistogram } from '../../model/histogram.ts'
import { isFloatHistogram } from '../chunk/chunk-encoding.ts'
import { encoding } from '../chunk/encoding.ts'
import { FloatColumns } from '../chunk/float-columns.ts'
import { FloatChunkDecoder } from '../chunk/float-decode.ts'
import { HistogramDecoder } from '../chunk/histogram-decoder.ts'
import { HistogramChunkWriter } from '../chunk/histogram-writer.ts'
import { createFloatChunkWriter } from '../chunk/xor-writer.ts'

/** One sample as a chunk of its own; valid until the next one is made. */
export interface LoneSample {
  readonly encoding: number
  readonly bytes: Uint8Array
}

// Only used within one call: one of each is enough.
const floats = createFloatChunkWriter(encoding.xor2)
const histograms = [
  [encoding.histogram, encoding.histogramStart],
  [encoding.floatHistogram, encoding.floatHistogramStart],
].map((kinds) => kinds.map((kind) => new HistogramChunkWriter(kind)))
const halves = new Uint32Array(2)

/** A float with a start timestamp. */
export function chunkOfFloat(
  timestampMs: number,
  startMs: number,
  high: number,
  low: number,
): LoneSample {
  floats.clear()
  halves[0] = low
  halves[1] = high
  floats.append(timestampMs, startMs, halves, 0)
  return { encoding: encoding.xor2, bytes: floats.bytes() }
}

/** `startMs` 0 = none. */
export function chunkOfHistogram(
  timestampMs: number,
  startMs: number,
  histogram: NativeHistogram,
): LoneSample {
  const writer = histograms[histogram.isFloat ? 1 : 0]?.[startMs === 0 ? 0 : 1]
  if (writer === undefined) return { encoding: encoding.none, bytes: new Uint8Array(0) }
  writer.clear()
  writer.append(timestampMs, startMs, histogram)
  return { encoding: writer.encoding, bytes: writer.bytes() }
}

/** Reads lone samples, one after the other. */
export class LoneSampleReader {
  startMs = 0
  readonly histogram = new NativeHistogram()
  readonly columns = new FloatColumns()
  readonly #floats = new FloatChunkDecoder()
  readonly #histograms = new HistogramDecoder()

  readFloat(bytes: Uint8Array): void {
    this.#floats.decode(encoding.xor2, bytes, -Infinity, Infinity, this.columns.target, 0)
    this.startMs = this.columns.startsMs[0] ?? 0
  }

  readHistogram(kind: number, bytes: Uint8Array): void {
    this.#histograms.open(kind, bytes)
    this.#histograms.next()
    this.#histograms.fill(this.histogram)
    // A stale marker says nothing of its kind.
    this.histogram.isFloat = isFloatHistogram(kind)
    this.startMs = this.#histograms.startMs
  }
}
