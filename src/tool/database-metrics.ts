import { exponentialBounds } from '../base/exponential-bounds.ts'
import type { MetricsRegistry } from '../base/self-metrics.ts'
import type { RetentionConfig } from '../config/storage-config.ts'
import type { DatabaseStats } from '../tsdb/database-stats.ts'
import type { WalCounts } from '../tsdb/wal/writer.ts'

/** A database as its metrics see it. */
export interface DatabaseSource {
  stats(): DatabaseStats
  folderBytes(): { readonly log: number; readonly outOfOrderLog: number; readonly chunks: number }
}

/** Name behind `prometheus_tsdb_`, what it says, and where it is found. */
type Row = readonly [name: string, help: string, read: (stats: DatabaseStats) => number]

/** The ends of Go's 64-bit integers: times of an empty head, as upstream has them. */
const [latest, earliest] = [2 ** 63, -(2 ** 63)]

const gauges: readonly Row[] = [
  ['head_series', 'Series in the head.', ({ series }) => series],
  [
    'head_stale_series',
    'Series in the head whose newest sample is a stale marker.',
    ({ staleSeries }) => staleSeries,
  ],
  [
    'head_native_histogram_series',
    'Series in the head whose newest samples are native histograms.',
    ({ histogramSeries }) => histogramSeries,
  ],
  [
    'head_native_histogram_buckets',
    'Buckets of the newest native histograms in the head.',
    ({ histogramBuckets }) => histogramBuckets,
  ],
  ['head_chunks', 'Chunks in the head.', ({ chunks }) => chunks],
  ['head_min_time', 'Oldest timestamp in the head.', ({ minTimeMs = latest }) => minTimeMs],
  ['head_max_time', 'Newest timestamp in the head.', ({ maxTimeMs = earliest }) => maxTimeMs],
  [
    'head_min_time_seconds',
    'Oldest timestamp in the head, in seconds.',
    ({ minTimeMs = latest }) => Math.trunc(minTimeMs / 1_000),
  ],
  [
    'head_max_time_seconds',
    'Newest timestamp in the head, in seconds.',
    ({ maxTimeMs = earliest }) => Math.trunc(maxTimeMs / 1_000),
  ],
  ['lowest_timestamp', 'Oldest timestamp of all.', ({ lowestMs = latest }) => lowestMs],
  [
    'lowest_timestamp_seconds',
    'Oldest timestamp of all, in seconds.',
    ({ lowestMs = latest }) => Math.trunc(lowestMs / 1_000),
  ],
  ['wal_segment_current', 'Segment of the log that is written.', ({ walSegment }) => walSegment],
  [
    'out_of_order_wbl_segment_current',
    'Segment of the log of out-of-order samples that is written; -1 without one.',
    ({ outOfOrderLogSegment }) => outOfOrderLogSegment ?? -1,
  ],
  [
    'data_replay_duration_seconds',
    'Time taken to replay the data on disk.',
    ({ walReplaySeconds }) => walReplaySeconds,
  ],
  ['blocks_loaded', 'Blocks that are read.', ({ blocks }) => blocks],
  ['storage_blocks_bytes', 'Bytes of the blocks.', ({ blockBytes }) => blockBytes],
  [
    'exemplar_exemplars_in_storage',
    'Exemplars that are stored.',
    ({ exemplars }) => exemplars.stored,
  ],
  [
    'exemplar_series_with_exemplars_in_storage',
    'Series that exemplars are stored of.',
    ({ exemplars }) => exemplars.series,
  ],
  [
    'exemplar_last_exemplars_timestamp_seconds',
    'Timestamp of the exemplar that was stored first.',
    ({ exemplars }) => exemplars.oldestMs / 1_000,
  ],
  [
    'exemplar_max_exemplars',
    'Exemplars that there is room for.',
    ({ exemplars }) => exemplars.capacity,
  ],
]

