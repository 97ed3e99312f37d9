import { join } from 'node:path'
import type { FileSystem } from '../../base/file-system.ts'
import { deletionSuffix } from './block-files.ts'

/**
 * Deletes a block's folder; renamed first, so that neither a crash nor a disk that refuses leaves a
 * half of a block under its name (RELIABILITY 9). Throws what the disk throws, and can be called again.
 */
export function deleteBlock(fileSystem: FileSystem, dataDirectory: string, ulid: string): void {
  const directory = join(dataDirectory, ulid)
  const leaving = directory + deletionSuffix
  if (fileSystem.stat(directory) !== undefined) fileSystem.rename(directory, leaving)
  // Or a power cut may leave the old name with some of the files.
  fileSystem.syncDirectory(dataDirectory)
  if (fileSystem.stat(leaving) !== undefined) fileSystem.remove(leaving, { recursive: true })
}
