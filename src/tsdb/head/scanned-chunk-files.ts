import type { FileSystem } from '../../base/file-system.ts'
import { createChunkScan } from '../../kernels/chunk-scan.ts'
import { type ChunkFile, listChunkFiles } from './chunk-file-list.ts'
import { ChunkFileScan, isUnbegun, readFile } from './chunk-file-scan.ts'
import type { ChunkFilesPlace } from './closed-chunk-reader.ts'
import { type HeadChunkColumns, HeadChunkTable } from './head-chunk-table.ts'

/** What another thread has found in head chunk files before they were asked for. */
export interface ScannedChunkFiles {
  readonly files: readonly { readonly number: number; readonly sizeBytes: number }[]
  readonly columns: HeadChunkColumns
}

/**
 * Reads head chunk files that somebody else may still write to, and leaves them as they are: where
 * anything is not as it should be, undefined, and loadHeadChunks has the verdict.
 */
export function scanChunkFiles({
  fileSystem,
  directory,
}: ChunkFilesPlace): ScannedChunkFiles | undefined {
  const kernel = createChunkScan() ?? null
  const table = new HeadChunkTable()
  const files: { number: number; sizeBytes: number }[] = []
  for (const { number, path } of listChunkFiles(fileSystem, directory)) {
    const isWhole = readFile(fileSystem, path, (file) => {
      files.push({ number, sizeBytes: file.sizeBytes })
      if (isUnbegun(file)) return false
      return new ChunkFileScan(file, number, table, kernel).run() === undefined
    })
    if (!isWhole) return undefined
  }
  table.sort()
  return { files, columns: table.columns }
}

/**
 * Whether files are those that were scanned. One that Prometheus has written to since, into space that it
 * had taken before, has chunks that are not known: the log has all of their samples.
 */
export function isStillSo(
  fileSystem: FileSystem,
  files: readonly ChunkFile[],
  scanned: ScannedChunkFiles,
): boolean {
  if (files.length !== scanned.files.length) return false
  return files.every(({ number, path }, at) => {
    const { number: known, sizeBytes } = scanned.files[at] ?? {}
    return number === known && fileSystem.stat(path)?.sizeBytes === sizeBytes
  })
}
