import { join } from 'node:path'
import { AssertionError } from '../base/assert.ts'
import type { Clock } from '../base/clock.ts'
import { messageOf, NarthexError } from '../base/errors.ts'
import type { FileSystem } from '../base/file-system.ts'
import { placeIn } from '../base/place-in.ts'
import { Matcher } from '../model/matcher.ts'
import type { TimeRange } from '../storage/querier.ts'
import { BlockReader } from './block/block-reader.ts'
import { type ChunkCounts, ChunkTally } from './block/chunk-tally.ts'
import { CorruptionError } from './block/corruption.ts'
import { deleteBlock } from './block/delete-block.ts'
import {
  type BlockMeta,
  firstCompaction,
  isFromOutOfOrder,
  outOfOrderHint,
  readMeta,
  staleSeriesHint,
  writeMeta,
} from './block/meta.ts'
import { newUlid } from './block/ulid.ts'
import { verifyBlock } from './block/verify.ts'
import type { FloatEncoding } from './chunk/chunk-encoding.ts'
import { BlockSource } from './compact/block-source.ts'
import {
  cleanedCompaction,
  mergedCompaction,
  type WriteBlockOptions,
  writeBlock,
} from './compact/write-block.ts'
import type { DatabaseReader } from './database-reader.ts'
import { deleteFromBlock } from './delete-from-block.ts'
import type { SnapshotPort } from './head/head-reader.ts'
import { union } from './index/set-operations.ts'
import { walFolder } from './load-head.ts'
import { linkBlock } from './snapshot-blocks.ts'
import { sourceOrder } from './source-order.ts'
import { writeCheckpoint } from './wal/checkpoint.ts'
import type { WalCompression } from './wal/compression.ts'

/** Matchers as they travel to another thread. */
export type PlainMatchers = readonly Pick<Matcher, 'op' | 'name' | 'value'>[]

/** Long work over the database, run one at a time away from the main thread. */
export type BackgroundJob =
  /** Writes the head's samples of a range (the end exclusive) as a block. */
  | {
      readonly kind: 'flush'
      readonly minTimeMs: number
      readonly maxTimeMs: number
      /** Of these series only: their newest samples are stale markers. */
      readonly staleSeries?: Uint32Array | undefined
      readonly segmentBytesMax?: number | undefined
    }
  /** Writes the head's out-of-order samples as blocks. */
  | ({ readonly kind: 'flush-out-of-order' } & OutOfOrderPart)
  /** Makes one block of several, or a block anew without what is deleted of it. */
  | {
      readonly kind: 'merge'
      readonly ulids: readonly string[]
      /** The block is a new one of the first level, not compacted once more. */
      readonly isCleaned?: boolean
      /** Of floats that are written anew. */
      readonly floatEncoding: FloatEncoding
      readonly segmentBytesMax?: number | undefined
    }
  /** Deletes from the blocks, and answers which series of the head it is about. */
  | { readonly kind: 'delete'; readonly sets: readonly PlainMatchers[]; readonly range: TimeRange }
  /** Copies blocks, and the head's samples of a range as one more, into a folder of the directory. */
  | {
      readonly kind: 'snapshot'
      readonly folder: string
      readonly ulids: readonly string[]
      readonly head: TimeRange | undefined
      readonly outOfOrder: OutOfOrderPart | undefined
    }
  /** Opens blocks, or reads every byte of them; answers what is wrong. */
  | { readonly kind: 'verify'; readonly ulids: readonly string[]; readonly isWhole: boolean }
  /** Makes a checkpoint of segments of the log, with the series that the head has and some more. */
  | {
      readonly kind: 'checkpoint'
      readonly from: number
      readonly to: number
      readonly minTimeMs: number
      readonly tombstonesFromMs: number
      readonly keptRefs: Float64Array
      readonly setAsideUnreadable: boolean
      readonly compression: WalCompression
    }

/** Out-of-order samples of some series, for a block of each range that begins at one of the times. */
export interface OutOfOrderPart {
  readonly series: Uint32Array
  readonly startsMs: readonly number[]
  readonly rangeMs: number
  readonly segmentBytesMax?: number | undefined
}

export interface JobResult {
  /** The block that was made; undefined where no sample was left, or none was asked for. */
  readonly ulid: string | undefined
  /** Ids of the head's series that a deletion is about. */
  readonly series?: Uint32Array
  /** Blocks that are not what was written. */
  readonly faults?: readonly BlockFault[]
  /** Why something that a checkpoint replaces is still there. */
  readonly notRemoved?: string | undefined
}

export interface BlockFault {
  readonly ulid: string
  /** In words for the operator, with file and place. */
  readonly reason: string
}

/** That a block was written, or that it could not be, or that there was nothing for it. */
export interface BlockWrite {
  readonly seconds: number
  /** Undefined where the chunks have been in blocks before. */
  readonly chunks: ChunkCounts | undefined
}

/** Takes a job and runs it. Rejects with what went wrong. */
export interface JobRunner {
  run(job: BackgroundJob): Promise<JobResult>
}

