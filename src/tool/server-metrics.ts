import type { BuildInfo } from '../api/api-options.ts'
import type { MetricsRegistry } from '../base/self-metrics.ts'
import { snappyKernelIsActive } from '../kernels/snappy.ts'
import type { ExemplarStats } from '../storage/exemplars.ts'
import type { DatabaseStats } from '../tsdb/db.ts'
import { registerRuntime } from './runtime-metrics.ts'

export interface MetricSources {
  readonly database: { stats(): DatabaseStats }
  readonly pool: { readonly running: number; readonly waiting: number; readonly workers: number }
  readonly build: BuildInfo
}

/** The server's own numbers that no part registers by itself; Prometheus' names where they mean the same. */
export function registerSelfMetrics(metrics: MetricsRegistry, sources: MetricSources): void {
  registerProcess(metrics, sources.build)
  const { database, pool } = sources
  const gauge = (name: string, help: string, read: () => number) =>
    metrics.observed(name, 'gauge', help, read)
  gauge('prometheus_tsdb_head_series', 'Series in the head.', () => database.stats().series)
  gauge('prometheus_tsdb_head_chunks', 'Chunks in the head.', () => database.stats().chunks)
  gauge(
    'prometheus_tsdb_head_min_time',
    'Oldest timestamp in the head.',
    () => database.stats().minTimeMs ?? 0,
  )
  gauge(
    'prometheus_tsdb_head_max_time',
    'Newest timestamp in the head.',
    () => database.stats().maxTimeMs ?? 0,
  )
  gauge(
    'prometheus_tsdb_wal_segment_current',
    'Segment of the log that is written.',
    () => database.stats().walSegment,
  )
  gauge(
    'prometheus_tsdb_data_replay_duration_seconds',
    'Time taken to replay the data on disk.',
    () => database.stats().walReplaySeconds,
  )
  metrics.observed(
    'prometheus_tsdb_snapshot_replay_error_total',
    'counter',
    'Memory snapshots that could not be used at the start.',
    () => (database.stats().snapshotFailed ? 1 : 0),
  )
  gauge(
    'narthex_tsdb_head_shared_bytes',
    'Shared memory that the head has taken.',
    () => database.stats().sharedBytes,
  )
  metrics.observed(
    'prometheus_tsdb_head_samples_appended_total',
    'counter',
    'Samples appended to the head.',
    () => database.stats().samplesAppended,
  )
  metrics.observed(
    'prometheus_tsdb_wal_corruptions_total',
    'counter',
    'Corruptions found in the log.',
    () => database.stats().walCorruptions,
  )
  registerBlocks(metrics, database)
  registerStaleSeries(metrics, database)
  registerExemplars(metrics, database)
  registerOutOfOrder(metrics, database)
  gauge('prometheus_engine_queries', 'Queries that run or wait.', () => pool.running + pool.waiting)
  gauge('narthex_query_workers', 'Query workers.', () => pool.workers)
}

/** By upstream's names (tsdb/head.go, tsdb/wlog/wlog.go). */
function registerOutOfOrder(metrics: MetricsRegistry, database: MetricSources['database']): void {
  const counter = (name: string, help: string, read: (stats: DatabaseStats) => ByKind) =>
    metrics.observed(name, 'counter', help, () => {
      const { float, histogram } = read(database.stats())
      return [
        [{ type: 'float' }, float],
        [{ type: 'histogram' }, histogram],
      ]
    })
  counter(
    'prometheus_tsdb_out_of_order_samples_total',
    'Samples refused since they came out of order, without a window for that.',
    ({ refused }) => refused.outOfOrder,
  )
  counter(
    'prometheus_tsdb_out_of_bound_samples_total',
    'Samples refused since they are older than the head takes, without an out-of-order window.',
    ({ refused }) => refused.outOfBounds,
  )
  counter(
    'prometheus_tsdb_too_old_samples_total',
    'Samples refused since they are older than the out-of-order window.',
    ({ refused }) => refused.tooOld,
  )
  counter(
    'prometheus_tsdb_head_out_of_order_samples_appended_total',
    'Samples that were taken out of order.',
    ({ outOfOrderAppended }) => ({
      float: outOfOrderAppended.floats,
      histogram: outOfOrderAppended.histograms,
    }),
  )
  metrics.observed(
    'prometheus_tsdb_out_of_order_wbl_segment_current',
    'gauge',
    'Segment of the log of out-of-order samples that is written; -1 where there is none.',
    () => database.stats().outOfOrderLogSegment ?? -1,
  )
}

interface ByKind {
  readonly float: number
  readonly histogram: number
}

