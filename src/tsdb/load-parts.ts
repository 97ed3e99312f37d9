import { join } from 'node:path'
import { Pins } from '../base/pins.ts'
import { BlockList } from './block-list.ts'
import type { DatabaseOptions } from './database-options.ts'
import { Head } from './head/head.ts'
import { type LoadedHead, loadHead, walFolder } from './load-head.ts'
import { ReplayAttempts } from './replay-attempts.ts'
import { SeriesStateFile } from './series-state.ts'
import { filesOfLog } from './wal/log-files.ts'
import { surveyLog } from './wal/log-layout.ts'
import { recordIndexFolder } from './wal/record-index.ts'
import type { LogReaders } from './wal/replay.ts'

/** What a database is made of once everything on disk has been read. */
export interface DatabaseParts {
  readonly attempts: ReplayAttempts
  readonly lock: { release(): void }
  readonly blocks: BlockList
  readonly loaded: LoadedHead
}

/**
 * Reads the directory, which is locked. A start that follows several that died has no other threads
 * for the log, and its attempt is not over when this is.
 */
export async function loadParts(
  options: DatabaseOptions,
  lock: { release(): void },
): Promise<DatabaseParts> {
  const { fileSystem, directory } = options
  const attempts = new ReplayAttempts(options)
  const readers = attempts.isCareful ? undefined : options.logReaders
  const log = surveyLog(fileSystem, join(directory, walFolder))
  const indexDirectory = join(directory, recordIndexFolder)
  readers?.prepare(filesOfLog(fileSystem, log, 0, indexDirectory).files)
  try {
    return await loadWith(options, attempts, lock, readers)
  } finally {
    readers?.end()
  }
}

async function loadWith(
  options: DatabaseOptions,
  attempts: ReplayAttempts,
  lock: DatabaseParts['lock'],
  readers: LogReaders | undefined,
): Promise<DatabaseParts> {
  const { fileSystem, clock, logger, directory, replayStatus } = options
  const pins = new Pins()
  const blocks = new BlockList({ fileSystem, directory, logger, pins })
  blocks.removeLeftovers()
  blocks.repair()
  // A block whose name was not on disk when its writer died must be there before its parents go.
  fileSystem.syncDirectory(directory)
  blocks.reload()
  const lastRef = lastRefOf(options)
  const newHead = () => {
    const head = new Head(options.blockRangeMs, options.encodings, pins)
    head.exemplars.resize(options.exemplarsMax ?? 0)
    head.metadata.isTaken = options.logsMetadata ?? false
    head.setOutOfOrderWindow(options.outOfOrderWindowMs?.() ?? 0)
    head.passRef(lastRef)
    head.setValidFrom(blocks.inOrderEndMs ?? Number.NEGATIVE_INFINITY)
    return head
  }
  const loaded = await loadHead({
    fileSystem,
    clock,
    logger,
    directory,
    newHead,
    usesSnapshot: options.snapshotsMemory ?? false,
    readAhead: readers?.begin,
    scannedChunkFiles: attempts.isCareful ? undefined : await options.scannedChunkFiles,
    ...(replayStatus === undefined ? {} : { status: replayStatus }),
  })
  if (!attempts.isCareful) attempts.over()
  return { attempts, lock, blocks, loaded }
}

/** As far as refs had come, where that was written down; 0 where it was not, or is not asked for. */
function lastRefOf({ fileSystem, directory, logger, writesSeriesState }: DatabaseOptions): number {
  if (writesSeriesState !== true) return 0
  const state = new SeriesStateFile(fileSystem, join(directory, walFolder), logger).read()
  if (state === undefined) return 0
  const { lastRef, lastSegment, isClean } = state
  const ended = isClean ? 'clean shutdown detected' : 'unclean shutdown detected'
  logger.info(`Fast startup: ${ended}`, { last_series_id: lastRef, last_wal_segment: lastSegment })
  return lastRef
}
