import type { FileSystem } from '../../../src/base/file-system.ts'
import { SeriesEntry } from '../../../src/tsdb/block/block-index.ts'
import type { BlockReader } from '../../../src/tsdb/block/block-reader.ts'
import { type BlockWriteResult, BlockWriter } from '../../../src/tsdb/block/block-writer.ts'
import { ChunkPlace } from '../../../src/tsdb/chunk/chunk-place.ts'

/** Reads all of a block and writes all of it. */
export function rewriteBlock(
  reader: BlockReader,
  fileSystem: FileSystem,
  directory: string,
  segmentBytesMax?: number,
): BlockWriteResult {
  const symbols = Array.from({ length: reader.symbolCount }, (_, ordinal) =>
    reader.symbolBytes(ordinal).slice(),
  )
  const options = segmentBytesMax === undefined ? {} : { segmentBytesMax }
  const writer = new BlockWriter({ fileSystem, directory, symbols, ...options })
  const entry = new SeriesEntry()
  const chunk = new ChunkPlace()
  for (const ref of reader.index.all()) {
    reader.seriesAt(ref, entry)
    writer.series(entry.labels.subarray(0, entry.labelLength))
    const { count, refs, minTimeMs, maxTimeMs } = entry.chunks
    for (let at = 0; at < count; at++) {
      reader.readChunk(refs[at] ?? 0, chunk)
      const { encoding, bytes } = chunk
      writer.chunk(encoding, minTimeMs[at] ?? 0, maxTimeMs[at] ?? 0, bytes, bytes.length)
    }
  }
  return writer.finish()
}
