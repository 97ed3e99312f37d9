import { join } from 'node:path'
import type { FileSystem } from '../base/file-system.ts'
import { limits } from '../base/limits.ts'
import { chunkFileName } from './head/chunk-record.ts'
import type { Head } from './head/head.ts'
import type { HeadChunkTable } from './head/head-chunk-table.ts'
import type { HeadReplay } from './head/head-replay.ts'
import { ChainReader } from './head/snapshot-chains.ts'
import { HeadSnapshotLoader } from './head/snapshot-loader.ts'
import { writeHeadSnapshot } from './head/snapshot-writer.ts'
import type { WalCompression } from './wal/compression.ts'
import { lastCheckpoint, listSegments } from './wal/segment-files.ts'
import { SegmentReader } from './wal/segment-reader.ts'
import { WalWriter } from './wal/writer.ts'

/** A place in the log: what stands before it is in a snapshot. */
export interface LogPlace {
  readonly segment: number
  readonly offsetBytes: number
}

export interface MemorySnapshot extends LogPlace {
  readonly directory: string
}

/** Our own part of a snapshot's directory; others pass over what is not named like a segment. */
const chainsFolder = 'narthex_chains'

/** Memory snapshots in a data directory (row T4.7), the oldest first; half-written ones are none. */
export function listSnapshots(
  fileSystem: FileSystem,
  directory: string,
): readonly MemorySnapshot[] {
  return fileSystem
    .list(directory)
    .flatMap((name) => {
      const [, segment, offset] = /^chunk_snapshot\.(\d+)\.(\d+)$/.exec(name) ?? []
      if (segment === undefined || offset === undefined) return []
      const path = join(directory, name)
      if (fileSystem.stat(path)?.kind !== 'directory') return []
      return [{ directory: path, segment: Number(segment), offsetBytes: Number(offset) }]
    })
    .sort((a, b) => a.segment - b.segment || a.offsetBytes - b.offsetBytes)
}

/** Removes all snapshots but `kept`, and what is left of any that were being written. */
export function removeSnapshots(
  fileSystem: FileSystem,
  directory: string,
  kept: string | undefined,
): void {
  const halves = fileSystem
    .list(directory)
    .filter((name) => /^chunk_snapshot\.\d+\.\d+\.tmp$/.test(name))
    .map((name) => join(directory, name))
  const whole = listSnapshots(fileSystem, directory).map((snapshot) => snapshot.directory)
  const gone = [...halves, ...whole].filter((path) => path !== kept)
  for (const path of gone) fileSystem.remove(path, { recursive: true })
  if (gone.length > 0) fileSystem.syncDirectory(directory)
}

/** Whether the log reaches the snapshot's place: else it is of another log, or one that was lost. */
export function isWithinLog(
  fileSystem: FileSystem,
  logDirectory: string,
  { segment }: LogPlace,
): boolean {
  const segments = listSegments(fileSystem, logDirectory)
  const last = segments.at(-1)?.number ?? lastCheckpoint(fileSystem, logDirectory)?.segment ?? -1
  return last >= segment
}

export interface SaveSnapshotOptions {
  readonly fileSystem: FileSystem
  /** The data directory. */
  readonly directory: string
  readonly headChunksDirectory: string
  readonly head: Head
  /** Where the log ends: nothing is written to it any more. */
  readonly end: LogPlace
  readonly compression: WalCompression
  /** See HeadReplay. */
  readonly otherRefs: readonly number[]
  readonly turn: () => Promise<void> | undefined
}

/**
 * Writes a snapshot of the head, all of it on disk before it has its name, and removes older ones.
 * Head chunk files that it needs are on disk too: with it, the log is not read for them. Throws what
 * the disk throws; then there is no new snapshot, and older ones are as they were.
 */
export async function saveSnapshot(options: SaveSnapshotOptions): Promise<MemorySnapshot> {
  const { fileSystem, directory, head, end, turn } = options
  const name = `chunk_snapshot.${digits(end.segment, 6)}.${digits(end.offsetBytes, 10)}`
  const final = join(directory, name)
  const temporary = `${final}.tmp`
  if (fileSystem.stat(temporary) !== undefined) fileSystem.remove(temporary, { recursive: true })
  fileSystem.makeDirectory(temporary)
  try {
    const records = openLog(options, temporary)
    const chains = openLog(options, join(temporary, chainsFolder))
    try {
      const target = {
        log: (batch: readonly Uint8Array[]) => records.log(batch),
        logOwn: (batch: readonly Uint8Array[]) => chains.log(batch),
      }
      const files = await writeHeadSnapshot(head, target, options.otherRefs, turn)
      syncFiles(options, files)
    } finally {
      await records.close()
      await chains.close()
    }
    fileSystem.syncDirectory(temporary)
    if (fileSystem.stat(final) !== undefined) fileSystem.remove(final, { recursive: true })
    fileSystem.rename(temporary, final)
    fileSystem.syncDirectory(directory)
  } catch (thrown) {
    fileSystem.remove(temporary, { recursive: true })
    throw thrown
  }
  removeSnapshots(fileSystem, directory, final)
  return { directory: final, ...end }
}

function openLog({ fileSystem, compression }: SaveSnapshotOptions, directory: string): WalWriter {
  const segmentBytesMax = limits.walSegmentBytes
  return WalWriter.open({ fileSystem, directory, segmentBytesMax, compression })
}

function syncFiles(
  { fileSystem, headChunksDirectory }: SaveSnapshotOptions,
  files: ReadonlySet<number>,
): void {
  for (const file of files) fileSystem.syncFile(join(headChunksDirectory, chunkFileName(file)))
  if (files.size > 0) fileSystem.syncDirectory(headChunksDirectory)
}

function digits(number: number, count: number): string {
  return String(number).padStart(count, '0')
}

export interface LoadSnapshotOptions {
  readonly fileSystem: FileSystem
  readonly snapshot: MemorySnapshot
  /** Empty; useless after an error. */
  readonly head: Head
  readonly replay: HeadReplay
  readonly table: HeadChunkTable
  readonly turn: () => Promise<void> | undefined
}

export interface LoadedSnapshot {
  readonly series: number
  readonly otherRefs: readonly number[]
}

/** Fills a head. Throws WalCorruption, ByteReadError, ChunkCorruption, or what the disk throws. */
export async function loadSnapshot(options: LoadSnapshotOptions): Promise<LoadedSnapshot> {
  const { fileSystem, snapshot, head, replay, table, turn } = options
  const own = join(snapshot.directory, chainsFolder)
  let chains: ChainReader | undefined
  if (fileSystem.stat(own)?.kind === 'directory') {
    const reader = new ChainReader(table, head.validFromMs)
    await eachRecord(fileSystem, own, (record) => reader.take(record), turn)
    reader.demandWhole()
    chains = reader
  }
  const loader = new HeadSnapshotLoader(head, replay, table, chains)
  await eachRecord(fileSystem, snapshot.directory, (record) => loader.take(record), turn)
  return { series: loader.seriesCount, otherRefs: chains?.otherRefs ?? [] }
}

async function eachRecord(
  fileSystem: FileSystem,
  directory: string,
  take: (record: Uint8Array) => void,
  turn: () => Promise<void> | undefined,
): Promise<void> {
  for (const { path } of listSegments(fileSystem, directory)) {
    const reader = new SegmentReader(fileSystem, path)
    try {
      for (let record = reader.next(); record !== undefined; record = reader.next()) {
        take(record)
        await turn()
      }
    } finally {
      reader.close()
    }
  }
}
