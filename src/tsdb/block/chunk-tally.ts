import { BucketTally, type TallyCounts } from '../../base/bucket-tally.ts'
import { exponentialBounds } from '../../base/exponential-bounds.ts'

/** Upper bounds of what is told of chunks, as upstream's. */
export const chunkBounds = {
  bytes: exponentialBounds(32, 1.5, 12),
  samples: exponentialBounds(4, 1.5, 12),
  rangeMs: exponentialBounds(100, 4, 10),
}

export interface ChunkCounts {
  readonly bytes: TallyCounts
  readonly samples: TallyCounts
  readonly rangeMs: TallyCounts
}

/** Counts the chunks that are written by their size. */
export class ChunkTally {
  readonly #bytes = new BucketTally(chunkBounds.bytes)
  readonly #samples = new BucketTally(chunkBounds.samples)
  readonly #rangeMs = new BucketTally(chunkBounds.rangeMs)

  observe(bytes: number, samples: number, rangeMs: number): void {
    this.#bytes.observe(bytes)
    this.#samples.observe(samples)
    this.#rangeMs.observe(rangeMs)
  }

  /** As they travel to another thread. */
  counts(): ChunkCounts {
    return {
      bytes: this.#bytes.read(),
      samples: this.#samples.read(),
      rangeMs: this.#rangeMs.read(),
    }
  }
}
