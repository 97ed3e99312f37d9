import { limits } from '../../base/limits.ts'
import { halvesOf } from '../../model/stale-nan.ts'
import { ChunkCorruption } from './chunk-corruption.ts'

/**
 * The samples of one chunk's range, as columns of `samples` valid rows; keep them and use them
 * again. They grow with what is decoded.
 */
export class HistogramColumns {
  samples = 0
  timestampsMs = new Float64Array(0)
  /** 0 where there is none. */
  startsMs = new Float64Array(0)
  counts = new Float64Array(0)
  zeroCounts = new Float64Array(0)
  /** Sums are moved by their bits: the stale marker's make a sample stale. */
  sums = new Float64Array(0)
  sumHalves: Uint32Array = halvesOf(this.sums)
  /** Absolute counts: a row for each sample, its positive buckets first. */
  buckets = new Float64Array(0)

  /** Room for `samples` rows of everything but buckets. */
  reserveSamples(samples: number): void {
    if (this.timestampsMs.length >= samples) return
    this.timestampsMs = new Float64Array(samples)
    this.startsMs = new Float64Array(samples)
    this.counts = new Float64Array(samples)
    this.zeroCounts = new Float64Array(samples)
    this.sums = new Float64Array(samples)
    this.sumHalves = halvesOf(this.sums)
  }

  /**
   * Room for the buckets up to `cells`. Stale samples take a row without having a bit for each of
   * its buckets, so the number of rows alone says nothing about the bytes: there is a limit.
   */
  reserveCells(cells: number): void {
    if (this.buckets.length >= cells) return
    const cellsMax = limits.chunkHistogramCellsMax
    if (cells > cellsMax) {
      throw new ChunkCorruption(0, `more than ${cellsMax} buckets times samples`)
    }
    const grown = new Float64Array(
      Math.min(Math.max(cells, this.buckets.length * 2, 256), cellsMax),
    )
    grown.set(this.buckets)
    this.buckets = grown
  }
}
