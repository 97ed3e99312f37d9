import { limits } from '../../base/limits.ts'
import { type ChunkKernel, histogramRowHead } from '../../kernels/chunk-kernel.ts'
import type { HistogramLayout } from '../../model/histogram.ts'
import { isStaleAt } from '../../model/stale-nan.ts'
import type { BitReader } from './bit-reader.ts'
import type { HistogramSamples } from './histogram-samples.ts'

/** For fewer a copy and a call cost more than they save. */
const samplesMin = 4

/** The samples of a chunk of integer histograms, all decoded at once by the kernel. */
export class KernelHistogramSamples implements HistogramSamples {
  readonly exact = true
  timestampMs = 0
  stale = false
  count = 0
  zeroCount = 0
  readonly sumHalves = new Uint32Array(2)
  #rows = new Float64Array(0)
  #halves = new Uint32Array(0)
  #width = 0
  #at = 0

  /**
   * Decodes the chunk whose first sample begins at a bit of the bytes; false where the kernel does
   * not, and the twin has to.
   */
  open(
    kernel: ChunkKernel,
    bytes: Uint8Array,
    startBit: number,
    samples: number,
    { positiveBucketCount, negativeBucketCount }: HistogramLayout,
  ): boolean {
    const buckets = positiveBucketCount + negativeBucketCount
    const cells = samples * (buckets + histogramRowHead)
    if (samples < samplesMin || cells > limits.kernelHistogramCellsMax) return false
    const rows = kernel.histograms(bytes, startBit, samples, positiveBucketCount, buckets)
    if (rows === undefined) return false
    if (this.#rows.length < rows.length) {
      this.#rows = new Float64Array(rows.length * 2)
      this.#halves = new Uint32Array(this.#rows.buffer)
    }
    this.#rows.set(rows)
    this.#width = buckets + histogramRowHead
    return true
  }

  get rows(): Float64Array {
    return this.#rows
  }

  get width(): number {
    return this.#width
  }

  /** Goes on to a later sample of the chunk, its buckets into row[at] and behind. */
  skipTo(sample: number, row: Float64Array, at: number): void {
    this.#at = sample * this.#width
    this.#take(row, at)
  }

  first(_reader: BitReader, _layout: HistogramLayout, row: Float64Array, at: number): void {
    this.#at = 0
    this.#take(row, at)
  }

  next(_view: DataView, bit: number, row: Float64Array, at: number): number {
    this.#take(row, at)
    return bit
  }

  #take(row: Float64Array, at: number): void {
    const rows = this.#rows
    const from = this.#at
    this.timestampMs = rows[from] ?? 0
    this.count = rows[from + 1] ?? 0
    this.zeroCount = rows[from + 2] ?? 0
    this.sumHalves[0] = this.#halves[(from + 3) * 2] ?? 0
    this.sumHalves[1] = this.#halves[(from + 3) * 2 + 1] ?? 0
    this.stale = isStaleAt(this.sumHalves, 0)
    const buckets = this.#width - histogramRowHead
    const first = from + histogramRowHead
    for (let bucket = 0; bucket < buckets; bucket++) row[at + bucket] = rows[first + bucket] ?? 0
    this.#at = from + this.#width
  }
}
