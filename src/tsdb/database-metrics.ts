import type { Clock } from '../base/clock.ts'
import { exponentialBounds } from '../base/exponential-bounds.ts'
import type { Counter, MetricsRegistry, Summary } from '../base/self-metrics.ts'
import type { ChunkQueueCounts } from './head/chunk-write-queue.ts'

const compactionSeconds = exponentialBounds(1, 2, 14)
const latenessSeconds = [600, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200]
const cleanupSeconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** What happens in a database, by upstream's names, beside what DatabaseStats says. */
export class DatabaseMetrics {
  readonly #clock: Clock
  readonly #registry: MetricsRegistry
  readonly compactionsTriggered: Counter
  readonly verticalCompactions: Counter
  readonly headTruncationsFailed: Counter
  readonly logTruncations: Attempts
  readonly lateLogTruncations: Attempts
  readonly checkpoints: Attempts
  readonly checkpointDeletions: Attempts
  /** Seconds by which samples were behind the newest where they were not in order (row A9.13). */
  readonly lateness: Summary
  readonly #staleCompaction: Summary
  readonly #collection: Summary
  readonly #logTruncation: Summary
  readonly #cleanup: Summary
  readonly #sync: Summary
  readonly #lateSync: Summary

  constructor(registry: MetricsRegistry, clock: Clock) {
    this.#clock = clock
    this.#registry = registry
    const counter = (name: string, help: string) =>
      registry.counter(`prometheus_tsdb_${name}`, help)
    const summary = (name: string, help: string, quantiles: readonly number[] = []) =>
      registry.summary(`prometheus_tsdb_${name}`, help, quantiles)
    this.compactionsTriggered = counter(
      'compactions_triggered_total',
      'Rounds of looking for something to flush or compact.',
    )
    this.verticalCompactions = counter(
      'vertical_compactions_total',
      'Compactions of overlapping blocks.',
    )
    this.headTruncationsFailed = counter(
      'head_truncations_failed_total',
      'Truncations of the head that failed.',
    )
    this.logTruncations = new Attempts(registry, 'wal_truncations', 'Truncations of the log')
    this.lateLogTruncations = new Attempts(
      registry,
      'out_of_order_wbl_truncations',
      'Truncations of the log of out-of-order samples',
    )
    this.checkpoints = new Attempts(registry, 'checkpoint_creations', 'Checkpoints')
    this.checkpointDeletions = new Attempts(
      registry,
      'checkpoint_deletions',
      'Deletions of checkpoints',
    )
    this.lateness = registry.histogram(
      'prometheus_tsdb_sample_ooo_delta',
      'By how many seconds samples out of order were behind the newest, whether they were taken or not.',
      latenessSeconds,
    )
    this.#staleCompaction = registry.histogram(
      'prometheus_tsdb_stale_series_compaction_duration_seconds',
      'How long it took to move stale series to blocks.',
      compactionSeconds,
    )
    this.#collection = summary('head_gc_duration_seconds', 'How long truncating memory took.')
    this.#logTruncation = summary('wal_truncate_duration_seconds', 'How long checkpoints took.')
    this.#cleanup = registry.histogram(
      'prometheus_tsdb_tombstone_cleanup_seconds',
      'How long it took to write blocks anew without what is deleted of them.',
      cleanupSeconds,
    )
    const syncHelp = (log: string) => `How long syncs of ${log} took.`
    this.#sync = summary('wal_fsync_duration_seconds', syncHelp('the log'), [0.5, 0.9, 0.99])
    this.#lateSync = summary(
      'out_of_order_wbl_fsync_duration_seconds',
      syncHelp('the log of out-of-order samples'),
      [0.5, 0.9, 0.99],
    )
  }

  /** Of a queue of full chunks, where there is one, as upstream. */
  chunkQueue(counts: () => Readonly<ChunkQueueCounts>): void {
    this.#registry.observed(
      'prometheus_tsdb_chunk_write_queue_operations_total',
      'counter',
      'Full chunks that were put into the queue for head chunk files, and that left it.',
      () => Object.entries(counts()).map(([operation, count]) => [{ operation }, count]),
    )
  }

  /** Runs what moves stale series to blocks. */
  staleCompaction<T>(work: () => Promise<T>): Promise<T> {
    return this.#timed(this.#staleCompaction, work)
  }

  collection<T>(work: () => Promise<T>): Promise<T> {
    return this.#timed(this.#collection, work)
  }

  logTruncation<T>(work: () => Promise<T>): Promise<T> {
    return this.#timed(this.#logTruncation, work)
  }

  cleanup<T>(work: () => Promise<T>): Promise<T> {
    return this.#timed(this.#cleanup, work)
  }

  /** Of one of the two logs. */
  sync(isLate: boolean, work: () => Promise<void>): Promise<void> {
    return this.#timed(isLate ? this.#lateSync : this.#sync, work)
  }

  /** Only what succeeds is observed. */
  async #timed<T>(summary: Summary, work: () => Promise<T>): Promise<T> {
    const beganMs = this.#clock.monotonicMs()
    const result = await work()
    summary.observe((this.#clock.monotonicMs() - beganMs) / 1_000)
    return result
  }
}

/** How often something was begun, and how often it failed. */
class Attempts {
  readonly #begun: Counter
  readonly #failed: Counter

  constructor(registry: MetricsRegistry, name: string, what: string) {
    const full = `prometheus_tsdb_${name}`
    this.#begun = registry.counter(`${full}_total`, `${what} that were begun.`)
    this.#failed = registry.counter(`${full}_failed_total`, `${what} that failed.`)
  }

  begin(): void {
    this.#begun.add()
  }

  fail(): void {
    this.#failed.add()
  }
}
