import { join } from 'node:path'
import { messageOf, NarthexError } from '../base/errors.ts'
import type { FileSystem } from '../base/file-system.ts'
import { BlockReader } from '../tsdb/block/block-reader.ts'
import { isUlid } from '../tsdb/block/ulid.ts'
import { Head } from '../tsdb/head/head.ts'
import { HeadChunkTable } from '../tsdb/head/head-chunk-table.ts'
import { HeadReader, type SnapshotPort } from '../tsdb/head/head-reader.ts'
import { HeadReplay } from '../tsdb/head/head-replay.ts'
import { type ReplayResult, replayWalInTurns } from '../tsdb/wal/replay.ts'
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

/** What the log of a data directory holds, in memory of our own. */
export interface ReplayedHead {
  readonly reader: HeadReader
  readonly port: SnapshotPort
  readonly replay: ReplayResult
}

/**
 * Replays the write-ahead log without a trace in the directory (row T1.5): the log has every sample
 * of the head, so the head chunk files are not needed. `fileSystem` must refuse to write: then
 * damage is read around and left where it is. Undefined where there is no log.
 */
export async function replayHead(
  fileSystem: FileSystem,
  directory: string,
  validFromMs: number,
  terminal: ToolTerminal,
): Promise<ReplayedHead | undefined> {
  const wal = join(directory, 'wal')
  if (fileSystem.stat(wal)?.kind !== 'directory') return undefined
  const head = new Head()
  head.setValidFrom(validFromMs)
  const replay = await replayWalInTurns(
    {
      fileSystem,
      directory: wal,
      handler: new HeadReplay(head, new HeadChunkTable()),
      progress: (read, total) => terminal.progress(`Reading the log: segment ${read} of ${total}`),
    },
    async () => undefined,
  )
  for (const [name, records] of replay.notLoaded) {
    // Exemplars and metadata are no samples.
    if (!/histogram|sample/i.test(name)) continue
    terminal.warn(`${records} records of the log are left out, since they hold ${name}`)
  }
  const reader = new HeadReader()
  reader.apply(head.update(0))
  return {
    reader,
    port: { snapshot: async (ids, count, since) => head.snapshot(ids, count, since) },
    replay,
  }
}
