import { availableParallelism } from 'node:os'
import { limits } from '../base/limits.ts'
import type { Logger } from '../base/logger.ts'
import { nodeFileSystem } from '../base/node-file-system.ts'
import type { CoveredTimes } from '../tsdb/wal/covered-times.ts'
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
  /** Begun, without anything to read. */
  #idle: readonly LogReaderThread[] = []

  /** `begins` is called where there is time for others to make ready. */
  constructor(logger: Logger, begins: () => void) {
    this.#logger = logger
    this.#begins = begins
  }

  prepare(sizeBytes: number): void {
    if (sizeBytes < limits.logReadAheadBytesMin) return
    this.#begins()
    this.#idle = this.#newThreads()
  }

  readonly begin = (
    segments: readonly LogFile[],
    covered: CoveredTimes | undefined,
  ): ReadAhead | undefined => {
    const bytes = segments.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    if (bytes < limits.logReadAheadBytesMin) return undefined
    const threads = this.#idle.length > 0 ? this.#idle : this.#newThreads()
    this.#idle = []
    const readers = threads.length
    for (const [reader, thread] of threads.entries()) {
      thread.begin({ segments, covered, reader, readers, pieceBytes })
    }
    return new ReaderTeam(threads)
  }

  end(): void {
    for (const thread of this.#idle) thread.stop()
    this.#idle = []
  }

  #newThreads(): readonly LogReaderThread[] {
    const source = logReaderSource(builtFiles(nodeFileSystem))
    const length = Math.min(limits.logReadersMax, availableParallelism())
    return Array.from({ length }, () => new LogReaderThread(source, this.#logger))
  }
}
