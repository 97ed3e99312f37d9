import type { FileSystem } from '../../base/file-system.ts'

/** Puts a small file in place so that after a crash there is the old one or the new one, whole. */
export function replaceFile(
  fileSystem: FileSystem,
  directory: string,
  name: string,
  bytes: Uint8Array,
): void {
  const path = `${directory}/${name}`
  const temporary = `${path}.tmp`
  fileSystem.writeFile(temporary, bytes)
  fileSystem.syncFile(temporary)
  fileSystem.rename(temporary, path)
  fileSystem.syncDirectory(directory)
}
