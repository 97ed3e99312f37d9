import { dirname, join } from 'node:path'
import { getAsset, isSea } from 'node:sea'
import type { FileSystem } from '../base/file-system.ts'

/**
 * The files that the build puts beside the server: the workers' code and the page. In a single
 * executable they are assets inside it, else files in the folder of the bundle.
 */
export interface BuiltFiles {
  /** Names with forward slashes, such as `web/index.html`. */
  names(): readonly string[]
  /** Throws where the name is not one of names(). */
  read(name: string): Uint8Array
  /** In shared memory; undefined where there is none, as in a single executable. */
  shared(name: string): Uint8Array | undefined
}

export function builtFiles(fileSystem: FileSystem): BuiltFiles {
  return isSea() ? executableAssets() : folderFiles(fileSystem, builtFolder())
}

function executableAssets(): BuiltFiles {
  const read = (name: string) => new Uint8Array(getAsset(name))
  return {
    // Node 20 cannot list the assets of an executable: the build adds their names as one more.
    names: () => parseNames(new TextDecoder().decode(read('assets.json'))),
    read,
    shared: () => undefined,
  }
}

function parseNames(text: string): readonly string[] {
  const parsed: unknown = JSON.parse(text)
  return Array.isArray(parsed) ? parsed.filter((name) => typeof name === 'string') : []
}

function folderFiles(fileSystem: FileSystem, folder: string): BuiltFiles {
  return {
    names: () => namesBelow(fileSystem, folder, ''),
    read: (name) => fileSystem.readFile(join(folder, name)),
    shared: (name) => sharedBytes(fileSystem, join(folder, name)),
  }
}

function sharedBytes(fileSystem: FileSystem, path: string): Uint8Array | undefined {
  if (fileSystem.stat(path) === undefined) return undefined
  const file = fileSystem.openRead(path)
  try {
    const bytes = new Uint8Array(new SharedArrayBuffer(file.sizeBytes))
    return file.read(bytes, 0) === bytes.length ? bytes : undefined
  } finally {
    file.close()
  }
}

function namesBelow(fileSystem: FileSystem, folder: string, prefix: string): readonly string[] {
  if (fileSystem.stat(join(folder, prefix)) === undefined) return []
  return fileSystem.list(join(folder, prefix)).flatMap((entry) => {
    const name = prefix === '' ? entry : `${prefix}/${entry}`
    const isFolder = fileSystem.stat(join(folder, name))?.kind === 'directory'
    return isFolder ? namesBelow(fileSystem, folder, name) : [name]
  })
}

/** The bundle's own folder; run from the sources, the folder that `npm run build` fills. */
function builtFolder(): string {
  const here = dirname(import.meta.filename)
  return here.endsWith(join('src', 'tool')) ? join(here, '..', '..', 'dist') : here
}
