import type { Counter, MetricsRegistry, Summary } from '../base/self-metrics.ts'

/** What file discovery counts, by upstream's names. */
export class FileDiscoveryMetrics {
  readonly #errors: Counter
  readonly #watchErrors: Counter
  readonly #scans: Summary
  /** Several discoverers may read the same file. */
  readonly #mtimes = new Map<object, Map<string, number>>()

  constructor(registry: MetricsRegistry) {
    this.#errors = registry.counter(
      'prometheus_sd_file_read_errors_total',
      'The number of File-SD read errors.',
    )
    this.#watchErrors = registry.counter(
      'prometheus_sd_file_watcher_errors_total',
      'The number of File-SD errors caused by filesystem watch failures.',
    )
    this.#scans = registry.summary(
      'prometheus_sd_file_scan_duration_seconds',
      'The duration of the File-SD scan in seconds.',
      [0.5, 0.9, 0.99],
    )
    registry.observed(
      'prometheus_sd_file_mtime_seconds',
      'gauge',
      'Timestamp (mtime) of files read by FileSD. Timestamp is set at read time.',
      () => {
        const all = new Map([...this.#mtimes.values()].flatMap((files) => [...files]))
        return [...all].map(([filename, seconds]) => [{ filename }, seconds] as const)
      },
    )
  }

  readError(): void {
    this.#errors.add()
  }

  watchError(): void {
    this.#watchErrors.add()
  }

  scanSeconds(seconds: number): void {
    this.#scans.observe(seconds)
  }

  fileRead(reader: object, file: string, mtimeSeconds: number): void {
    const files = this.#mtimes.get(reader) ?? new Map()
    this.#mtimes.set(reader, files.set(file, mtimeSeconds))
  }

  fileGone(reader: object, file: string): void {
    const files = this.#mtimes.get(reader)
    files?.delete(file)
    if (files?.size === 0) this.#mtimes.delete(reader)
  }
}