/** Runs jobs, in a thread of its own or not, and tells of each block that they wrote. */
export interface BackgroundRunner {
  run(job: BackgroundJob, onWrite: (write: BlockWrite) => void): Promise<JobResult>
}

export interface JobTools {
  readonly fileSystem: FileSystem
  readonly clock: Clock
  /** The data directory. */
  readonly directory: string
  /** Has been given the database's update of when the job was asked for. */
  readonly reader: DatabaseReader
  readonly port: SnapshotPort
  readonly turn: () => Promise<void> | undefined
  readonly onWrite: (write: BlockWrite) => void
}

export async function runJob(job: BackgroundJob, tools: JobTools): Promise<JobResult> {
  switch (job.kind) {
    case 'flush':
      return { ulid: (await flush(job, tools))?.ulid }
    case 'flush-out-of-order':
      await flushOutOfOrder(job, tools)
      return { ulid: undefined }
    case 'merge':
      return { ulid: (await merge(job, tools))?.ulid }
    case 'checkpoint':
      return { ulid: undefined, notRemoved: await checkpoint(job, tools) }
    case 'verify':
      return { ulid: undefined, faults: faultsOf(job, tools) }
    case 'delete':
      return { ulid: undefined, series: deleteSeries(job, tools) }
    case 'snapshot':
      return { ulid: (await snapshot(job, tools))?.ulid }
  }
}

function faultsOf(
  { ulids, isWhole }: Extract<BackgroundJob, { kind: 'verify' }>,
  { fileSystem, directory }: JobTools,
): readonly BlockFault[] {
  return ulids.flatMap((ulid) => {
    const folder = join(directory, ulid)
    try {
      if (isWhole) verifyBlock(fileSystem, folder)
      else BlockReader.open(fileSystem, folder).close()
      return []
    } catch (thrown) {
      if (thrown instanceof AssertionError) throw thrown
      return [{ ulid, reason: messageOf(thrown) }]
    }
  })
}

function deleteSeries(
  { sets, range }: Extract<BackgroundJob, { kind: 'delete' }>,
  { fileSystem, directory, reader }: JobTools,
): Uint32Array {
  const matchers = sets.map((set) => set.map(({ op, name, value }) => new Matcher(op, name, value)))
  for (const { ulid, fault } of reader.blocksWithin(range)) {
    if (fault === undefined) deleteFromBlock(fileSystem, join(directory, ulid), matchers, range)
  }
  return union(matchers.map((set) => reader.headSeries(set))).slice()
}

async function snapshot(
  { folder, ulids, head, outOfOrder }: Extract<BackgroundJob, { kind: 'snapshot' }>,
  tools: JobTools,
): Promise<BlockMeta | undefined> {
  const { fileSystem, directory } = tools
  const target = join(directory, folder)
  fileSystem.makeDirectory(target)
  for (const ulid of ulids) linkBlock(fileSystem, join(directory, ulid), join(target, ulid))
  if (outOfOrder !== undefined) await flushOutOfOrder(outOfOrder, { ...tools, directory: target })
  if (head === undefined) return undefined
  const { minTimeMs, maxTimeMs } = head
  const range = { minTimeMs, maxTimeMs: maxTimeMs + 1 }
  return await flush(range, { ...tools, directory: target })
}

async function checkpoint(
  job: Extract<BackgroundJob, { kind: 'checkpoint' }>,
  { fileSystem, directory, reader, turn }: JobTools,
): Promise<string | undefined> {
  const inHead = reader.headRefs()
  const kept = job.keptRefs.toSorted()
  const { notRemoved } = await writeCheckpoint({
    fileSystem,
    directory: join(directory, walFolder),
    from: job.from,
    to: job.to,
    keepSeries: (ref) => placeIn(inHead, ref) >= 0 || placeIn(kept, ref) >= 0,
    minTimeMs: job.minTimeMs,
    tombstonesFromMs: job.tombstonesFromMs,
    compression: job.compression,
    turn: async () => await turn(),
    setAsideUnreadable: job.setAsideUnreadable,
  })
  return notRemoved
}

function flush(
  {
    minTimeMs,
    maxTimeMs,
    staleSeries,
    segmentBytesMax,
  }: Omit<Extract<BackgroundJob, { kind: 'flush' }>, 'kind'>,
  tools: JobTools,
): Promise<BlockMeta | undefined> {
  const ulid = newUlid(tools.clock)
  const range = { minTimeMs, maxTimeMs: maxTimeMs - 1 }
  return tellingWrite(tools, {
    directory: tools.directory,
    ulid,
    minTimeMs,
    maxTimeMs,
    compaction: firstCompaction(ulid, staleSeries === undefined ? undefined : staleSeriesHint),
    sources: [tools.reader.headBatches(range, tools.port, staleSeries)],
    segmentBytesMax,
  })
}

