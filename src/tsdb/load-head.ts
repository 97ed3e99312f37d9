import { join } from 'node:path'
import { AssertionError } from '../base/assert.ts'
import type { Clock } from '../base/clock.ts'
import { messageOf } from '../base/errors.ts'
import type { FileSystem } from '../base/file-system.ts'
import type { Logger } from '../base/logger.ts'
import { turnsOf } from '../base/turns.ts'
import { headChunksFolder } from './head/chunk-file-list.ts'
import { loadHeadChunks } from './head/chunk-file-loader.ts'
import { ChunkFileWriter } from './head/chunk-file-writer.ts'
import type { Head } from './head/head.ts'
import type { HeadChunkTable } from './head/head-chunk-table.ts'
import { HeadReplay } from './head/head-replay.ts'
import { OutOfOrderReplay } from './head/out-of-order-replay.ts'
import type { ScannedChunkFiles } from './head/scanned-chunk-files.ts'
import {
  isWithinLog,
  listSnapshots,
  loadSnapshot,
  type MemorySnapshot,
  removeSnapshots,
} from './memory-snapshot.ts'
import { newestIndexedMs } from './wal/read-index.ts'
import { recordIndexFolder } from './wal/record-index.ts'
import {
  type BeginReadAhead,
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
  /** An empty one; asked for again where a memory snapshot turns out to be damaged. */
  readonly newHead: () => Head
  /** Begins with the memory snapshot of the last exit, if there is one. */
  readonly usesSnapshot?: boolean
  readonly status?: (status: ReplayStatus) => void
  readonly readAhead?: BeginReadAhead | undefined
  /** What was found in the head chunk files before. */
  readonly scannedChunkFiles?: ScannedChunkFiles | undefined
}

export interface LoadedHead {
  readonly head: Head
  readonly corruptions: number
  /** See HeadReplay. */
  readonly otherRefs: readonly number[]
  readonly seconds: number
  /** A memory snapshot could not be used. */
  readonly snapshotFailed: boolean
  /** Head chunk files that were set aside. */
  readonly chunkFilesDamaged: number
  readonly withoutSeries: WithoutSeries
}

/** What the logs hold of series that the log does not name. */
export interface WithoutSeries {
  /** Of the log: samples and histograms, and exemplars. */
  readonly samples: number
  readonly exemplars: number
  /** Of that of out-of-order samples. */
  readonly outOfOrder: number
}

/** A head before the log is replayed, and what it already holds of that. */
interface Beginning {
  readonly head: Head
  readonly chunks: HeadChunkTable
  readonly inOrder: HeadReplay
  readonly from: MemorySnapshot | undefined
  readonly otherRefs: readonly number[]
  readonly snapshotFailed: boolean
  readonly chunkFilesDamaged: number
}

/**
 * Fills a head with what a memory snapshot, its chunk files and the log hold, in turns, so that
 * health and progress can be asked for meanwhile. Damage is told and costs what it must; see
 * replayWal. A snapshot that cannot be used costs time only: then the whole log is read.
 */
export async function loadHead(options: LoadHeadOptions): Promise<LoadedHead> {
  const { fileSystem, clock, logger, directory } = options
  const beganMs = clock.monotonicMs()
  const secondsSince = (sinceMs: number) => (clock.monotonicMs() - sinceMs) / 1_000
  const { beginning, log } = await loadInOrder(options)
  const { head, inOrder, snapshotFailed, chunkFilesDamaged } = beginning
  await inOrder.clean(turnsOf(clock))
  // A segment that was repaired is another one: the snapshot's place in it means nothing now.
  if (log.corruptions.length > 0) removeSnapshots(fileSystem, directory, undefined)
  const { exemplarsWithoutSeries, histogramsLeftOut } = inOrder
  const { samplesWithoutSeries: withoutSeries, samplesAdded: samples } = inOrder
  const told = { samples, withoutSeries, exemplarsWithoutSeries, histogramsLeftOut }
  tellReplay(logger, 'Write-ahead log', log, told, secondsSince(beganMs))
  const late = await loadOutOfOrder(options, beginning)
  const corruptions = log.corruptions.length + late.corruptions
  const otherRefs = [...beginning.otherRefs, ...inOrder.otherRefs]
  return {
    head,
    corruptions,
    otherRefs,
    seconds: secondsSince(beganMs),
    snapshotFailed,
    chunkFilesDamaged,
    withoutSeries: {
      samples: withoutSeries,
      exemplars: exemplarsWithoutSeries,
      outOfOrder: late.withoutSeries,
    },
  }
}

interface LoadedInOrder {
  readonly beginning: Beginning
  readonly log: ReplayResult
}

/**
 * Other threads leave out what chunk files have. Where those turn out not to be what the log says, as
 * when a series came under two refs at once, it is read again without that, which costs time only.
 */
async function loadInOrder(options: LoadHeadOptions): Promise<LoadedInOrder> {
  const first = await begin(options)
  const { inOrder } = first
  const { fileSystem, directory } = options
  inOrder.endsAt(newestIndexedMs(fileSystem, join(directory, recordIndexFolder)))
  const log = await replayIn(walFolder, inOrder, options, first.from, (segments) => {
    const covered = inOrder.covered()
    const ahead = options.readAhead?.(segments, covered)
    if (ahead !== undefined) inOrder.leaveOut(covered)
    return ahead
  })
  inOrder.finish()
  if (!inOrder.isMisled) return { beginning: first, log }
  options.logger.warn('Head chunk files have other samples than the log, which is read again')
  const beginning = await begin({ ...options, scannedChunkFiles: undefined })
  const again = await replayIn(
    walFolder,
    beginning.inOrder,
    options,
    beginning.from,
    options.readAhead,
  )
  beginning.inOrder.finish()
  // What was damaged was set aside when it was read first.
  const { snapshotFailed, chunkFilesDamaged } = first
  const { corruptions, findings } = log
  return {
    beginning: { ...beginning, snapshotFailed, chunkFilesDamaged },
    log: { ...again, corruptions, findings },
  }
}

