import { join } from 'node:path'
import { messageOf, NarthexError } from '../base/errors.ts'
import type { FileSystem } from '../base/file-system.ts'
import type { Queryable } from '../storage/querier.ts'
import { BlockReader } from '../tsdb/block/block-reader.ts'
import { inOrderEndMs, isFromOutOfOrder } from '../tsdb/block/meta.ts'
import { isUlid } from '../tsdb/block/ulid.ts'
import { DatabaseReader } from '../tsdb/database-reader.ts'
import { Head } from '../tsdb/head/head.ts'
import { HeadChunkTable } from '../tsdb/head/head-chunk-table.ts'
import { HeadReader, type SnapshotPort } from '../tsdb/head/head-reader.ts'
import { HeadReplay } from '../tsdb/head/head-replay.ts'
import { OutOfOrderReplay } from '../tsdb/head/out-of-order-replay.ts'
import { outOfOrderLogFolder, walFolder } from '../tsdb/load-head.ts'
import { type ReplayHandler, type ReplayResult, replayWalInTurns } from '../tsdb/wal/replay.ts'
import type { ToolTerminal } from './terminal.ts'

/** Throws DIRECTORY_UNUSABLE where there is no such folder. */
export function demandDirectory(fileSystem: FileSystem, directory: string): void {
  if (fileSystem.stat(directory)?.kind === 'directory') return
  throw new NarthexError(
    'DIRECTORY_UNUSABLE',
    `opening the db dir: ${directory}: no such directory`,
  )
}

export function blockNames(fileSystem: FileSystem, directory: string): readonly string[] {
  demandDirectory(fileSystem, directory)
  return fileSystem.list(directory).filter(isUlid)
}

/**
 * All blocks of a data directory, open, by their first time; close them. Throws TSDB_CORRUPTION for
 * those that cannot be opened, unless a block that can be says that it was made of them.
 */
export function openBlocks(fileSystem: FileSystem, directory: string): readonly BlockReader[] {
  const readers: BlockReader[] = []
  const faults = new Map<string, string>()
  for (const ulid of blockNames(fileSystem, directory)) {
    try {
      readers.push(BlockReader.open(fileSystem, join(directory, ulid)))
    } catch (thrown) {
      faults.set(ulid, `corrupted block ${ulid}: ${messageOf(thrown)}`)
    }
  }
  for (const { meta } of readers) {
    for (const { ulid } of meta.compaction.parents) faults.delete(ulid)
  }
  if (faults.size > 0) {
    closeBlocks(readers)
    throw new NarthexError('TSDB_CORRUPTION', [...faults.values()].join('\n'))
  }
  return readers.sort((a, b) => a.meta.minTimeMs - b.meta.minTimeMs)
}

export function closeBlocks(readers: readonly BlockReader[]): void {
  for (const reader of readers) reader.close()
}

/**
 * All of a data directory, as a query sees it: blocks and what the logs hold. Throws
 * DIRECTORY_UNUSABLE and TSDB_CORRUPTION; `fileSystem` must refuse to write.
 */
export async function readPast(
  fileSystem: FileSystem,
  directory: string,
  terminal: ToolTerminal,
): Promise<Queryable> {
  const readers = openBlocks(fileSystem, directory)
  const metas = readers.map(({ meta }) => meta)
  closeBlocks(readers)
  const blocksEndMs = inOrderEndMs(metas) ?? Number.NEGATIVE_INFINITY
  const replayed = await replayHead(fileSystem, directory, blocksEndMs, terminal)
  const head = replayed?.head ?? new Head()
  const reader = new DatabaseReader(fileSystem, directory)
  const blocks = metas.map((meta) => {
    const { ulid, minTimeMs, maxTimeMs } = meta
    return { ulid, minTimeMs, maxTimeMs, revision: 0, isOutOfOrder: isFromOutOfOrder(meta) }
  })
  reader.apply({ head: head.update(0), blocks })
  const port: SnapshotPort = {
    snapshot: async (ids, count, since) => head.snapshot(ids, count, since),
  }
  return { querier: async (range) => reader.querier(range, port) }
}

/** What the log of a data directory holds, in memory of our own. */
export interface ReplayedHead {
  readonly head: Head
  readonly reader: HeadReader
  readonly port: SnapshotPort
  readonly replay: ReplayResult
}

/**
 * Replays the logs without a trace in the directory (row T1.5): they have every sample of the head,
 * those out of order too, so the head chunk files are not needed. `fileSystem` must refuse to write: then
 * damage is read around and left where it is. Undefined where there is no log.
 */
export async function replayHead(
  fileSystem: FileSystem,
  directory: string,
  validFromMs: number,
  terminal: ToolTerminal,
): Promise<ReplayedHead | undefined> {
  if (fileSystem.stat(join(directory, walFolder))?.kind !== 'directory') return undefined
  const head = new Head()
  head.setValidFrom(validFromMs)
  const noChunks = new HeadChunkTable()
  const replayIn = (folder: string, handler: ReplayHandler) =>
    replayWalInTurns(
      {
        fileSystem,
        directory: join(directory, folder),
        handler,
        progress: (read, of) =>
          terminal.progress(`Reading the ${folder}: segment ${read} of ${of}`),
      },
      async () => undefined,
    )
  const inOrder = new HeadReplay(head, noChunks)
  const replay = await replayIn(walFolder, inOrder)
  await replayIn(outOfOrderLogFolder, new OutOfOrderReplay(head, noChunks, inOrder))
  for (const [name, records] of replay.notLoaded) {
    // Exemplars and metadata are no samples.
    if (!/histogram|sample/i.test(name)) continue
    terminal.warn(`${records} records of the log are left out, since they hold ${name}`)
  }
  const reader = new HeadReader()
  reader.apply(head.update(0))
  return {
    head,
    reader,
    port: { snapshot: async (ids, count, since) => head.snapshot(ids, count, since) },
    replay,
  }
}
