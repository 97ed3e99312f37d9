import { NarthexError } from './errors.ts'
import type { FileSystem } from './file-system.ts'

/**
 * The same files, to be read only: every other call throws TSDB_READ_ONLY. For tools that look at
 * the data of a server that may be running.
 */
export function readOnly(fileSystem: FileSystem): FileSystem {
  const refuse = (path: string): never => {
    throw new NarthexError('TSDB_READ_ONLY', `${path} is only read here`)
  }
  return {
    openRead: (path) => fileSystem.openRead(path),
    readFile: (path) => fileSystem.readFile(path),
    list: (path) => fileSystem.list(path),
    stat: (path) => fileSystem.stat(path),
    diskBytes: (path) => fileSystem.diskBytes(path),
    watch: (directory, changed) => fileSystem.watch(directory, changed),
    openAppend: refuse,
    openInPlace: refuse,
    writeFile: refuse,
    syncFile: refuse,
    syncDirectory: refuse,
    rename: refuse,
    link: refuse,
    remove: refuse,
    makeDirectory: refuse,
    truncate: refuse,
  }
}