async function begin(options: LoadHeadOptions): Promise<Beginning> {
  const { fileSystem, clock, logger, directory, newHead } = options
  const head = newHead()
  const { chunks, nextFile, chunkFilesDamaged } = openHeadChunks(options, head)
  const isDamaged = chunkFilesDamaged > 0
  const inOrder = new HeadReplay(head, chunks)
  const plain = {
    head,
    chunks,
    inOrder,
    from: undefined,
    otherRefs: [],
    snapshotFailed: false,
    chunkFilesDamaged,
  }
  const snapshot = listSnapshots(fileSystem, directory).at(-1)
  if (snapshot === undefined) return plain
  const logDirectory = join(directory, walFolder)
  if (isDamaged || !isWithinLog(fileSystem, logDirectory, snapshot)) {
    const why = isDamaged ? 'head chunk files are damaged' : 'the log ends before it'
    logger.warn('Memory snapshot is removed; the whole log is read', { why })
    removeSnapshots(fileSystem, directory, undefined)
    return plain
  }
  if (options.usesSnapshot !== true) return plain
  try {
    const loaded = await loadSnapshot({
      fileSystem,
      snapshot,
      head,
      replay: inOrder,
      table: chunks,
      turn: turnsOf(clock),
    })
    logger.info('Memory snapshot loaded', { dir: snapshot.directory, series: loaded.series })
    return { ...plain, from: snapshot, otherRefs: loaded.otherRefs }
  } catch (thrown) {
    if (thrown instanceof AssertionError) throw thrown
    const err = messageOf(thrown)
    logger.error('Memory snapshot cannot be used; the whole log is read', { err })
    removeSnapshots(fileSystem, directory, undefined)
    const fresh = newHead()
    writeChunksTo(options, fresh, nextFile)
    return {
      ...plain,
      head: fresh,
      inOrder: new HeadReplay(fresh, chunks),
      snapshotFailed: true,
    }
  }
}

/** The same for out-of-order samples (row T3.3); answers how many parts of their log were damaged, too. */
async function loadOutOfOrder(
  options: LoadHeadOptions,
  { head, chunks, inOrder }: Beginning,
): Promise<{ readonly corruptions: number; readonly withoutSeries: number }> {
  const { fileSystem, clock, logger, directory } = options
  const handler = new OutOfOrderReplay(head, chunks, inOrder)
  if (listSegments(fileSystem, join(directory, outOfOrderLogFolder)).length === 0) {
    handler.takeUnmarked()
    handler.finish()
    return { corruptions: 0, withoutSeries: 0 }
  }
  const beganMs = clock.monotonicMs()
  const log = await replayIn(outOfOrderLogFolder, handler, options, undefined, options.readAhead)
  if (log.corruptions.length > 0) handler.takeUnmarked()
  handler.finish()
  const { samplesAdded: samples, withoutSeries, histogramsLeftOut } = handler
  const seconds = (clock.monotonicMs() - beganMs) / 1_000
  const told = { samples, withoutSeries, exemplarsWithoutSeries: 0, histogramsLeftOut }
  tellReplay(logger, 'Log of out-of-order samples', log, told, seconds)
  return { corruptions: log.corruptions.length, withoutSeries }
}

async function replayIn(
  folder: string,
  handler: ReplayHandler,
  { fileSystem, clock, directory, status }: LoadHeadOptions,
  from?: MemorySnapshot,
  readAhead?: BeginReadAhead,
): Promise<ReplayResult> {
  const turn = turnsOf(clock)
  return await replayWalInTurns(
    {
      fileSystem,
      directory: join(directory, folder),
      handler,
      from,
      readAhead,
      ...(folder === walFolder ? { indexDirectory: join(directory, recordIndexFolder) } : {}),
      ...(status === undefined ? {} : { status }),
    },
    async () => await turn(),
  )
}

function openHeadChunks(
  options: LoadHeadOptions,
  head: Head,
): {
  readonly chunks: HeadChunkTable
  readonly nextFile: number
  readonly chunkFilesDamaged: number
} {
  const { fileSystem, logger, directory, scannedChunkFiles } = options
  const place = { fileSystem, directory: join(directory, headChunksFolder) }
  const loaded = loadHeadChunks(place, undefined, scannedChunkFiles)
  const { table, nextFile, damage, wasScanned } = loaded
  if (wasScanned) {
    logger.debug('Head chunk files were scanned while the server started', { chunks: table.count })
  }
  for (const err of damage) {
    logger.error('Head chunk file set aside; its samples are read from the log', { err })
  }
  writeChunksTo(options, head, nextFile)
  return { chunks: table, nextFile, chunkFilesDamaged: damage.length }
}

function writeChunksTo(
  { fileSystem, directory }: LoadHeadOptions,
  head: Head,
  firstFile: number,
): void {
  const files = join(directory, headChunksFolder)
  head.closed.writeTo(new ChunkFileWriter({ fileSystem, directory: files, firstFile }))
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
