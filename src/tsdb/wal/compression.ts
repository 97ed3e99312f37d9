import { NarthexError } from '../../base/errors.ts'
import { compressZstd } from '../../base/zstd.ts'
import { createSnappyCodec } from '../../kernels/snappy.ts'
import { compressedBySnappy, compressedByZstd } from './segment-files.ts'

const snappy = createSnappyCodec()

/** `--storage.tsdb.wal-compression-type`. */
export type WalCompression = 'none' | 'snappy' | 'zstd'

/** Refuses zstd by name where this Node cannot compress it (reading it works everywhere). */
export function demandCompression(compression: WalCompression): void {
  if (compression !== 'zstd' || compressZstd !== undefined) return
  throw new NarthexError(
    'NOT_BUILT_YET',
    `zstd compression of the write-ahead log needs Node 22.15 or newer, this is ${process.version}`,
  )
}

/**
 * The bytes as the log keeps them, and the flags of their fragments: plain where nothing is won.
 * They are valid until the next call.
 */
export function compressRecord(
  record: Uint8Array,
  compression: WalCompression,
): { bytes: Uint8Array; flags: number } {
  const compressed = compressedBytes(record, compression)
  if (compressed === undefined || compressed.length >= record.length) {
    return { bytes: record, flags: 0 }
  }
  return {
    bytes: compressed,
    flags: compression === 'zstd' ? compressedByZstd : compressedBySnappy,
  }
}

function compressedBytes(record: Uint8Array, compression: WalCompression): Uint8Array | undefined {
  if (compression === 'none') return undefined
  return compression === 'zstd' ? compressZstd?.(record) : snappy.compress(record)
}
