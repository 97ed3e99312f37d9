import { basename, dirname } from 'node:path'
import type {
  AppendFile,
  DiskBytes,
  FileStat,
  FileSystem,
  InPlaceFile,
  ReadFile,
} from '../../src/base/file-system.ts'
import { cutDirectory, cutFile } from './power-cut.ts'
import { SimDirectory, SimFile, type SimNode } from './sim-node.ts'

/** A failure as Node throws it. */
export class SimError extends Error {
  constructor(
    readonly code: 'ENOENT' | 'ENOSPC' | 'EIO' | 'EEXIST' | 'EISDIR' | 'ENOTDIR' | 'ENOTEMPTY',
    path = '',
  ) {
    super(`${code}: simulated${path === '' ? '' : ` at ${path}`}`)
  }
}

/** Everything in one process dies here. */
export class SimCrash extends Error {}

export type SimOperation =
  | 'create'
  | 'append'
  | 'write'
  | 'truncate'
  | 'sync'
  | 'sync directory'
  | 'rename'
  | 'link'
  | 'remove'
  | 'make directory'

export interface Faults {
  /** Called before each operation that changes something, with its number; may throw. */
  before?: (operation: number, name: SimOperation, path: string) => void
  /** How many bytes of a write arrive before it fails; undefined = all. */
  shortWrite?: (operation: number, length: number) => number | undefined
  /** Called before each opening and reading of a file; may throw. */
  beforeRead?: (path: string) => void
}

/**
 * A disk in memory that knows what would survive a power cut. Of bytes that were written and not
 * synced, any 512-byte sectors may be lost or stay. Of names that were made, moved or removed since
 * their directory was synced, any may be as before. A sync takes what is there when it is called;
 * after one that failed, nothing of that file ever gets to the disk again, though syncs succeed.
 * What it never does: lose what was synced, or change bytes that nobody wrote.
 */
export class SimFileSystem implements FileSystem {
  #root = new SimDirectory()
  faults: Faults = {}
  /** How many operations changed something, or tried to. */
  operations = 0
  /** Counts power cuts: what was under way in the life before has no effect. */
  #life = 0

  openRead(path: string): ReadFile {
    this.faults.beforeRead?.(path)
    const file = this.#file(path)
    const faults = () => this.faults
    return {
      sizeBytes: file.bytes().length,
      read(into, offsetBytes) {
        faults().beforeRead?.(path)
        const piece = file.bytes().subarray(offsetBytes, offsetBytes + into.length)
        into.set(piece)
        return piece.length
      },
      close: () => undefined,
    }
  }

  openAppend(path: string, options?: { readonly exclusive?: boolean }): AppendFile {
    const existing = this.#find(path)
    if (existing instanceof SimDirectory) throw new SimError('EISDIR', path)
    if (existing !== undefined && options?.exclusive === true) throw new SimError('EEXIST', path)
    if (existing === undefined) this.#operate('create', path)
    const file = existing ?? new SimFile()
    if (existing === undefined) this.#parent(path).set(basename(path), file)
    let isOpen = true
    const demandOpen = () => {
      if (!isOpen) throw new Error(`${path} is closed`)
    }
    return {
      get sizeBytes() {
        return file.bytes().length
      },
      append: (bytes) => {
        demandOpen()
        this.#append(file, path, bytes)
      },
      syncData: async () => {
        demandOpen()
        await this.#syncLater(file, path)
      },
      syncDataNow: () => {
        demandOpen()
        this.#beginSync(file, path)
        file.sync()
      },
      truncate: (lengthBytes) => {
        demandOpen()
        this.#operate('truncate', path)
        file.resize(lengthBytes)
      },
      close: () => {
        demandOpen()
        isOpen = false
      },
    }
  }

  openInPlace(path: string): InPlaceFile {
    const file = this.#file(path)
    return {
      write: (bytes, offsetBytes) => {
        this.#operate('write', path)
        file.overwrite(bytes, offsetBytes)
      },
      close: () => undefined,
    }
  }

  readFile(path: string): Uint8Array {
    this.faults.beforeRead?.(path)
    return this.#file(path).bytes().slice()
  }

  writeFile(path: string, bytes: Uint8Array): void {
    this.#operate('write', path)
    const existing = this.#find(path)
    const file = existing instanceof SimFile ? existing : new SimFile()
    if (existing !== file) this.#parent(path).set(basename(path), file)
    file.resize(0)
    file.append(bytes)
  }

  syncFile(path: string): void {
    const file = this.#file(path)
    this.#beginSync(file, path)
    file.sync()
  }

  syncDirectory(path: string): void {
    this.#operate('sync directory', path)
    this.#directory(path).sync()
  }

