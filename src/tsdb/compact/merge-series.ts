import type { FloatEncoding } from '../chunk/chunk-encoding.ts'
import { type GatheredChunk, gatherChunks, overlappingRuns } from './gathered-chunks.ts'
import { type ChunkTarget, RunWriter } from './run-writer.ts'
import type { SeriesSource } from './series-source.ts'
import { SourceCursor } from './source-cursor.ts'

/** What a block is written to; see block/block-writer.ts. */
export interface SeriesTarget extends ChunkTarget {
  /** Begins the next series; labels are ordinals of the block's symbols, name and value in turn. */
  series(labels: Uint32Array): void
}

/** Series between two turns. */
const seriesPerTurn = 256

/**
 * Writes the series of all sources in label order, those of equal labels as one. Only samples
 * within the range (both ends included) that are not deleted are written; of two samples with one
 * timestamp the later source's is kept. What has to be written anew follows `floatEncoding`.
 */
export async function mergeSeries(
  sources: readonly SeriesSource[],
  ordinals: readonly Uint32Array[],
  target: SeriesTarget,
  range: { readonly minTimeMs: number; readonly maxTimeMs: number },
  floatEncoding: FloatEncoding,
  turn: () => Promise<void> | undefined,
): Promise<void> {
  const cursors = sources.map(
    (each, at) => new SourceCursor(each, ordinals[at] ?? new Uint32Array(0)),
  )
  for (const cursor of cursors) await cursor.load()
  const runs = new RunWriter(target, range.minTimeMs, range.maxTimeMs, floatEncoding)
  const chunks: GatheredChunk[] = []
  for (let written = 0; ; written++) {
    const first = least(cursors)
    if (first === undefined) return
    if (written % seriesPerTurn === 0) await turn()
    const labels = first.labels.slice(0, first.labelLength)
    const equal = cursors.filter((cursor) => !cursor.isDone && cursor.compare(first) === 0)
    chunks.length = 0
    for (const cursor of equal) {
      if (cursor.batch === undefined) continue
      gatherChunks(chunks, cursor.batch, cursor.row, cursors.indexOf(cursor), cursor.deleted)
    }
    const within = chunks.filter(
      (chunk) => chunk.maxTimeMs >= range.minTimeMs && chunk.minTimeMs <= range.maxTimeMs,
    )
    if (within.length > 0) {
      target.series(labels)
      for (const run of overlappingRuns(within)) runs.write(run)
    }
    for (const cursor of equal) {
      if (cursor.isAtEndOfBatch) await cursor.load()
      else cursor.step()
    }
  }
}

function least(cursors: readonly SourceCursor[]): SourceCursor | undefined {
  let found: SourceCursor | undefined
  for (const cursor of cursors) {
    if (cursor.isDone) continue
    if (found === undefined || cursor.compare(found) < 0) found = cursor
  }
  return found
}
