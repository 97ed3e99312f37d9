import { basename, join } from 'node:path'
import { AssertionError } from '../../base/assert.ts'
import { messageOf } from '../../base/errors.ts'
import type { FileSystem } from '../../base/file-system.ts'
import { limits } from '../../base/limits.ts'
import { createChunkScan } from '../../kernels/chunk-scan.ts'
import type { ChunkScanKernel } from '../../kernels/chunk-scan-kernel.ts'
import { listChunkFiles } from './chunk-file-list.ts'
import { ChunkFileScan, isUnbegun, readFile } from './chunk-file-scan.ts'
import { chunkFileHeader } from './chunk-record.ts'
import type { ChunkFilesPlace } from './closed-chunk-reader.ts'
import { HeadChunkTable } from './head-chunk-table.ts'
import { isStillSo, type ScannedChunkFiles } from './scanned-chunk-files.ts'

export interface LoadedHeadChunks {
  readonly table: HeadChunkTable
  /** The number that the next file gets. */
  readonly nextFile: number
  /** What could not be read, in words, with file and place. */
  readonly damage: readonly string[]
  /** Another thread has read them: see scanChunkFiles. */
  readonly wasScanned: boolean
}

/**
 * Reads the head chunk files (row T4.5). From the first one on that is damaged they are set aside
 * in `quarantine` (row T8.5): the log has all their samples. Stray files are left alone. What was
 * scanned before is believed of files that are still of the same number and size.
 */
export function loadHeadChunks(
  { fileSystem, directory }: ChunkFilesPlace,
  given?: ChunkScanKernel | null,
  scanned?: ScannedChunkFiles,
): LoadedHeadChunks {
  const files = listChunkFiles(fileSystem, directory)
  if (scanned !== undefined && isStillSo(fileSystem, files, scanned)) {
    const nextFile = (files.at(-1)?.number ?? 0) + 1
    return { table: HeadChunkTable.of(scanned.columns), nextFile, damage: [], wasScanned: true }
  }
  const kernel = given === undefined ? (createChunkScan() ?? null) : given
  const table = new HeadChunkTable()
  const damage: string[] = []
  let nextFile = 1
  for (const { number, path } of files) {
    nextFile = number + 1
    const before = table.count
    // A crash comes between the creation of the last file and its first bytes.
    const isLast = number === files.at(-1)?.number
    if (isLast && damage.length === 0 && readFile(fileSystem, path, isUnbegun)) {
      if (leaveEmpty(fileSystem, path) === undefined) continue
    }
    const fault =
      damage.length > 0
        ? 'a file before it is damaged'
        : readFile(fileSystem, path, (file) => new ChunkFileScan(file, number, table, kernel).run())
    if (fault === undefined) continue
    table.truncate(before)
    setAside(fileSystem, join(directory, 'quarantine'), path)
    const unleft = leaveEmpty(fileSystem, path)
    damage.push(
      `${path}: ${fault}${unleft === undefined ? '' : `; nothing in its place: ${unleft}`}`,
    )
  }
  table.sort()
  return { table, nextFile, damage, wasScanned: false }
}

/**
 * Leaves a file without chunks at a path, for Prometheus does not start where a number is missing in
 * between. Answers why it could not.
 */
function leaveEmpty(fileSystem: FileSystem, path: string): string | undefined {
  try {
    fileSystem.writeFile(path, chunkFileHeader)
    return undefined
  } catch (thrown) {
    if (thrown instanceof AssertionError) throw thrown
    return messageOf(thrown)
  }
}

/** Moves a file out of the way; over the limit of what is kept it is removed. */
function setAside(fileSystem: FileSystem, quarantine: string, path: string): void {
  fileSystem.makeDirectory(quarantine)
  const size = (name: string) => fileSystem.stat(join(quarantine, name))?.sizeBytes ?? 0
  const used = fileSystem.list(quarantine).reduce((sum, name) => sum + size(name), 0)
  const length = fileSystem.stat(path)?.sizeBytes ?? 0
  if (used + length > limits.walQuarantineBytesMax) fileSystem.remove(path)
  else fileSystem.rename(path, join(quarantine, basename(path)))
}
