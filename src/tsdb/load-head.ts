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
import { OutOfOrderReplay } from './head/out-of-order-replay.ts'
import { turnsOf } from './turns.ts'
import {
  type ReplayHandler,
  type ReplayResult,
  type ReplayStatus,
  replayWalInTurns,
} from './wal/replay.ts'
import { listSegments } from './wal/segment-files.ts'

/** Where the write-ahead log of a data directory is, and that of its out-of-order samples. */
export const walFolder = 'wal'
export const outOfOrderLogFolder = 'wbl'

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
  const { clock, logger, head } = options
  const beganMs = clock.monotonicMs()
  const secondsSince = (sinceMs: number) => (clock.monotonicMs() - sinceMs) / 1_000
  const chunks = openHeadChunks(options)
  const inOrder = new HeadReplay(head, chunks)
  const log = await replayIn(walFolder, inOrder, options)
  inOrder.finish()
  const { otherRefs, exemplarsWithoutSeries, histogramsLeftOut } = inOrder
  const { samplesWithoutSeries: withoutSeries, samplesAdded: samples } = inOrder
  const told = { samples, withoutSeries, exemplarsWithoutSeries, histogramsLeftOut }
  tellReplay(logger, 'Write-ahead log', log, told, secondsSince(beganMs))
  const late = await loadOutOfOrder(options, chunks, inOrder)
  const corruptions = log.corruptions.length + late
  return { corruptions, otherRefs, seconds: secondsSince(beganMs) }
}

/** The same for out-of-order samples (row T3.3); answers how many parts of their log were damaged. */
async function loadOutOfOrder(
  options: LoadHeadOptions,
  chunks: HeadChunkTable,
  inOrder: HeadReplay,
): Promise<number> {
  const { fileSystem, clock, logger, head, directory } = options
  const handler = new OutOfOrderReplay(head, chunks, inOrder)
  if (listSegments(fileSystem, join(directory, outOfOrderLogFolder)).length === 0) {
    handler.takeUnmarked()
    return 0
  }
  const beganMs = clock.monotonicMs()
  const log = await replayIn(outOfOrderLogFolder, handler, options)
  if (log.corruptions.length > 0) handler.takeUnmarked()
  const { samplesAdded: samples, withoutSeries, histogramsLeftOut } = handler
  const seconds = (clock.monotonicMs() - beganMs) / 1_000
  const told = { samples, withoutSeries, exemplarsWithoutSeries: 0, histogramsLeftOut }
  tellReplay(logger, 'Log of out-of-order samples', log, told, seconds)
  return log.corruptions.length
}

async function replayIn(
  folder: string,
  handler: ReplayHandler,
  { fileSystem, clock, directory, status }: LoadHeadOptions,
): Promise<ReplayResult> {
  const turn = turnsOf(clock)
  return await replayWalInTurns(
    {
      fileSystem,
      directory: join(directory, folder),
      handler,
      ...(status === undefined ? {} : { status }),
    },
    async () => await turn(),
  )
}

function openHeadChunks({ fileSystem, logger, head, directory }: LoadHeadOptions): HeadChunkTable {
  const files = join(directory, headChunksFolder)
  const { table, nextFile, damage } = loadHeadChunks({ fileSystem, directory: files })
  for (const err of damage) {
    logger.error('Head chunk file set aside; its samples are read from the log', { err })
  }
  head.closed.writeTo(new ChunkFileWriter({ fileSystem, directory: files, firstFile: nextFile }))
  return table
}

/** What became of a log's records. */
interface Replayed {
  readonly samples: number
  readonly withoutSeries: number
  readonly exemplarsWithoutSeries: number
  readonly histogramsLeftOut: number
}

function tellReplay(
  logger: Logger,
  name: string,
  replay: ReplayResult,
  replayed: Replayed,
  seconds: number,
): void {
  for (const { message } of replay.corruptions) {
    logger.error(`${name} is damaged; the bytes are kept in its quarantine`, { err: message })
  }
  for (const finding of replay.findings) logger.warn(`${name} is not as it should be`, { finding })
  for (const [kind, records] of replay.notLoaded) {
    logger.warn(`${name} has records that this version does not load`, { name: kind, records })
  }
  if (replayed.withoutSeries > 0) {
    logger.warn(`${name} has samples without series`, { samples: replayed.withoutSeries })
  }
  if (replayed.exemplarsWithoutSeries > 0) {
    const exemplars = replayed.exemplarsWithoutSeries
    logger.warn(`${name} has exemplars without series`, { exemplars })
  }
  const histograms = replay.histogramsPassedOver + replayed.histogramsLeftOut
  if (histograms > 0) logger.warn(`${name} has histograms that cannot be used`, { histograms })
  logger.info(`${name} replayed`, {
    segments: replay.segments,
    samples: replayed.samples,
    duration: `${seconds.toFixed(3)}s`,
  })
}
