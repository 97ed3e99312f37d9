import { availableParallelism } from 'node:os'
import { isDeepStrictEqual } from 'node:util'
import { limits } from '../base/limits.ts'
import type { Logger } from '../base/logger.ts'
import { nodeFileSystem } from '../base/node-file-system.ts'
import type { CoveredSpans } from '../tsdb/wal/covered-spans.ts'
import { type LogFile, pieceBytes, type ReadAhead } from '../tsdb/wal/read-ahead.ts'
import { ReaderTeam } from '../tsdb/wal/reader-team.ts'
import type { LogReaders } from '../tsdb/wal/replay.ts'
import { LogReaderThread } from '../workers/log-reader-thread.ts'
import { builtFiles } from './built-files.ts'
import { logReaderSource } from './worker-source.ts'

/** The server's threads for logs that are long enough for them. */
export class LogReaderThreads implements LogReaders {
  readonly #logger: Logger
  readonly #begins: () => void
  /** Threads that read what nobody has asked for yet. */
  #prepared:
    | { readonly segments: readonly LogFile[]; readonly threads: readonly LogReaderThread[] }
    | undefined

  /** `begins` is called where there is time for others to make ready. */
  constructor(logger: Logger, begins: () => void) {
    this.#logger = logger
    this.#begins = begins
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
  }

  #threadsFor(segments: readonly LogFile[]): readonly LogReaderThread[] {
    const source = logReaderSource(builtFiles(nodeFileSystem))
    const readers = Math.min(limits.logReadersMax, availableParallelism())
    return Array.from({ length: readers }, (_, reader) => {
      const thread = new LogReaderThread(source, this.#logger)
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
