import { dirname } from 'node:path'
import type { AppendFile, FileStat, FileSystem, ReadFile } from '../../src/base/file-system.ts'

const sectorBytes = 512

interface SimFile {
  /** What the system has. */
  bytes: Uint8Array
  /** What the disk has for certain. */
  durable: Uint8Array
}

/** A failure as Node throws it. */
export class SimError extends Error {
  constructor(readonly code: 'ENOENT' | 'ENOSPC' | 'EIO' | 'EEXIST') {
    super(`${code}: simulated`)
  }
}

/** Everything in one process dies here. */
export class SimCrash extends Error {}

export interface Faults {
  /** Called before each operation that changes something, with its number; may throw. */
  before?: (operation: number, name: string) => void
  /** How many bytes of a write arrive before it fails; undefined = all. */
  shortWrite?: (operation: number, length: number) => number | undefined
}

/**
 * A disk in memory that knows what would survive a power cut: bytes that were written and not
 * synced may be lost, torn at sectors, or stay. Names are durable at once: what creates and renames
 * without syncing the directory is not what these tests are after.
 */
export class SimFileSystem implements FileSystem {
  readonly #files = new Map<string, SimFile>()
  readonly #directories = new Set<string>(['/'])
  faults: Faults = {}
  operations = 0

  #operate(name: string): number {
    const operation = this.operations++
    this.faults.before?.(operation, name)
    return operation
  }

  #file(path: string): SimFile {
    const file = this.#files.get(path)
    if (file === undefined) throw new SimError('ENOENT')
    return file
  }

  openRead(path: string): ReadFile {
    const file = this.#file(path)
    return {
      sizeBytes: file.bytes.length,
      read(into, offsetBytes) {
        const piece = file.bytes.subarray(offsetBytes, offsetBytes + into.length)
        into.set(piece)
        return piece.length
      },
      close: () => undefined,
    }
  }

  openAppend(path: string, options?: { readonly exclusive?: boolean }): AppendFile {
    this.#operate('create')
    if (options?.exclusive === true && this.#files.has(path)) throw new SimError('EEXIST')
    const file = this.#files.get(path) ?? { bytes: new Uint8Array(0), durable: new Uint8Array(0) }
    this.#files.set(path, file)
    const sync = () => {
      this.#operate('sync')
      file.durable = file.bytes.slice()
    }
    return {
      get sizeBytes() {
        return file.bytes.length
      },
      append: (bytes) => this.#append(file, bytes),
      syncData: async () => sync(),
      syncDataNow: sync,
      truncate: (lengthBytes) => {
        this.#operate('truncate')
        file.bytes = file.bytes.slice(0, lengthBytes)
      },
      close: () => undefined,
    }
  }

  #append(file: SimFile, bytes: Uint8Array): void {
    const operation = this.#operate('append')
    const arrived = this.faults.shortWrite?.(operation, bytes.length) ?? bytes.length
    file.bytes = Buffer.concat([file.bytes, bytes.subarray(0, arrived)])
    if (arrived < bytes.length) throw new SimError('ENOSPC')
  }

  readFile(path: string): Uint8Array {
    // slice() of a Buffer would be a view: a caller that writes into it would change the disk.
    return new Uint8Array(this.#file(path).bytes)
  }

  writeFile(path: string, bytes: Uint8Array): void {
    this.#operate('write')
    this.#files.set(path, { bytes: new Uint8Array(bytes), durable: new Uint8Array(0) })
  }

  syncFile(path: string): void {
    this.#operate('sync')
    const file = this.#file(path)
    file.durable = file.bytes.slice()
  }

  syncDirectory(): void {
    this.#operate('sync directory')
  }

  rename(from: string, to: string): void {
    this.#operate('rename')
    this.#files.set(to, this.#file(from))
    this.#files.delete(from)
  }

  remove(path: string): void {
    this.#operate('remove')
    for (const name of [...this.#files.keys()]) {
      if (name === path || name.startsWith(`${path}/`)) this.#files.delete(name)
    }
  }

  makeDirectory(path: string): void {
    for (let part = path; part !== '/'; part = dirname(part)) this.#directories.add(part)
  }

  list(path: string): readonly string[] {
    const prefix = `${path}/`
    const names = [...this.#files.keys(), ...this.#directories]
      .filter((name) => name.startsWith(prefix))
      .map((name) => name.slice(prefix.length).split('/')[0] ?? '')
    return [...new Set(names)].sort()
  }

  stat(path: string): FileStat | undefined {
    const file = this.#files.get(path)
    if (file !== undefined) return { kind: 'file', sizeBytes: file.bytes.length, mtimeMs: 0 }
    return this.#directories.has(path) ? { kind: 'directory', sizeBytes: 0, mtimeMs: 0 } : undefined
  }

  truncate(path: string, lengthBytes: number): void {
    this.#operate('truncate')
    const file = this.#file(path)
    file.bytes = file.bytes.slice(0, lengthBytes)
  }

  watch(): { close(): void } {
    return { close: () => undefined }
  }

  /** The power goes and comes: of what was not synced a random part is there, torn at sectors. */
  cutPower(random: () => number): void {
    this.faults = {}
    for (const file of this.#files.values()) {
      const pending = file.bytes.length - file.durable.length
      if (pending <= 0) {
        file.bytes = file.durable.slice()
        continue
      }
      const sectors = Math.ceil(pending / sectorBytes)
      const kept = Math.floor(random() * (sectors + 1)) * sectorBytes
      const length = file.durable.length + Math.min(pending, kept)
      const survived = file.bytes.slice(0, length)
      // Sectors may arrive in any order: one in the middle may be missing, and reads as zeros.
      if (length > file.durable.length + sectorBytes && random() < 0.5) {
        const hole =
          file.durable.length + Math.floor(random() * (length - file.durable.length - sectorBytes))
        survived.fill(0, hole, hole + sectorBytes)
      }
      file.bytes = survived
      file.durable = survived.slice()
    }
  }
}
