import { basename, join } from 'node:path'
import type { FileSystem } from '../../base/file-system.ts'
import { limits } from '../../base/limits.ts'

/** A range of a segment that does not read. */
export interface DamagedPart {
  readonly start: number
  readonly end: number
}

/**
 * Keeps damaged bytes for whoever wants to look, in `SEGMENT-START` of the directory. Bounded: what
 * would bring the directory over its limit is not copied (and stays where it is, unless it is a
 * damaged end). A part that is there already is not copied again.
 */
export function quarantine(
  fileSystem: FileSystem,
  directory: string,
  segmentPath: string,
  part: DamagedPart,
): void {
  fileSystem.makeDirectory(directory)
  const path = join(directory, `${basename(segmentPath)}-${part.start}`)
  const used = fileSystem
    .list(directory)
    .reduce((sum, name) => sum + (fileSystem.stat(join(directory, name))?.sizeBytes ?? 0), 0)
  const length = part.end - part.start
  if (fileSystem.stat(path) !== undefined) return
  if (used + length > limits.walQuarantineBytesMax) return
  const bytes = new Uint8Array(length)
  const file = fileSystem.openRead(segmentPath)
  try {
    file.read(bytes, part.start)
  } finally {
    file.close()
  }
  fileSystem.writeFile(path, bytes)
  fileSystem.syncFile(path)
}
