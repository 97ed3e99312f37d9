import { join } from 'node:path'
import type { FileSystem } from '../../base/file-system.ts'

/** Where the head chunk files of a data directory are. */
export const headChunksFolder = 'chunks_head'

export interface ChunkFile {
  readonly number: number
  readonly path: string
}

/** The head chunk files of a folder, in their order; other names are left alone. */
export function listChunkFiles(fileSystem: FileSystem, directory: string): readonly ChunkFile[] {
  if (fileSystem.stat(directory) === undefined) return []
  return fileSystem
    .list(directory)
    .filter((name) => /^\d{6,}$/.test(name))
    .map((name) => ({ number: Number(name), path: join(directory, name) }))
    .sort((a, b) => a.number - b.number)
}
