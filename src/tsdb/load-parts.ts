import { Pins } from '../base/pins.ts'
import { BlockList } from './block-list.ts'
import type { DatabaseOptions } from './database-options.ts'
import { Head } from './head/head.ts'
import { type LoadedHead, loadHead } from './load-head.ts'
import { ReplayAttempts } from './replay-attempts.ts'

/** What a database is made of once everything on disk has been read. */
export interface DatabaseParts {
  readonly attempts: ReplayAttempts
  readonly lock: { release(): void }
  readonly blocks: BlockList
  readonly loaded: LoadedHead
}

/**
 * Reads the directory, which is locked. A start that follows several that died has no second thread
 * for the log, and its attempt is not over when this is.
 */
export async function loadParts(
  options: DatabaseOptions,
  lock: { release(): void },
): Promise<DatabaseParts> {
  const { fileSystem, clock, logger, directory, replayStatus } = options
  const attempts = new ReplayAttempts(options)
  const pins = new Pins()
  const blocks = new BlockList({ fileSystem, directory, logger, pins })
  blocks.removeLeftovers()
  blocks.repair()
  // A block whose name was not on disk when its writer died must be there before its parents go.
  fileSystem.syncDirectory(directory)
  blocks.reload()
  const newHead = () => {
    const head = new Head(options.blockRangeMs, options.encodings, pins)
    head.exemplars.resize(options.exemplarsMax ?? 0)
    head.metadata.isTaken = options.logsMetadata ?? false
    head.setOutOfOrderWindow(options.outOfOrderWindowMs?.() ?? 0)
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
    readAhead: attempts.isCareful ? undefined : options.readAhead,
    ...(replayStatus === undefined ? {} : { status: replayStatus }),
  })
  if (!attempts.isCareful) attempts.over()
  return { attempts, lock, blocks, loaded }
}
