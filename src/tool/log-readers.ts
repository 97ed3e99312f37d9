import { availableParallelism } from 'node:os'
import { isDeepStrictEqual } from 'node:util'
import type { Worker } from 'node:worker_threads'
import { limits } from '../base/limits.ts'
import type { Logger } from '../base/logger.ts'
import { nodeFileSystem } from '../base/node-file-system.ts'
import type { CoveredSpans } from '../tsdb/wal/covered-spans.ts'
import { type LogFile, pieceBytes, type ReadAhead } from '../tsdb/wal/read-ahead.ts'
import { ReaderTeam } from '../tsdb/wal/reader-team.ts'
import type { LogReaders } from '../tsdb/wal/replay.ts'
import { LogReaderThread } from '../workers/log-reader-thread.ts'
import { logReaderWorker } from '../workers/log-reader-worker.ts'
import { builtFiles } from './built-files.ts'
import { logReaderSource } from './worker-source.ts'

/** The server's threads for logs that are long enough for them. */
export class LogReaderThreads implements LogReaders {
  readonly #logger: Logger
  readonly #begins: () => void
  /** A thread that is there already, which becomes the first that reads a log. */
  #early: Worker | undefined
  /** Threads that read what nobody has asked for yet. */
  #prepared:
    | { readonly segments: readonly LogFile[]; readonly threads: readonly LogReaderThread[] }
    | undefined

  /** `begins` is called where there is time for others to make ready. */
  constructor(logger: Logger, begins: () => void, early?: Worker) {
    this.#logger = logger
    this.#begins = begins
    this.#early = early
  }

  prepare(segments: readonly LogFile[]): void {
    if (bytesOf(segments) < limits.logReadAheadBytesMin) return
    this.#begins()
    this.#prepared = { segments, threads: this.#threadsFor(segments) }
  }

  readonly begin = (
    segments: readonly LogFile[],
    covered?: CoveredSpans,
  ): ReadAhead | undefined => {
    if (bytesOf(segments) < limits.logReadAheadBytesMin) return undefined
    const prepared = this.#prepared
    this.#prepared = undefined
    const isTheSame = isDeepStrictEqual(prepared?.segments, segments)
    if (!isTheSame) stop(prepared?.threads)
    const threads = (isTheSame ? prepared?.threads : undefined) ?? this.#threadsFor(segments)
    for (const thread of threads) thread.leaveOut(covered)
    return new ReaderTeam(threads)
  }

  end(): void {
    stop(this.#prepared?.threads)
    this.#prepared = undefined
    void this.#takeEarly()?.terminate()
  }

  #takeEarly(): Worker | undefined {
    const early = this.#early
    this.#early = undefined
    return early
  }

  #threadsFor(segments: readonly LogFile[]): readonly LogReaderThread[] {
    const source = logReaderSource(builtFiles(nodeFileSystem))
    // The thread that takes in what they read has a processor to itself.
    const readers = Math.max(1, Math.min(limits.logReadersMax, availableParallelism() - 1))
    return Array.from({ length: readers }, (_, reader) => {
      const worker = this.#takeEarly() ?? logReaderWorker(source)
      const thread = new LogReaderThread(worker, this.#logger)
      thread.begin({ segments, reader, readers, pieceBytes })
      return thread
    })
  }
}

function stop(threads: readonly LogReaderThread[] = []): void {
  for (const thread of threads) thread.stop()
}

function bytesOf(segments: readonly LogFile[]): number {
  return segments.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
}
