import type { ChunkSeriesSet } from '../../storage/querier.ts'

/** A chunk of the series at hand, where it is read, and what is deleted of it. */
export interface GatheredChunk {
  readonly batch: ChunkSeriesSet
  readonly chunk: number
  readonly encoding: number
  readonly minTimeMs: number
  readonly maxTimeMs: number
  readonly deleted: Float64Array
  /** Of two samples with one timestamp that of the higher number is kept. */
  readonly source: number
}

/** The chunks of one series that reach into a range (both ends included), by their first time. */
export function gatherChunks(
  into: GatheredChunk[],
  batch: ChunkSeriesSet,
  row: number,
  source: number,
  deleted: Float64Array,
): void {
  const { offsets, encoding, minTimeMs, maxTimeMs } = batch.chunks
  for (let chunk = offsets[row] ?? 0; chunk < (offsets[row + 1] ?? 0); chunk++) {
    into.push({
      batch,
      chunk,
      encoding: encoding[chunk] ?? 0,
      minTimeMs: minTimeMs[chunk] ?? 0,
      maxTimeMs: maxTimeMs[chunk] ?? 0,
      deleted,
      source,
    })
  }
}

/** Runs of chunks that overlap each other; most runs are one chunk. */
export function overlappingRuns(chunks: GatheredChunk[]): readonly (readonly GatheredChunk[])[] {
  chunks.sort((a, b) => a.minTimeMs - b.minTimeMs || a.source - b.source)
  const runs: GatheredChunk[][] = []
  let endMs = Number.NEGATIVE_INFINITY
  for (const chunk of chunks) {
    const last = runs.at(-1)
    if (last === undefined || chunk.minTimeMs > endMs) runs.push([chunk])
    else last.push(chunk)
    endMs = Math.max(endMs, chunk.maxTimeMs)
  }
  return runs
}

/** Whether a sample of the chunk is deleted. */
export function isDeleted({ deleted }: GatheredChunk, timeMs: number): boolean {
  for (let at = 0; at < deleted.length; at += 2) {
    if ((deleted[at] ?? 0) <= timeMs && (deleted[at + 1] ?? 0) >= timeMs) return true
  }
  return false
}

/** Whether any of the deleted intervals (first and last time in turn) meets the chunk. */
export function isTouched({ deleted, minTimeMs, maxTimeMs }: GatheredChunk): boolean {
  for (let at = 0; at < deleted.length; at += 2) {
    if ((deleted[at] ?? 0) <= maxTimeMs && (deleted[at + 1] ?? 0) >= minTimeMs) return true
  }
  return false
}
