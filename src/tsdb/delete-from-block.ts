import type { FileSystem } from '../base/file-system.ts'
import type { Matcher } from '../model/matcher.ts'
import type { TimeRange } from '../storage/querier.ts'
import { SeriesEntry } from './block/block-index.ts'
import { BlockReader } from './block/block-reader.ts'
import type { ChunkMetas } from './block/chunk-metas.ts'
import { writeMeta } from './block/meta.ts'
import { seal } from './block/seal.ts'
import { writeTombstones } from './block/tombstones.ts'
import { selectSeries } from './index/select.ts'

/**
 * Notes in a block's tombstones file that samples are deleted (row T8.1): of the series that satisfy
 * all matchers of any set, those of the range, both ends included, where any of their chunks meets
 * it. The chunks stay as they are.
 */
export function deleteFromBlock(
  fileSystem: FileSystem,
  directory: string,
  sets: readonly (readonly Matcher[])[],
  range: TimeRange,
): void {
  const reader = BlockReader.open(fileSystem, directory)
  try {
    const { tombstones, meta } = reader
    const before = tombstones.count
    const entry = new SeriesEntry()
    for (const matchers of sets) {
      for (const ref of selectSeries(reader.index, matchers)) {
        reader.seriesAt(ref, entry)
        const { chunks } = entry
        if (!hasChunkWithin(chunks, range)) continue
        const from = Math.max(range.minTimeMs, chunks.minTimeMs[0] ?? 0)
        const to = Math.min(range.maxTimeMs, chunks.maxTimeMs[chunks.count - 1] ?? 0)
        tombstones.add(ref, from, to)
      }
    }
    if (tombstones.count === before && before === 0) return
    writeTombstones(fileSystem, directory, tombstones)
    const stats = { ...meta.stats, tombstones: tombstones.count }
    writeMeta(fileSystem, directory, { ...meta, stats })
    seal(fileSystem, directory)
  } finally {
    reader.close()
  }
}

function hasChunkWithin({ count, minTimeMs, maxTimeMs }: ChunkMetas, range: TimeRange): boolean {
  for (let chunk = 0; chunk < count; chunk++) {
    const startsBefore = (minTimeMs[chunk] ?? 0) <= range.maxTimeMs
    if (startsBefore && (maxTimeMs[chunk] ?? 0) >= range.minTimeMs) return true
  }
  return false
}
