import { dirname, join } from 'node:path'
import { messageOf, NarthexError } from '../base/errors.ts'
import type { FileSystem } from '../base/file-system.ts'

/** What a data directory may have of these names, if anything. */
const parts = [
  { name: 'wal', kind: 'directory' },
  { name: 'wbl', kind: 'directory' },
  { name: 'chunks_head', kind: 'directory' },
  { name: 'lock', kind: 'file' },
] as const

/**
 * Makes the directory where there is none. Throws DIRECTORY_UNUSABLE with the reason, before anything is
 * created where what is there is not a data directory's (row 14 of the reliability table).
 */
export function prepareDirectory(fileSystem: FileSystem, directory: string): void {
  try {
    for (const { name, kind } of parts) {
      const found = fileSystem.stat(join(directory, name))
      if (found !== undefined && found.kind !== kind) throw new Error(`${name} is not a ${kind}`)
    }
    fileSystem.makeDirectory(directory)
    // The folder's own name must outlast a power cut, as what is in it does.
    fileSystem.syncDirectory(dirname(directory))
  } catch (thrown) {
    throw unusable(directory, thrown)
  }
}

/** What the system says of a directory, in one line for the operator; other faults as they are. */
export function asUnusable(directory: string, thrown: unknown): unknown {
  const isOfSystem = thrown instanceof Error && 'syscall' in thrown
  return isOfSystem ? unusable(directory, thrown) : thrown
}

function unusable(directory: string, thrown: unknown): NarthexError {
  const words = `data directory ${directory} cannot be used: ${messageOf(thrown)}`
  return new NarthexError('DIRECTORY_UNUSABLE', words, { cause: thrown })
}
