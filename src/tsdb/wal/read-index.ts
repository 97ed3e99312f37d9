import { join } from 'node:path'
import { AssertionError } from '../../base/assert.ts'
import type { FileSystem } from '../../base/file-system.ts'
import { limits } from '../../base/limits.ts'
import { RecordIndex } from './record-index.ts'
import { isSegmentName } from './segment-files.ts'

/** Undefined where there is none, or none that can be read: it only saves time. */
export function readIndex(
  fileSystem: FileSystem,
  path: string | undefined,
): RecordIndex | undefined {
  if (path === undefined) return undefined
  try {
    const { sizeBytes = Number.POSITIVE_INFINITY } = fileSystem.stat(path) ?? {}
    if (sizeBytes > limits.walIndexBytesMax) return undefined
    return new RecordIndex(fileSystem.readFile(path))
  } catch (thrown) {
    if (thrown instanceof AssertionError) throw thrown
    return undefined
  }
}

/** The newest time in the newest segment that has an index; undefined where none has. */
export function newestIndexedMs(fileSystem: FileSystem, directory: string): number | undefined {
  if (fileSystem.stat(directory)?.kind !== 'directory') return undefined
  const newest = fileSystem.list(directory).filter(isSegmentName).sort().at(-1)
  if (newest === undefined) return undefined
  const maxTimeMs = readIndex(fileSystem, join(directory, newest))?.maxTimeMs
  return maxTimeMs !== undefined && Number.isFinite(maxTimeMs) ? maxTimeMs : undefined
}