  rename(from: string, to: string): void {
    this.#operate('rename', from)
    const node = this.#find(from)
    if (node === undefined) throw new SimError('ENOENT', from)
    const target = this.#find(to)
    if (target instanceof SimDirectory && target.entries.size > 0) {
      throw new SimError('ENOTEMPTY', to)
    }
    const [source, destination] = [this.#parent(from), this.#parent(to)]
    if (source === destination) source.move(basename(from), basename(to), node)
    else {
      destination.set(basename(to), node)
      source.delete(basename(from))
    }
  }

  link(from: string, to: string): void {
    this.#operate('link', to)
    const node = this.#find(from)
    if (node === undefined) throw new SimError('ENOENT', from)
    this.#parent(to).set(basename(to), node)
  }

  remove(path: string, options?: { readonly recursive?: boolean }): void {
    const node = this.#find(path)
    if (node instanceof SimDirectory) {
      if (options?.recursive !== true) throw new SimError('EISDIR', path)
      for (const name of [...node.entries.keys()]) this.remove(`${path}/${name}`, options)
    }
    this.#operate('remove', path)
    if (node === undefined) throw new SimError('ENOENT', path)
    this.#parent(path).delete(basename(path))
  }

  makeDirectory(path: string): void {
    const found = this.#find(path)
    if (found instanceof SimDirectory) return
    if (found !== undefined) throw new SimError('EEXIST', path)
    this.makeDirectory(dirname(path))
    this.#operate('make directory', path)
    this.#parent(path).set(basename(path), new SimDirectory())
  }

  list(path: string): readonly string[] {
    return [...this.#directory(path).entries.keys()].sort()
  }

  stat(path: string): FileStat | undefined {
    const node = this.#find(path)
    if (node instanceof SimFile) {
      return { kind: 'file', sizeBytes: node.bytes().length, mtimeMs: node.mtimeMs }
    }
    return node === undefined ? undefined : { kind: 'directory', sizeBytes: 0, mtimeMs: 0 }
  }

  /** A small disk, so that what is measured by it is small too; only faults make it full. */
  diskBytes(): DiskBytes {
    return { total: 1 << 20, free: 1 << 19, kind: 0 }
  }

  truncate(path: string, lengthBytes: number): void {
    this.#operate('truncate', path)
    this.#file(path).resize(lengthBytes)
  }

  watch(): { close(): void } {
    return { close: () => undefined }
  }

  /** The disk as it is now, for another life: nobody who has this one open touches it. */
  copy(): SimFileSystem {
    const copy = new SimFileSystem()
    copy.#root = this.#root.copy()
    return copy
  }

  /** Other bytes stand in a file than were written, and nobody wrote them: its mtime is as it was. */
  rot(path: string, bytes: Uint8Array): void {
    const file = this.#file(path)
    const { mtimeMs } = file
    file.replace(bytes)
    file.mtimeMs = mtimeMs
  }

  /** Everything that there is now is on disk, as after a long time. */
  settle(): void {
    const settle = (node: SimNode): void => {
      node.sync()
      if (node instanceof SimDirectory) for (const entry of node.entries.values()) settle(entry)
    }
    settle(this.#root)
  }

  /** The power goes and comes: what was not synced is there in part. */
  cutPower(random: () => number): void {
    this.faults = {}
    this.#life++
    const cut = (node: SimNode): void => {
      if (node instanceof SimFile) cutFile(node, random)
      else {
        cutDirectory(node, random)
        for (const entry of node.entries.values()) cut(entry)
      }
    }
    cut(this.#root)
  }

  #operate(name: SimOperation, path: string): number {
    const operation = this.operations++
    this.faults.before?.(operation, name, path)
    return operation
  }

  #append(file: SimFile, path: string, bytes: Uint8Array): void {
    const operation = this.#operate('append', path)
    const arrived = this.faults.shortWrite?.(operation, bytes.length) ?? bytes.length
    file.append(bytes.subarray(0, arrived))
    if (arrived < bytes.length) throw new SimError('ENOSPC', path)
  }

  /** A kernel whose sync failed has dropped the pages, and says yes the next time. */
  #beginSync(file: SimFile, path: string): void {
    try {
      this.#operate('sync', path)
    } catch (thrown) {
      file.lose()
      throw thrown
    }
  }

  async #syncLater(file: SimFile, path: string): Promise<void> {
    this.#beginSync(file, path)
    const [finish, life] = [file.beginSync(), this.#life]
    await Promise.resolve()
    if (life === this.#life) finish()
  }

  #find(path: string): SimNode | undefined {
    let node: SimNode | undefined = this.#root
    for (const name of path.split('/').filter((part) => part !== '')) {
      node = node instanceof SimDirectory ? node.entries.get(name) : undefined
    }
    return node
  }

  #file(path: string): SimFile {
    const node = this.#find(path)
    if (node instanceof SimFile) return node
    throw new SimError(node === undefined ? 'ENOENT' : 'EISDIR', path)
  }

  #directory(path: string): SimDirectory {
    const node = this.#find(path)
    if (node instanceof SimDirectory) return node
    throw new SimError(node === undefined ? 'ENOENT' : 'ENOTDIR', path)
  }

  #parent(path: string): SimDirectory {
    return this.#directory(dirname(path))
  }
}
