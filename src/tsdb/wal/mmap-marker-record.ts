import { ByteReader } from '../../base/byte-reader.ts'
import type { ByteWriter } from '../../base/byte-writer.ts'
import { recordType } from './record.ts'
import { grownCapacity } from './record-bytes.ts'

/**
 * Markers of the log of out-of-order samples (row T2.8): what the log holds of a series up to here
 * stands in the head chunk at this place, so that a replay begins anew. `count` of them are valid.
 */
export interface MmapMarkerRecord {
  refs: Float64Array
  /** Number of the head chunk file, the upper half of Prometheus' chunk disk ref. */
  chunkFiles: Uint32Array
  chunkOffsets: Uint32Array
  count: number
}

export function emptyMmapMarkerRecord(): MmapMarkerRecord {
  return {
    refs: new Float64Array(16),
    chunkFiles: new Uint32Array(16),
    chunkOffsets: new Uint32Array(16),
    count: 0,
  }
}

export function beginMmapMarkerRecord(writer: ByteWriter): void {
  writer.reset()
  writer.uint8(recordType.mmapMarkers)
}

export function addMmapMarker(
  writer: ByteWriter,
  ref: number,
  chunkFile: number,
  chunkOffset: number,
): void {
  writer.int64(ref)
  writer.uint32(chunkFile)
  writer.uint32(chunkOffset)
}

/** Throws ByteReadError. */
export function decodeMmapMarkers(record: Uint8Array, into: MmapMarkerRecord): void {
  into.count = 0
  const reader = new ByteReader(record)
  reader.uint8()
  growColumns(into, Math.ceil(reader.left / 16))
  let count = 0
  while (reader.left > 0) {
    into.refs[count] = reader.int64()
    into.chunkFiles[count] = reader.uint32()
    into.chunkOffsets[count] = reader.uint32()
    count++
  }
  into.count = count
}

function growColumns(into: MmapMarkerRecord, capacity: number): void {
  if (into.refs.length >= capacity) return
  const size = grownCapacity(capacity, into.refs.length)
  into.refs = new Float64Array(size)
  into.chunkFiles = new Uint32Array(size)
  into.chunkOffsets = new Uint32Array(size)
}