/** Writes a block and tells of it, also where that fails. */
async function tellingWrite(
  { fileSystem, clock, turn, onWrite }: JobTools,
  block: Omit<WriteBlockOptions, 'fileSystem' | 'turn' | 'tally'>,
): Promise<BlockMeta | undefined> {
  const beganMs = clock.monotonicMs()
  const tally = block.compaction.level === 1 ? new ChunkTally() : undefined
  try {
    return await writeBlock({ ...block, fileSystem, turn, tally })
  } finally {
    onWrite({ seconds: (clock.monotonicMs() - beganMs) / 1_000, chunks: tally?.counts() })
  }
}

/**
 * All of the blocks, or none; of those that could not be deleted again the head still has every sample,
 * and the next attempt writes them once more.
 */
async function flushOutOfOrder(
  { series, startsMs, rangeMs, segmentBytesMax }: OutOfOrderPart,
  tools: JobTools,
): Promise<void> {
  const { fileSystem, clock, directory, reader, port } = tools
  const written: string[] = []
  try {
    for (const minTimeMs of startsMs) {
      const ulid = newUlid(clock)
      const meta = await tellingWrite(tools, {
        directory,
        ulid,
        minTimeMs,
        maxTimeMs: minTimeMs + rangeMs,
        compaction: firstCompaction(ulid, outOfOrderHint),
        sources: [reader.outOfOrderBatches(series, port)],
        segmentBytesMax,
      })
      if (meta !== undefined) written.push(ulid)
    }
  } catch (thrown) {
    const kept = written.flatMap((ulid) => notDeleted(fileSystem, directory, ulid))
    if (kept.length === 0) throw thrown
    throw new NarthexError(codeOf(thrown), [messageOf(thrown), ...kept].join('; '), {
      cause: thrown,
    })
  }
}

/** Deletes a block; answers why it could not be. */
function notDeleted(fileSystem: FileSystem, directory: string, ulid: string): string[] {
  try {
    deleteBlock(fileSystem, directory, ulid)
    return []
  } catch (thrown) {
    return [`block ${ulid} could not be deleted again: ${messageOf(thrown)}`]
  }
}

async function merge(
  { ulids, isCleaned, floatEncoding, segmentBytesMax }: Extract<BackgroundJob, { kind: 'merge' }>,
  tools: JobTools,
): Promise<BlockMeta | undefined> {
  const { fileSystem, clock, directory } = tools
  const ulid = newUlid(clock)
  const folders = ulids.map((ulid) => join(directory, ulid))
  const metas = folders.map((folder) => readMeta(fileSystem, folder))
  const readers: BlockReader[] = []
  try {
    for (const folder of folders) readers.push(BlockReader.open(fileSystem, folder))
    const ordered = sourceOrder(
      readers.map((reader) => {
        const { meta } = reader
        return { reader, ulid: meta.ulid, isOutOfOrder: isFromOutOfOrder(meta) }
      }),
    )
    const merged = await tellingWrite(tools, {
      directory,
      ulid,
      minTimeMs: Math.min(...metas.map((meta) => meta.minTimeMs)),
      maxTimeMs: Math.max(...metas.map((meta) => meta.maxTimeMs)),
      compaction: isCleaned ? cleanedCompaction(ulid, metas) : mergedCompaction(metas),
      sources: ordered.map(({ reader }) => new BlockSource(reader)),
      floatEncoding,
      segmentBytesMax,
    })
    if (merged === undefined) mark(fileSystem, folders, metas, 'deletable')
    return merged
  } catch (thrown) {
    const unmarked = markPoisoned(fileSystem, folders, metas, thrown)
    throw new NarthexError(
      codeOf(thrown),
      `blocks ${ulids.join(', ')} could not be made one: ${messageOf(thrown)}${unmarked}`,
      { cause: thrown },
    )
  } finally {
    for (const reader of readers) reader.close()
  }
}

function codeOf(thrown: unknown): NarthexError['code'] {
  return thrown instanceof NarthexError ? thrown.code : 'BACKGROUND_JOB'
}

/**
 * A damaged block is left out of later plans. A full disk is no fault of the blocks: those are tried
 * again. Answers more words for the error, where the block could not be marked.
 */
function markPoisoned(
  fileSystem: FileSystem,
  folders: readonly string[],
  metas: readonly BlockMeta[],
  thrown: unknown,
): string {
  if (!(thrown instanceof CorruptionError)) return ''
  const at = folders.indexOf(thrown.block)
  const [folder, meta] = [folders[at], metas[at]]
  if (folder === undefined || meta === undefined) return ''
  try {
    mark(fileSystem, [folder], [meta], 'failed')
    return ''
  } catch (failed) {
    return `; nor could it be marked: ${messageOf(failed)}`
  }
}

/** Says in their meta.json what became of blocks that were to be merged (rows T7.3, T7.4). */
function mark(
  fileSystem: FileSystem,
  folders: readonly string[],
  metas: readonly BlockMeta[],
  flag: 'deletable' | 'failed',
): void {
  metas.forEach((meta, index) => {
    const compaction = { ...meta.compaction, [flag]: true }
    writeMeta(fileSystem, folders[index] ?? '', { ...meta, compaction })
  })
}