const counters: readonly Row[] = [
  ['head_series_created_total', 'Series that were made.', ({ seriesCreated }) => seriesCreated],
  [
    'head_series_removed_total',
    'Series that left the head.',
    ({ seriesCreated, series }) => seriesCreated - series,
  ],
  [
    'head_chunks_created_total',
    'Chunks that were begun or read at start.',
    ({ chunksCreated }) => chunksCreated,
  ],
  ['head_chunks_removed_total', 'Chunks that left the head.', ({ chunksRemoved }) => chunksRemoved],
  ['mmap_chunks_total', 'Chunks that were put into files.', ({ chunksWritten }) => chunksWritten],
  [
    'mmap_chunk_corruptions_total',
    'Files of head chunks that were damaged.',
    ({ chunkFilesDamaged }) => chunkFilesDamaged,
  ],
  [
    'wal_corruptions_total',
    'Corruptions found in the log.',
    ({ walCorruptions }) => walCorruptions,
  ],
  [
    'snapshot_replay_error_total',
    'Memory snapshots that could not be used at the start.',
    ({ snapshotFailed }) => Number(snapshotFailed),
  ],
  [
    'stale_series_compactions_triggered_total',
    'Times that stale series were to leave the head.',
    ({ maintenance }) => maintenance.staleCompactions,
  ],
  [
    'stale_series_compactions_failed_total',
    'Times that this failed.',
    ({ maintenance }) => maintenance.staleCompactionsFailed,
  ],
  ['reloads_total', 'How often blocks were looked for.', ({ reloads }) => reloads],
  ['reloads_failures_total', 'How often that failed.', ({ reloadsFailed }) => reloadsFailed],
  [
    'compactions_failed_total',
    'Flushes and compactions that failed.',
    ({ maintenance }) => maintenance.compactionsFailed,
  ],
  [
    'head_truncations_total',
    'Truncations of the head.',
    ({ maintenance }) => maintenance.headTruncations,
  ],
  [
    'time_retentions_total',
    'Deletions of blocks for their age.',
    ({ maintenance }) => maintenance.deletedByTime,
  ],
  [
    'size_retentions_total',
    'Deletions of blocks for their size.',
    ({ maintenance }) => maintenance.deletedBySize,
  ],
  [
    'exemplar_exemplars_appended_total',
    'Exemplars that were taken.',
    ({ exemplars }) => exemplars.appended,
  ],
  [
    'exemplar_out_of_order_exemplars_total',
    'Exemplars that came behind newer ones of their series.',
    ({ exemplars }) => exemplars.outOfOrder,
  ],
]

/** Of each of the two logs. */
const logCounters: readonly (readonly [string, string, (counts: WalCounts) => number])[] = [
  ['writes_failed_total', 'Writes of LOG that failed.', ({ writesFailed }) => writesFailed],
  ['page_flushes_total', 'Writes of LOG.', ({ writes }) => writes],
  ['completed_pages_total', 'Pages of LOG that were filled.', ({ fullPages }) => fullPages],
  ['record_part_writes_total', 'Parts of records that were written to LOG.', ({ parts }) => parts],
  [
    'record_parts_bytes_written_total',
    'Bytes of parts of records that were written to LOG.',
    ({ partBytes }) => partBytes,
  ],
]

/** What upstream's server has and never counts, nor can it happen here. */
const neverCounted: readonly (readonly [name: string, help: string])[] = [
  ['compactions_skipped_total', 'Rounds without compaction where it is switched off.'],
  ['head_series_not_found_total', 'Series that left the head while they were read.'],
  [
    'selected_series_compactions_triggered_total',
    'Times that chosen series were to leave the head.',
  ],
  ['selected_series_compactions_failed_total', 'Times that this failed.'],
]

const retentionLimits: readonly (readonly [
  string,
  string,
  (retention: RetentionConfig) => number,
])[] = [
  ['bytes', 'Bytes that blocks may take; 0 without a limit.', ({ sizeBytes }) => sizeBytes],
  ['percentage', 'Their share of the file system; 0 without.', ({ percentage }) => percentage],
  ['seconds', 'How long blocks are kept; 0 without a limit.', ({ timeMs }) => timeMs / 1_000],
]

/** What a database tells when it is asked, by upstream's names and some of our own. */
export function registerDatabase(
  metrics: MetricsRegistry,
  source: DatabaseSource,
  retention: () => RetentionConfig,
): void {
  const database = {
    stats: metrics.oncePerPage(() => source.stats()),
    folderBytes: metrics.oncePerPage(() => source.folderBytes()),
  }
  const observe = (
    kind: 'counter' | 'gauge',
    [name, help, read]: Row,
    prefix = 'prometheus_tsdb_',
  ) => metrics.observed(prefix + name, kind, help, () => read(database.stats()))
  for (const row of gauges) observe('gauge', row)
  for (const row of counters) observe('counter', row)
  for (const row of ownGauges) observe('gauge', row, 'narthex_tsdb_')
  for (const row of ownCounters) observe('counter', row, 'narthex_tsdb_')
  const help = 'Samples appended to the head.'
  metrics.observed('prometheus_tsdb_head_samples_appended_total', 'counter', help, () => {
    const { samplesAppended, histogramsAppended } = database.stats()
    return [
      [{ type: 'float' }, samplesAppended - histogramsAppended],
      [{ type: 'histogram' }, histogramsAppended],
    ]
  })
  for (const [name, text] of neverCounted) observe('counter', [name, text, () => 0])
  metrics.histogram(
    'prometheus_tsdb_selected_series_compaction_duration_seconds',
    'How long it took to move chosen series to blocks.',
    exponentialBounds(1, 2, 14),
  )
  registerLogs(metrics, database)
  registerRefused(metrics, database)
  for (const [name, text, read] of retentionLimits) {
    const full = `prometheus_tsdb_retention_limit_${name}`
    metrics.observed(full, 'gauge', text, () => read(retention()))
  }
  registerFolders(metrics, database)
  registerReplay(metrics, database)
}

