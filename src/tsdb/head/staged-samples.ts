import { ByteWriter } from '../../base/byte-writer.ts'
import { StagedExemplars } from './staged-exemplars.ts'
import { StagedHistograms } from './staged-histograms.ts'
import { StagedMetadata } from './staged-metadata.ts'

/** Samples of one record: a record stays far below a segment. */
export const samplesPerRecord = 16_384

/** Columns of a transaction, used again by the next one. */
export class StagedSamples {
  ids = new Uint32Array(4096)
  refs = new Float64Array(4096)
  timestampsMs = new Float64Array(4096)
  values = new Float64Array(4096)
  /** Start timestamps, 0 for none. */
  startsMs = new Float64Array(4096)
  count = 0
  readonly histograms = new StagedHistograms()
  readonly exemplars = new StagedExemplars()
  readonly metadata = new StagedMetadata()
  /** Records are encoded here: one buffer for all transactions. */
  readonly writer = new ByteWriter(65_536)

  reserve(more: number): void {
    const needed = this.count + more
    if (needed <= this.ids.length) return
    const size = Math.max(needed, this.ids.length * 2)
    const ids = new Uint32Array(size)
    ids.set(this.ids.subarray(0, this.count))
    this.ids = ids
    this.refs = grown(this.refs, size, this.count)
    this.timestampsMs = grown(this.timestampsMs, size, this.count)
    this.values = grown(this.values, size, this.count)
    this.startsMs = grown(this.startsMs, size, this.count)
  }
}

/** `set` of one Float64Array into another copies bits: NaN payloads survive. */
function grown(column: Float64Array, size: number, count: number): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(size)
  larger.set(column.subarray(0, count))
  return larger
}
