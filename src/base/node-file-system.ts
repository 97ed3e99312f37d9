import * as fs from 'node:fs'
import { basename, dirname } from 'node:path'
import type { AppendFile, FileStat, FileSystem, InPlaceFile, ReadFile } from './file-system.ts'

/** The real disk. */
export const nodeFileSystem: FileSystem = {
  openRead: (path) => new NodeReadFile(fs.openSync(path, 'r')),
  openAppend: (path, options) =>
    // 'a' would ignore truncation on some systems: the place is kept here and written explicitly.
    new NodeAppendFile(fs.openSync(path, appendFlags(options?.exclusive === true), 0o666)),
  openInPlace: (path) => openInPlace(path),
  readFile: (path) => fs.readFileSync(path),
  writeFile: (path, bytes) => fs.writeFileSync(path, bytes),
  syncFile: (path) => syncPath(path, 'r+'),
  syncDirectory: (path) => syncPath(path, 'r'),
  rename: (from, to) => fs.renameSync(from, to),
  link: linkOrCopy,
  remove: (path, options) =>
    options?.recursive === true ? fs.rmSync(path, { recursive: true }) : fs.unlinkSync(path),
  makeDirectory,
  list: (path) => fs.readdirSync(path).sort(),
  stat: statOf,
  diskBytes: (path) => {
    const { bsize, blocks, bavail, type } = fs.statfsSync(path)
    return { total: bsize * blocks, free: bsize * bavail, kind: type }
  },
  truncate: (path, lengthBytes) => fs.truncateSync(path, lengthBytes),
  watch: (directory, changed) => watchDirectory(directory, changed),
}

/** By itself: Node 20 never comes back where the system denies that a parent which is there exists, as in /proc. */
function makeDirectory(path: string): void {
  if (fs.existsSync(path) && fs.statSync(path).isDirectory()) return
  const parent = dirname(path)
  if (parent !== path && !fs.existsSync(parent)) makeDirectory(parent)
  try {
    fs.mkdirSync(path)
  } catch (thrown) {
    // Somebody else may have been faster.
    if (!fs.existsSync(path) || !fs.statSync(path).isDirectory()) throw thrown
  }
}

function appendFlags(exclusive: boolean): number {
  const { O_RDWR, O_CREAT, O_EXCL } = fs.constants
  return O_RDWR | O_CREAT | (exclusive ? O_EXCL : 0)
}

class NodeReadFile implements ReadFile {
  readonly #descriptor: number
  readonly sizeBytes: number
  constructor(descriptor: number) {
    this.#descriptor = descriptor
    this.sizeBytes = fs.fstatSync(descriptor).size
  }

  read(into: Uint8Array, offsetBytes: number): number {
    let filled = 0
    while (filled < into.length) {
      const got = fs.readSync(
        this.#descriptor,
        into,
        filled,
        into.length - filled,
        offsetBytes + filled,
      )
      if (got === 0) break
      filled += got
    }
    return filled
  }

  close(): void {
    fs.closeSync(this.#descriptor)
  }
}

class NodeAppendFile implements AppendFile {
  readonly #descriptor: number
  #sizeBytes: number
  constructor(descriptor: number) {
    this.#descriptor = descriptor
    this.#sizeBytes = fs.fstatSync(descriptor).size
  }

  get sizeBytes(): number {
    return this.#sizeBytes
  }

  append(bytes: Uint8Array): void {
    let written = 0
    while (written < bytes.length) {
      const place = this.#sizeBytes + written
      written += fs.writeSync(this.#descriptor, bytes, written, bytes.length - written, place)
    }
    this.#sizeBytes += bytes.length
  }

  syncData(): Promise<void> {
    return new Promise((resolve, reject) => {
      fs.fdatasync(this.#descriptor, (thrown) => (thrown === null ? resolve() : reject(thrown)))
    })
  }

  syncDataNow(): void {
    fs.fdatasyncSync(this.#descriptor)
  }

  truncate(lengthBytes: number): void {
    fs.ftruncateSync(this.#descriptor, lengthBytes)
    this.#sizeBytes = lengthBytes
  }

  close(): void {
    fs.closeSync(this.#descriptor)
  }
}

function openInPlace(path: string): InPlaceFile {
  const descriptor = fs.openSync(path, 'r+')
  return {
    write(bytes, offsetBytes) {
      let written = 0
      while (written < bytes.length) {
        const left = bytes.length - written
        written += fs.writeSync(descriptor, bytes, written, left, offsetBytes + written)
      }
    },
    close: () => fs.closeSync(descriptor),
  }
}

function linkOrCopy(from: string, to: string): void {
  try {
    fs.linkSync(from, to)
  } catch {
    fs.copyFileSync(from, to, fs.constants.COPYFILE_EXCL)
    syncPath(to, 'r+')
  }
}

function syncPath(path: string, flags: string): void {
  const descriptor = fs.openSync(path, flags)
  try {
    fs.fsyncSync(descriptor)
  } finally {
    fs.closeSync(descriptor)
  }
}

function statOf(path: string): FileStat | undefined {
  const found = fs.statSync(path, { throwIfNoEntry: false })
  if (found === undefined) return undefined
  const kind = found.isFile() ? 'file' : found.isDirectory() ? 'directory' : 'other'
  return { kind, sizeBytes: found.size, mtimeMs: found.mtimeMs }
}

function watchDirectory(directory: string, changed: () => void): { close(): void } {
  // The parent is watched too: a folder that is replaced whole (Kubernetes' ..data link) keeps no
  // watcher of its own.
  const watchers = [fs.watch(directory, changed)]
  const name = basename(directory)
  const parent = dirname(directory)
  if (parent !== directory) {
    watchers.push(fs.watch(parent, (_event, entry) => (entry === name ? changed() : undefined)))
  }
  for (const watcher of watchers) watcher.on('error', changed)
  return {
    close() {
      for (const watcher of watchers) watcher.close()
    },
  }
}
