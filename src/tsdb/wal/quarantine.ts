import { basename, dirname, join } from 'node:path'
import type { FileSystem } from '../../base/file-system.ts'
import { limits } from '../../base/limits.ts'
import type { DamagedPart } from './segment-scan.ts'

/** The folder of a log directory that keeps what did not read. */
export const quarantineFolder = 'quarantine'

/**
 * Keeps damaged bytes of a log for whoever wants to look: `SEGMENT-START`, with the checkpoint's
 * name before it where the segment is one of a checkpoint. Answers whether they are kept: what would
 * bring the folder over its limit is not copied. A part that is there already is not copied again.
 */
export function quarantine(
  fileSystem: FileSystem,
  logDirectory: string,
  segmentPath: string,
  part: DamagedPart,
): boolean {
  const directory = join(logDirectory, quarantineFolder)
  const length = part.end - part.start
  const name = `${quarantineName(logDirectory, segmentPath)}-${part.start}`
  const path = freePath(fileSystem, join(directory, name), length)
  if (path === undefined) return true
  if (usedBytes(fileSystem, directory) + length > limits.walQuarantineBytesMax) return false
  makeFolder(fileSystem, directory)
  const bytes = new Uint8Array(length)
  const file = fileSystem.openRead(segmentPath)
  try {
    file.read(bytes, part.start)
  } finally {
    file.close()
  }
  fileSystem.writeFile(path, bytes)
  fileSystem.syncFile(path)
  fileSystem.syncDirectory(directory)
  return true
}

/** Moves a segment there that the system cannot read; false when the folder is full. */
export function quarantineWhole(
  fileSystem: FileSystem,
  logDirectory: string,
  segmentPath: string,
): boolean {
  const directory = join(logDirectory, quarantineFolder)
  const length = fileSystem.stat(segmentPath)?.sizeBytes ?? 0
  if (usedBytes(fileSystem, directory) + length > limits.walQuarantineBytesMax) return false
  makeFolder(fileSystem, directory)
  fileSystem.rename(segmentPath, join(directory, quarantineName(logDirectory, segmentPath)))
  fileSystem.syncDirectory(directory)
  fileSystem.syncDirectory(dirname(segmentPath))
  return true
}

function quarantineName(logDirectory: string, segmentPath: string): string {
  const folder = dirname(segmentPath)
  const segment = basename(segmentPath)
  return folder === logDirectory ? segment : `${basename(folder)}-${segment}`
}

function makeFolder(fileSystem: FileSystem, directory: string): void {
  if (fileSystem.stat(directory) !== undefined) return
  fileSystem.makeDirectory(directory)
  fileSystem.syncDirectory(dirname(directory))
}

function usedBytes(fileSystem: FileSystem, directory: string): number {
  if (fileSystem.stat(directory) === undefined) return 0
  return fileSystem
    .list(directory)
    .reduce((sum, name) => sum + (fileSystem.stat(join(directory, name))?.sizeBytes ?? 0), 0)
}

/** Undefined when a part of that place and length is there. */
function freePath(fileSystem: FileSystem, path: string, length: number): string | undefined {
  for (let attempt = 0; ; attempt++) {
    const candidate = attempt === 0 ? path : `${path}.${attempt}`
    const found = fileSystem.stat(candidate)
    if (found === undefined) return candidate
    if (found.sizeBytes === length) return undefined
  }
}
