import { type Clock, systemClock } from '../base/clock.ts'
import { limits } from '../base/limits.ts'
import { silentLogger } from '../base/logger.ts'
import { lockDirectory } from '../base/node-directory-lock.ts'
import { nodeFileSystem } from '../base/node-file-system.ts'
import { defaultEngineFlags } from '../promql/engine-flags.ts'
import { Database } from '../tsdb/db.ts'
import type { Narthex, OpenOptions } from './contract.ts'
import { OpenedDatabase } from './opened-database.ts'
import { temporaryDirectory, temporaryOptions } from './temporary-database.ts'

/**
 * Opens a database in this process: no port, no thread, no signal handler. Rejects with
 * DIRECTORY_LOCKED or DIRECTORY_UNUSABLE.
 */
export async function open(options: OpenOptions = {}): Promise<Narthex> {
  const { now } = options
  const clock: Clock = now === undefined ? systemClock : { ...systemClock, wallMs: now }
  const isTemporary = options.directory === undefined
  const directory = options.directory ?? temporaryDirectory()
  const outOfOrderWindowMs = options.outOfOrderWindowMs ?? (isTemporary ? allTimeMs : 0)
  const database = await Database.open({
    directory,
    fileSystem: nodeFileSystem,
    clock,
    logger: silentLogger,
    outOfOrderWindowMs: () => outOfOrderWindowMs,
    ...(isTemporary ? temporaryOptions : { lock: (path) => lockDirectory(path, silentLogger) }),
  })
  await database.settle()
  return new OpenedDatabase(database, clock, {
    bounds: {
      lookbackMs: options.lookbackMs ?? limits.queryLookbackMs,
      timeoutMs: options.timeoutMs ?? limits.queryTimeoutMs,
      samplesMax: options.samplesMax ?? limits.querySamplesMax,
      limit: 0,
    },
    engine: {
      ...defaultEngineFlags,
      atModifier: options.atModifier ?? true,
      negativeOffset: options.negativeOffset ?? true,
    },
    closed: () => {
      if (isTemporary) nodeFileSystem.remove(directory, { recursive: true })
    },
  })
}

const allTimeMs = 2 ** 45
