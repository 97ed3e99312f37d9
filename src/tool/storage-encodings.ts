import { NarthexError } from '../base/errors.ts'
import type { StorageConfig } from '../config/storage-config.ts'
import { encoding } from '../tsdb/chunk/encoding.ts'
import type { HeadEncodings } from '../tsdb/head/head-encodings.ts'
import type { Flags } from './flags.ts'

/**
 * How the database encodes samples: the configuration wins over the features (row C7.3). Throws
 * SETTING_INVALID where start timestamps are to be stored in chunks that cannot hold them.
 */
export function storageEncodings({ floatChunks }: StorageConfig, flags: Flags): HeadEncodings {
  const byFlags = flags.isFeatureOn('xor2-encoding') ? 'xor2' : 'xor'
  const floats = floatChunks ?? byFlags
  const storesStarts = flags.isFeatureOn('st-storage')
  if (storesStarts && floats === 'xor') {
    throw new NarthexError(
      'SETTING_INVALID',
      'float chunk encoding "xor" is incompatible with start-timestamp storage (st-storage): XOR ' +
        'chunks do not store start timestamps; set storage.tsdb.chunk_encoding.floats to "xor2"',
    )
  }
  const samplesPerChunk = Math.trunc(flags.number('storage.tsdb.samples-per-chunk'))
  return {
    floats: floats === 'xor' ? encoding.xor : encoding.xor2,
    histogramStarts: flags.isFeatureOn('histograms-st-encoding'),
    storesStarts,
    ...(flags.isFeatureOn('created-timestamp-zero-ingestion') ? { zeroAtStart: true } : {}),
    ...(samplesPerChunk < 1 ? {} : { samplesPerChunk }),
  }
}
