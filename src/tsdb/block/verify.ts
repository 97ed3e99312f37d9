import type { FileSystem } from '../../base/file-system.ts'
import { checkFormat } from './check-format.ts'
import { CorruptionError } from './corruption.ts'
import {
  checkSealedFile,
  isUntouched,
  readSeal,
  type SealedFile,
  sealableFiles,
  sealedFile,
  writeSeal,
} from './seal.ts'

/**
 * Reads every byte of a block and throws CorruptionError for the first that is not what was written
 * (row 7 of the reliability table). Files that nobody has written since the block was sealed are held
 * against the seal. Where one has another mtime (Prometheus rewrites tombstones and meta.json), or
 * where there is no seal, the format's own checksums decide, and the block is sealed again.
 */
export function verifyBlock(fileSystem: FileSystem, directory: string): void {
  const { kept, unsealed } = checkBlock(fileSystem, directory)
  if (unsealed.length === 0) return
  const fresh = unsealed.map((name) => sealedFile(fileSystem, directory, name))
  writeSeal(fileSystem, directory, [...kept, ...fresh])
}

/** What a check found to be as it was sealed, and the files that the seal does not speak of. */
export interface CheckedBlock {
  readonly kept: readonly SealedFile[]
  readonly unsealed: readonly string[]
}

/** The same without writing anything. */
export function checkBlock(fileSystem: FileSystem, directory: string): CheckedBlock {
  const sealed = readSeal(fileSystem, directory)
  if (sealed === undefined) {
    checkFormat(fileSystem, directory)
    return { kept: [], unsealed: sealableFiles(fileSystem, directory) }
  }
  const names = new Set(sealableFiles(fileSystem, directory))
  const kept: SealedFile[] = []
  for (const file of sealed) {
    const found = fileSystem.stat(`${directory}/${file.name}`)
    if (found === undefined) {
      throw new CorruptionError(directory, file.name, 0, 'the file is missing')
    }
    if (!isUntouched(found, file)) continue
    checkSealedFile(fileSystem, directory, file)
    kept.push(file)
    names.delete(file.name)
  }
  if (names.size > 0) checkFormat(fileSystem, directory)
  return { kept, unsealed: [...names] }
}