/** By upstream's names (tsdb/exemplar.go). */
function registerExemplars(metrics: MetricsRegistry, database: MetricSources['database']): void {
  const observed = (
    name: string,
    kind: 'counter' | 'gauge',
    help: string,
    read: (stats: ExemplarStats) => number,
  ) =>
    metrics.observed(`prometheus_tsdb_exemplar_${name}`, kind, help, () =>
      read(database.stats().exemplars),
    )
  observed(
    'exemplars_appended_total',
    'counter',
    'Exemplars that were taken.',
    (stats) => stats.appended,
  )
  observed(
    'out_of_order_exemplars_total',
    'counter',
    'Exemplars that came behind newer ones of their series.',
    (stats) => stats.outOfOrder,
  )
  observed('exemplars_in_storage', 'gauge', 'Exemplars that are stored.', (stats) => stats.stored)
  observed(
    'series_with_exemplars_in_storage',
    'gauge',
    'Series that exemplars are stored of.',
    (stats) => stats.series,
  )
  observed(
    'last_exemplars_timestamp_seconds',
    'gauge',
    'Timestamp of the exemplar that was stored first.',
    (stats) => stats.oldestMs / 1_000,
  )
  observed('max_exemplars', 'gauge', 'Exemplars that there is room for.', (stats) => stats.capacity)
}

function registerStaleSeries(metrics: MetricsRegistry, database: MetricSources['database']): void {
  metrics.observed(
    'prometheus_tsdb_head_stale_series',
    'gauge',
    'Series in the head whose newest sample is a stale marker.',
    () => database.stats().staleSeries,
  )
  metrics.observed(
    'prometheus_tsdb_stale_series_compactions_triggered_total',
    'counter',
    'Times that stale series were to leave the head.',
    () => database.stats().maintenance.staleCompactions,
  )
  metrics.observed(
    'prometheus_tsdb_stale_series_compactions_failed_total',
    'counter',
    'Times that this failed.',
    () => database.stats().maintenance.staleCompactionsFailed,
  )
}

function registerBlocks(metrics: MetricsRegistry, database: MetricSources['database']): void {
  const counter = (name: string, help: string, read: (stats: DatabaseStats) => number) =>
    metrics.observed(name, 'counter', help, () => read(database.stats()))
  metrics.observed(
    'prometheus_tsdb_blocks_loaded',
    'gauge',
    'Blocks that are read.',
    () => database.stats().blocks,
  )
  metrics.observed(
    'prometheus_tsdb_storage_blocks_bytes',
    'gauge',
    'Bytes of the blocks.',
    () => database.stats().blockBytes,
  )
  metrics.observed(
    'narthex_tsdb_blocks_damaged',
    'gauge',
    'Blocks that are known to be damaged; the log names them.',
    () => database.stats().damagedBlocks,
  )
  metrics.observed(
    'narthex_tsdb_clock_jump_seconds',
    'gauge',
    'By how much the clock was set while nothing is deleted for its age; a reload of the configuration confirms it.',
    () => database.stats().clockJumpMs / 1_000,
  )
  metrics.observed(
    'narthex_tsdb_disk_full',
    'gauge',
    '1 while the disk is full: samples are refused until there is room.',
    () => Number(database.stats().isDiskFull),
  )
  counter(
    'narthex_tsdb_block_verifications_total',
    'Blocks that were read through to find damage.',
    (stats) => stats.blockVerifications,
  )
  counter(
    'prometheus_tsdb_compactions_total',
    'Blocks that were made.',
    ({ maintenance }) => maintenance.compactions,
  )
  counter(
    'prometheus_tsdb_compactions_failed_total',
    'Flushes and compactions that failed.',
    ({ maintenance }) => maintenance.compactionsFailed,
  )
  counter(
    'prometheus_tsdb_head_truncations_total',
    'Truncations of the head.',
    ({ maintenance }) => maintenance.headTruncations,
  )
  counter(
    'prometheus_tsdb_time_retentions_total',
    'Deletions of blocks for their age.',
    ({ maintenance }) => maintenance.deletedByTime,
  )
  counter(
    'prometheus_tsdb_size_retentions_total',
    'Deletions of blocks for their size.',
    ({ maintenance }) => maintenance.deletedBySize,
  )
}

function registerProcess(metrics: MetricsRegistry, build: BuildInfo): void {
  metrics
    .gauge('prometheus_build_info', 'A metric with a constant 1 by version.', {
      branch: build.branch,
      goversion: build.goVersion,
      revision: build.revision,
      version: build.version,
      narthex: build.narthexVersion,
    })
    .set(1)
  const help = 'Whether a kernel runs as WebAssembly, or else its plain twin.'
  metrics
    .gauge('narthex_kernel_active', help, { kernel: 'snappy' })
    .set(snappyKernelIsActive ? 1 : 0)
  const started = metrics.gauge(
    'process_start_time_seconds',
    'Start time of the process since unix epoch in seconds.',
  )
  started.set(performance.timeOrigin / 1_000)
  metrics.observed(
    'process_cpu_seconds_total',
    'counter',
    'User and system CPU time in seconds.',
    () => {
      const { user, system } = process.cpuUsage()
      return (user + system) / 1e6
    },
  )
  metrics.observed('process_resident_memory_bytes', 'gauge', 'Resident memory in bytes.', () =>
    process.memoryUsage.rss(),
  )
  registerRuntime(metrics)
}
