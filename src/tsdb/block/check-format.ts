import { crc32c } from '../../base/crc32c.ts'
import type { FileSystem } from '../../base/file-system.ts'
import { ChunkPlace } from '../chunk/chunk-place.ts'
import { type BlockBytes, indexFile } from './block-bytes.ts'
import { chunksHeaderBytes, seriesAlignBytes, sumBytes, tocBytes } from './block-files.ts'
import { SeriesEntry } from './block-index.ts'
import { BlockReader } from './block-reader.ts'

/**
 * Reads a whole block by the checksums of its formats: every section of the index, every series and
 * list, every chunk, and that what refers to another place finds it there. Throws CorruptionError.
 * What has no checksum (meta.json, padding) must at least be what such a file can hold.
 */
export function checkFormat(fileSystem: FileSystem, directory: string): void {
  const reader = BlockReader.open(fileSystem, directory)
  try {
    const seriesEnd = checkSeries(reader)
    checkSections(reader, seriesEnd)
    for (let segment = 0; segment < reader.bytes.segmentCount; segment++) {
      checkSegment(reader, segment)
    }
  } finally {
    reader.close()
  }
}

/** Every series and its chunks; answers where the last series ends. */
function checkSeries(reader: BlockReader): number {
  const { index, bytes, meta } = reader
  const entry = new SeriesEntry()
  const chunk = new ChunkPlace()
  let end = index.sections.series
  let chunks = 0
  const refs = index.all()
  for (const ref of refs) {
    const offset = index.offsetOf(ref)
    const isNext = offset >= end && offset < end + seriesAlignBytes
    if (!isNext) throw bytes.fault(indexFile, end, `the next series is at byte ${offset}`)
    checkZeros(bytes, indexFile, end, offset)
    end = index.readSeries(ref, entry)
    chunks += entry.chunks.count
    for (let at = 0; at < entry.chunks.count; at++) {
      reader.readChunk(entry.chunks.refs[at] ?? 0, chunk)
    }
  }
  const { series: metaSeries, chunks: metaChunks } = meta.stats
  // Blocks of other programs may leave the counts out.
  if (metaSeries !== 0 && metaSeries !== refs.length) {
    throw bytes.fault(indexFile, 0, `${refs.length} series, meta.json says ${metaSeries}`)
  }
  if (metaChunks !== 0 && metaChunks !== chunks) {
    throw bytes.fault(indexFile, 0, `${chunks} chunks, meta.json says ${metaChunks}`)
  }
  return end
}

/** Label indices, lists, and tables up to the table of contents; the tables were read at opening. */
function checkSections(reader: BlockReader, seriesEnd: number): void {
  const { index, bytes } = reader
  const { labelIndicesTable, postingsTable } = index.sections
  const tables = [labelIndicesTable, postingsTable, bytes.sizeOf(indexFile) - tocBytes]
  const end = Math.max(...tables)
  for (let at = seriesEnd; at < end; ) {
    const aligned = Math.ceil(at / 4) * 4
    const start = Math.min(aligned, ...tables.filter((table) => table >= at))
    checkZeros(bytes, indexFile, at, start)
    if (start === end) return
    const head = bytes.readWhole(indexFile, start, 4)
    const length = head.view.getUint32(head.start)
    at = start + 4 + length + sumBytes
    if (start === postingsTable) continue
    const { bytes: content, view, start: from } = bytes.readWhole(indexFile, start, at - start)
    const sumAt = from + 4 + length
    if (crc32c(content, from + 4, sumAt) !== view.getUint32(sumAt)) {
      throw bytes.fault(indexFile, start, 'the checksum of a section is another one')
    }
  }
}

/** Every chunk of a segment from the first byte to the last, also what no series refers to. */
function checkSegment(reader: BlockReader, segment: number): void {
  const { bytes } = reader
  const file = segment + 1
  checkZeros(bytes, file, chunksHeaderBytes - 3, chunksHeaderBytes)
  const chunk = new ChunkPlace()
  for (let at = chunksHeaderBytes; at < bytes.sizeOf(file); ) {
    at += reader.readChunk(segment * 2 ** 32 + at, chunk)
  }
}

function checkZeros(bytes: BlockBytes, file: number, start: number, end: number): void {
  if (start === end) return
  const place = bytes.readWhole(file, start, end - start)
  for (let at = 0; at < end - start; at++) {
    if (place.bytes[place.start + at] === 0) continue
    throw bytes.fault(file, start + at, 'padding that is not zero')
  }
}
