import { join } from 'node:path'
import type { FileSystem } from '../../base/file-system.ts'

/** Prometheus' sizes of the log (tsdb/docs/format/wal.md). */
export const pageBytes = 32_768
export const fragmentHeaderBytes = 7

export const fragment = { pageEnd: 0, full: 1, first: 2, middle: 3, last: 4 } as const
export const compressedBySnappy = 0x08
export const compressedByZstd = 0x10

/** A record is at most a segment, and segments are at most 256 MiB. */
export const recordBytesMax = 256 * 2 ** 20

export function segmentName(number: number): string {
  return String(number).padStart(8, '0')
}

export function isSegmentName(name: string): boolean {
  return /^\d+$/.test(name) && segmentName(Number(name)) === name
}

export interface Segment {
  readonly number: number
  readonly path: string
}

/** The segments of a log or checkpoint directory in order; other names are left alone. */
export function listSegments(fileSystem: FileSystem, directory: string): readonly Segment[] {
  if (fileSystem.stat(directory)?.kind !== 'directory') return []
  return fileSystem
    .list(directory)
    .filter(isSegmentName)
    .map((name) => ({ number: Number(name), path: join(directory, name) }))
    .filter(({ path }) => fileSystem.stat(path)?.kind === 'file')
    .sort((a, b) => a.number - b.number)
}

export interface Checkpoint {
  /** The last segment whose content it replaces. */
  readonly segment: number
  readonly directory: string
}

/** Everything named like a checkpoint, whether it is one or not; the newest last. */
export function listCheckpoints(fileSystem: FileSystem, directory: string): readonly Checkpoint[] {
  if (fileSystem.stat(directory)?.kind !== 'directory') return []
  return fileSystem
    .list(directory)
    .flatMap((name) => {
      const digits = /^checkpoint\.(\d+)$/.exec(name)?.[1]
      return digits === undefined
        ? []
        : [{ segment: Number(digits), directory: join(directory, name) }]
    })
    .sort((a, b) => a.segment - b.segment)
}

/** The newest checkpoint that has something to read. */
export function lastCheckpoint(fileSystem: FileSystem, directory: string): Checkpoint | undefined {
  return listCheckpoints(fileSystem, directory).findLast(
    (checkpoint) => listSegments(fileSystem, checkpoint.directory).length > 0,
  )
}

/** The number of the segment that the log goes on with: behind all that is there in any form. */
export function nextSegmentNumber(fileSystem: FileSystem, directory: string): number {
  const taken = fileSystem.list(directory).filter(isSegmentName).map(Number)
  const replaced = listCheckpoints(fileSystem, directory).map(({ segment }) => segment)
  return Math.max(-1, ...taken, ...replaced) + 1
}