function registerLogs(metrics: MetricsRegistry, database: DatabaseSource): void {
  const observe = (prefix: string, words: string, counts: (stats: DatabaseStats) => WalCounts) => {
    const of = () => counts(database.stats())
    for (const [name, help, read] of logCounters) {
      const text = help.replace('LOG', words)
      metrics.observed(`prometheus_tsdb_${prefix}_${name}`, 'counter', text, () => read(of()))
    }
    const help = `Bytes by which compression made the records of ${words} shorter.`
    const name = `prometheus_tsdb_${prefix}_record_bytes_saved_total`
    metrics.observed(name, 'counter', help, () => {
      const { logCompression: compression } = database.stats()
      const { savedBytes, parts } = of()
      // As upstream: from the first record on that was to be compressed.
      return compression === 'none' || parts === 0 ? [] : [[{ compression }, savedBytes]]
    })
  }
  observe('wal', 'the log', ({ log }) => log)
  observe('out_of_order_wbl', 'the log of out-of-order samples', (stats) => stats.outOfOrderLog)
}

/** Samples by their kind: what was refused for its time, and what was taken out of order. */
function registerRefused(metrics: MetricsRegistry, database: DatabaseSource): void {
  const observe = (
    name: string,
    help: string,
    read: (stats: DatabaseStats) => { readonly float: number; readonly histogram: number },
  ) =>
    metrics.observed(`prometheus_tsdb_${name}`, 'counter', help, () =>
      Object.entries(read(database.stats())).map(([type, count]) => [{ type }, count] as const),
    )
  observe(
    'out_of_order_samples_total',
    'Samples that were refused behind newer ones of their series.',
    ({ refused }) => refused.outOfOrder,
  )
  observe(
    'out_of_bound_samples_total',
    'Samples that were refused as older than the head.',
    ({ refused }) => refused.outOfBounds,
  )
  observe(
    'too_old_samples_total',
    'Samples that were refused as older than the out-of-order window.',
    ({ refused }) => refused.tooOld,
  )
  observe(
    'head_out_of_order_samples_appended_total',
    'Samples that were taken out of order.',
    ({ outOfOrderAppended: { floats, histograms } }) => ({ float: floats, histogram: histograms }),
  )
}

/** By the kind of record, and only those that there were, as upstream. */
function registerReplay(metrics: MetricsRegistry, database: DatabaseSource): void {
  const observe = (
    log: string,
    read: (stats: DatabaseStats) => readonly (readonly [type: string, count: number])[],
  ) =>
    metrics.observed(
      `prometheus_tsdb_${log}_replay_unknown_refs_total`,
      'counter',
      `What was replayed of ${log} belongs to series that the log does not name.`,
      () => {
        const counts = read(database.stats()).filter(([, count]) => count > 0)
        return counts.map(([type, count]) => [{ type }, count] as const)
      },
    )
  observe('wal', ({ replayedWithoutSeries: { samples, exemplars } }) => [
    ['samples', samples],
    ['exemplars', exemplars],
  ])
  observe('wbl', ({ replayedWithoutSeries }) => [['samples', replayedWithoutSeries.outOfOrder]])
}

function registerFolders(metrics: MetricsRegistry, database: DatabaseSource): void {
  const gauge = (name: string, help: string, read: () => number) =>
    metrics.observed(`prometheus_tsdb_${name}`, 'gauge', help, read)
  gauge('wal_storage_size_bytes', 'Bytes of the log.', () => database.folderBytes().log)
  gauge(
    'out_of_order_wbl_storage_size_bytes',
    'Bytes of the log of out-of-order samples.',
    () => database.folderBytes().outOfOrderLog,
  )
  gauge(
    'head_chunks_storage_size_bytes',
    'Bytes of the files of head chunks.',
    () => database.folderBytes().chunks,
  )
}

const ownGauges: readonly Row[] = [
  ['head_shared_bytes', 'Shared memory that the head has taken.', ({ sharedBytes }) => sharedBytes],
  [
    'blocks_damaged',
    'Blocks that are known to be damaged; the log names them.',
    ({ damagedBlocks }) => damagedBlocks,
  ],
  [
    'clock_jump_seconds',
    'By how much the clock was set while nothing is deleted for its age; a reload of the configuration confirms it.',
    ({ clockJumpMs }) => clockJumpMs / 1_000,
  ],
  [
    'disk_full',
    '1 while the disk is full: samples are refused until there is room.',
    ({ isDiskFull }) => Number(isDiskFull),
  ],
  [
    'replayed_without_series',
    'Samples and exemplars of the log that was replayed whose series it does not name.',
    ({ replayedWithoutSeries: { samples, exemplars } }) => samples + exemplars,
  ],
]

const ownCounters: readonly Row[] = [
  [
    'block_verifications_total',
    'Blocks that were read through to find damage.',
    ({ blockVerifications }) => blockVerifications,
  ],
]
