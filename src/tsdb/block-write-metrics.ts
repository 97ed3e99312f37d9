import { exponentialBounds } from '../base/exponential-bounds.ts'
import type { Counter, Gauge, Histogram, MetricsRegistry } from '../base/self-metrics.ts'
import type {
  BackgroundJob,
  BackgroundRunner,
  BlockWrite,
  JobResult,
  JobRunner,
} from './background-jobs.ts'
import { chunkBounds } from './block/chunk-tally.ts'

const writeSeconds = exponentialBounds(1, 2, 14)
const writingKinds: readonly BackgroundJob['kind'][] = [
  'flush',
  'flush-out-of-order',
  'merge',
  'snapshot',
]

/** Counts the blocks that jobs write, whoever asks for them, by upstream's names. */
export class BlockWriteMetrics implements JobRunner {
  readonly #runner: BackgroundRunner
  readonly #writes: Counter
  readonly #seconds: Histogram
  readonly #populating: Gauge
  readonly #chunkBytes: Histogram
  readonly #chunkSamples: Histogram
  /** In milliseconds, whatever upstream's name says. */
  readonly #chunkRange: Histogram

  constructor(registry: MetricsRegistry, runner: BackgroundRunner) {
    this.#runner = runner
    const histogram = (name: string, help: string, bounds: readonly number[]) =>
      registry.histogram(`prometheus_tsdb_compaction_${name}`, help, bounds)
    this.#writes = registry.counter(
      'prometheus_tsdb_compactions_total',
      'Blocks that were written, also where nothing came of it.',
    )
    this.#seconds = histogram('duration_seconds', 'How long it took to make a block.', writeSeconds)
    this.#populating = registry.gauge(
      'prometheus_tsdb_compaction_populating_block',
      '1 while a block is being written.',
    )
    this.#chunkBytes = histogram(
      'chunk_size_bytes',
      'Bytes of chunks that came into a block for the first time.',
      chunkBounds.bytes,
    )
    this.#chunkSamples = histogram(
      'chunk_samples',
      'Samples of chunks that came into a block for the first time.',
      chunkBounds.samples,
    )
    this.#chunkRange = histogram(
      'chunk_range_seconds',
      'Time from the first to the last sample of such chunks, in milliseconds, as upstream counts it.',
      chunkBounds.rangeMs,
    )
  }

  async run(job: BackgroundJob): Promise<JobResult> {
    const isWriting = writingKinds.includes(job.kind)
    if (isWriting) this.#populating.set(1)
    try {
      return await this.#runner.run(job, (write) => this.#wrote(write))
    } finally {
      if (isWriting) this.#populating.set(0)
    }
  }

  #wrote({ seconds, chunks }: BlockWrite): void {
    this.#writes.add()
    this.#seconds.observe(seconds)
    if (chunks === undefined) return
    this.#chunkBytes.add(chunks.bytes)
    this.#chunkSamples.add(chunks.samples)
    this.#chunkRange.add(chunks.rangeMs)
  }
}
