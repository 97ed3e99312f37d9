import { join } from 'node:path'
import type { Clock } from '../base/clock.ts'
import type { FileSystem } from '../base/file-system.ts'
import type { Logger } from '../base/logger.ts'
import { headChunksFolder } from './database-reader.ts'
import { loadHeadChunks } from './head/chunk-file-loader.ts'
import { ChunkFileWriter } from './head/chunk-file-writer.ts'
import type { Head } from './head/head.ts'
import type { HeadChunkTable } from './head/head-chunk-table.ts'
import { HeadReplay } from './head/head-replay.ts'
import { turnsOf } from './turns.ts'
import { type ReplayResult, type ReplayStatus, replayWalInTurns } from './wal/replay.ts'

/** Where the write-ahead log of a data directory is. */
export const walFolder = 'wal'

export interface LoadHeadOptions {
  readonly fileSystem: FileSystem
  readonly clock: Clock
  readonly logger: Logger
  /** The data directory. */
  readonly directory: string
  readonly head: Head
  readonly status?: (status: ReplayStatus) => void
}

export interface LoadedHead {
  readonly corruptions: number
  /** See HeadReplay. */
  readonly otherRefs: readonly number[]
  readonly seconds: number
}

/**
 * Fills the head with what its chunk files and the log hold, in turns, so that health and progress
 * can be asked for meanwhile. Damage is told and costs what it must; see replayWal.
 */
export async function loadHead(options: LoadHeadOptions): Promise<LoadedHead> {
  const { fileSystem, clock, logger, head, status } = options
  const beganMs = clock.monotonicMs()
  const handler = new HeadReplay(head, openHeadChunks(options))
  const turn = turnsOf(clock)
  const replay = await replayWalInTurns(
    {
      fileSystem,
      directory: join(options.directory, walFolder),
      handler,
      ...(status === undefined ? {} : { status }),
    },
    async () => await turn(),
  )
  handler.finish()
  const seconds = (clock.monotonicMs() - beganMs) / 1_000
  tellReplay(logger, replay, handler, seconds)
  return { corruptions: replay.corruptions.length, otherRefs: handler.otherRefs, seconds }
}

function openHeadChunks({ fileSystem, logger, head, directory }: LoadHeadOptions): HeadChunkTable {
  const files = join(directory, headChunksFolder)
  const { table, nextFile, damage } = loadHeadChunks({ fileSystem, directory: files })
  for (const err of damage) {
    logger.error('Head chunk file set aside; its samples are read from the log', { err })
  }
  // Out-of-order samples are not read yet: what another server left of them stays.
  for (const file of table.outOfOrderFiles) head.closed.keepFile(file)
  head.closed.writeTo(new ChunkFileWriter({ fileSystem, directory: files, firstFile: nextFile }))
  return table
}

function tellReplay(
  logger: Logger,
  replay: ReplayResult,
  handler: HeadReplay,
  seconds: number,
): void {
  for (const { message } of replay.corruptions) {
    logger.error('Write-ahead log is damaged; the bytes are kept in wal/quarantine', {
      err: message,
    })
  }
  for (const finding of replay.findings)
    logger.warn('Write-ahead log is not as it should be', { finding })
  for (const [name, records] of replay.notLoaded) {
    logger.warn('Write-ahead log has records that this version does not load', { name, records })
  }
  if (handler.samplesWithoutSeries > 0) {
    logger.warn('Samples in the write-ahead log have no series', {
      samples: handler.samplesWithoutSeries,
    })
  }
  if (handler.exemplarsWithoutSeries > 0) {
    logger.warn('Exemplars in the write-ahead log have no series', {
      exemplars: handler.exemplarsWithoutSeries,
    })
  }
  const histograms = replay.histogramsPassedOver + handler.histogramsLeftOut
  if (histograms > 0) {
    logger.warn('Histograms in the write-ahead log cannot be used', { histograms })
  }
  logger.info('Write-ahead log replayed', {
    segments: replay.segments,
    samples: handler.samplesAdded,
    duration: `${seconds.toFixed(3)}s`,
  })
}
