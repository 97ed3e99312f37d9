import { limits } from '../base/limits.ts'
import { emptySection, FieldReader, type Located, problem } from './field-reader.ts'
import { printSizeBytes } from './size.ts'

/** How long and how much is kept (rows C7.4 to C7.6); 0 = no limit of that kind. */
export interface RetentionConfig {
  readonly timeMs: number
  readonly sizeBytes: number
  /** Of the file system's size. */
  readonly percentage: number
}

/** The storage section (rows C7.*). */
export interface StorageConfig {
  readonly retention: RetentionConfig
  /** How many exemplars are kept, none below 1; undefined without such a section (row C7.7). */
  readonly exemplarsMax: number | undefined
  /** Share of stale series in the head from which on they leave it (row C7.2); 0: never. */
  readonly staleSeriesThreshold: number
  /** Of new float chunks (row C7.3); absent: as the feature flags say. */
  readonly floatChunks: 'xor' | 'xor2' | undefined
  /** How far behind the newest sample others are taken out of order; 0 = they are not (row C7.1). */
  readonly outOfOrderWindowMs: number
}

export const noRetention: RetentionConfig = { timeMs: 0, sizeBytes: 0, percentage: 0 }

/** `absent` has what holds for files without such a section. */
export function readStorage(
  at: Located | undefined,
  absent: Pick<StorageConfig, 'retention' | 'exemplarsMax'>,
): StorageConfig {
  const fields = new FieldReader(at ?? emptySection, 'config.StorageConfig')
  const tsdb = new FieldReader(fields.take('tsdb') ?? emptySection, 'config.plain')
  const section = tsdb.take('retention')
  const storage = {
    retention: section === undefined ? absent.retention : readRetention(section),
    outOfOrderWindowMs: tsdb.durationMs('out_of_order_time_window'),
    exemplarsMax: readExemplars(fields.take('exemplars'), absent.exemplarsMax),
    floatChunks: readFloatChunks(tsdb),
    staleSeriesThreshold: tsdb.float('stale_series_compaction_threshold'),
  }
  // Upstream prints it, takes it, and goes by out_of_order_time_window alone.
  tsdb.integer('outofordertimewindow')
  tsdb.end()
  fields.end()
  return storage
}

function readRetention(at: Located): RetentionConfig {
  const fields = new FieldReader(at, 'config.plain')
  const retention = {
    timeMs: fields.durationMs('time'),
    sizeBytes: fields.sizeBytes('size'),
    percentage: fields.float('percentage'),
  }
  if (retention.sizeBytes < 0) {
    const words = `must be greater than or equal to 0, got ${printSizeBytes(retention.sizeBytes)}`
    fields.refuse(`'storage.tsdb.retention.size' ${words}`)
  }
  if (retention.percentage < 0 || retention.percentage > 100) {
    const words = `must be in the range [0, 100], got ${retention.percentage}`
    fields.refuse(`'storage.tsdb.retention.percentage' ${words}`)
  }
  fields.end()
  return retention
}

const chunksType = 'config.ChunkEncodingConfig'

/** What upstream has beside, checked as upstream does. */
function readFloatChunks(tsdb: FieldReader): StorageConfig['floatChunks'] {
  const encoding = new FieldReader(tsdb.take('chunk_encoding') ?? emptySection, chunksType)
  const floats = encoding.text('floats', '')
  encoding.end()
  if (floats === '') return undefined
  if (floats === 'xor' || floats === 'xor2') return floats
  const words = `must be 'xor' or 'xor2', or the field must be omitted entirely, got ${JSON.stringify(floats)}`
  tsdb.refuse(`'storage.tsdb.chunk_encoding.floats' ${words}`)
  return undefined
}

/** A section without the key keeps none, as upstream. */
function readExemplars(at: Located | undefined, absent: number | undefined): number | undefined {
  if (at === undefined) return absent
  const fields = new FieldReader(at, 'config.ExemplarsConfig')
  const most = fields.integer('max_exemplars')
  fields.end()
  if (most > limits.exemplarsMax) {
    const words = `must be at most ${limits.exemplarsMax}, got ${most}`
    throw problem(`'storage.exemplars.max_exemplars' ${words}`, fields.at)
  }
  return most
}
