import { join } from 'node:path'
import type { FileSystem } from '../../base/file-system.ts'

/** Prometheus' sizes of the log (tsdb/docs/format/wal.md). */
export const pageBytes = 32_768
export const fragmentHeaderBytes = 7

export const fragment = { pageEnd: 0, full: 1, first: 2, middle: 3, last: 4 } as const
export const compressedBySnappy = 0x08
export const compressedByZstd = 0x10

export function segmentName(number: number): string {
  return String(number).padStart(8, '0')
}

export interface Segment {
  readonly number: number
  readonly path: string
}

/** The segments of a log or checkpoint directory in order; other names are left alone. */
export function listSegments(fileSystem: FileSystem, directory: string): readonly Segment[] {
  if (fileSystem.stat(directory) === undefined) return []
  return fileSystem
    .list(directory)
    .filter((name) => /^\d{8,}$/.test(name))
    .map((name) => ({ number: Number(name), path: join(directory, name) }))
    .sort((a, b) => a.number - b.number)
}

export interface Checkpoint {
  /** The last segment whose content it replaces. */
  readonly segment: number
  readonly directory: string
}

/** The newest checkpoint of a log directory. */
export function lastCheckpoint(fileSystem: FileSystem, directory: string): Checkpoint | undefined {
  if (fileSystem.stat(directory) === undefined) return undefined
  const numbers = fileSystem
    .list(directory)
    .map((name) => /^checkpoint\.(\d{8,})$/.exec(name)?.[1])
    .filter((digits) => digits !== undefined)
    .map(Number)
  if (numbers.length === 0) return undefined
  const segment = Math.max(...numbers)
  return { segment, directory: join(directory, `checkpoint.${segmentName(segment)}`) }
}
