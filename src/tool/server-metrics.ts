import type { BuildInfo } from '../api/api-options.ts'
import { systemClock } from '../base/clock.ts'
import { nodeFileSystem } from '../base/node-file-system.ts'
import type { MetricsRegistry } from '../base/self-metrics.ts'
import type { RetentionConfig } from '../config/storage-config.ts'
import { chunkScanKernelIsActive } from '../kernels/chunk-scan.ts'
import { chunkKernel } from '../kernels/chunks.ts'
import { deflateKernel } from '../kernels/deflate.ts'
import { expositionKernelIsActive } from '../kernels/exposition.ts'
import { floatTextKernel } from '../kernels/float-text.ts'
import { sampleRowKernel } from '../kernels/sample-rows.ts'
import { snappyKernelIsActive } from '../kernels/snappy.ts'
import { writeKernelIsActive } from '../kernels/writes.ts'
import { type DatabaseSource, registerDatabase } from './database-metrics.ts'
import { goPlatform } from './go-platform.ts'
import { registerProcessFiles } from './process-metrics.ts'
import { registerRuntime } from './runtime-metrics.ts'

export interface MetricSources {
  readonly database: DatabaseSource
  readonly pool: { readonly workers: number }
  readonly build: BuildInfo
  /** What is kept by now. */
  readonly retention: () => RetentionConfig
}

/** The server's own numbers that no part registers by itself; Prometheus' names where they mean the same. */
export function registerSelfMetrics(metrics: MetricsRegistry, sources: MetricSources): void {
  registerProcess(metrics, sources.build)
  const { database, pool } = sources
  const gauge = (name: string, help: string, read: () => number) =>
    metrics.observed(name, 'gauge', help, read)
  registerDatabase(metrics, database, sources.retention)
  gauge('narthex_query_workers', 'Query workers.', () => pool.workers)
}

function registerProcess(metrics: MetricsRegistry, build: BuildInfo): void {
  metrics
    .gauge('prometheus_build_info', 'A metric with a constant 1 by version.', {
      branch: build.branch,
      ...goPlatform(process.platform, process.arch),
      goversion: build.goVersion,
      revision: build.revision,
      tags: '',
      version: build.version,
      narthex: build.narthexVersion,
    })
    .set(1)
  const help = 'Whether a kernel runs as WebAssembly, or else its plain twin.'
  const kernels = {
    snappy: snappyKernelIsActive,
    chunks: chunkKernel !== undefined,
    exposition: expositionKernelIsActive,
    'float-text': floatTextKernel !== undefined,
    deflate: deflateKernel !== undefined,
    writes: writeKernelIsActive,
    'sample-rows': sampleRowKernel !== undefined,
    'chunk-scan': chunkScanKernelIsActive,
  }
  for (const [kernel, isActive] of Object.entries(kernels)) {
    metrics.gauge('narthex_kernel_active', help, { kernel }).set(isActive ? 1 : 0)
  }
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
  metrics
    .gauge('nodejs_version_info', 'A metric with a constant 1 by the version of Node.', {
      version: build.nodeVersion,
    })
    .set(1)
  registerProcessFiles(metrics, nodeFileSystem)
  registerRuntime(metrics, systemClock)
}
