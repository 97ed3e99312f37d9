import type { FileSystem, ReadFile } from '../../base/file-system.ts'
import { type FilePlace, FileWindows } from '../../base/file-windows.ts'
import { limits } from '../../base/limits.ts'
import { blockFile, segmentName } from './block-files.ts'
import { CorruptionError } from './corruption.ts'

/** The number of the index among a block's files; segment s of the chunks is s + 1. */
export const indexFile = 0

/** What begins in a window and is no longer is read with it. */
const overlapBytes = 8192
const tailBytes = 8

/**
 * The bytes of index and chunks, read through a few windows. All files are opened at once: a block
 * that is deleted can be read until it is closed.
 */
export class BlockBytes {
  readonly directory: string
  readonly #files: readonly ReadFile[]
  readonly #windows: FileWindows

  constructor(fileSystem: FileSystem, directory: string) {
    this.directory = directory
    const files: ReadFile[] = []
    try {
      const names = [blockFile.index, ...segmentsOf(fileSystem, directory)]
      for (const name of names) files.push(fileSystem.openRead(`${directory}/${name}`))
    } catch (thrown) {
      for (const file of files) file.close()
      throw thrown
    }
    this.#files = files
    const largestBytes = Math.max(...files.map((file) => file.sizeBytes))
    this.#windows = new FileWindows({
      open: (file) => this.#file(file),
      // Small blocks are many: their windows are no larger than they are.
      windowBytes: Math.max(1024, Math.min(limits.blockWindowBytes, largestBytes)),
      overlapBytes,
      windowsMax: limits.blockWindowsMax,
      tailBytes,
    })
  }

  get segmentCount(): number {
    return this.#files.length - 1
  }

  /** Of all files. */
  get totalBytes(): number {
    return this.#files.reduce((sum, file) => sum + file.sizeBytes, 0)
  }

  sizeOf(file: number): number {
    return this.#file(file).sizeBytes
  }

  /**
   * At least `length` bytes from the offset on; fewer only where the file ends. Valid until the next
   * call. Throws CorruptionError where the offset is behind the end.
   */
  read(file: number, offset: number, length: number): FilePlace {
    const left = this.sizeOf(file) - offset
    if (left <= 0) throw this.fault(file, offset, `the file ends at ${this.sizeOf(file)}`)
    return this.#windows.read(file, offset, Math.min(length, left))
  }

  /** As read, but throws CorruptionError where the file has fewer bytes. */
  readWhole(file: number, offset: number, length: number): FilePlace {
    if (offset + length > this.sizeOf(file)) {
      const end = this.sizeOf(file)
      throw this.fault(file, offset, `${length} bytes from here on, the file ends at ${end}`)
    }
    const place = this.#windows.read(file, offset, length)
    if (place.length < length) throw this.fault(file, offset, 'the file has become shorter')
    return place
  }

  /** Straight into memory of the caller's, for reading through a file. */
  readInto(file: number, into: Uint8Array, offset: number): number {
    return this.#file(file).read(into, offset)
  }

  fault(file: number, offset: number, reason: string): CorruptionError {
    const name =
      file === indexFile ? blockFile.index : `${blockFile.chunks}/${segmentName(file - 1)}`
    return new CorruptionError(this.directory, name, offset, reason)
  }

  close(): void {
    for (const file of this.#files) file.close()
  }

  #file(file: number): ReadFile {
    const found = this.#files[file]
    if (found === undefined) {
      const reason = `there is no such segment among ${this.segmentCount}`
      throw this.fault(file, 0, reason)
    }
    return found
  }
}

/** The names of chunk segments, which are numbered from 1 on without a gap. */
export function segmentsOf(fileSystem: FileSystem, directory: string): readonly string[] {
  const names = fileSystem.list(`${directory}/${blockFile.chunks}`)
  const segments = names.filter((name) => /^\d+$/.test(name))
  segments.forEach((name, segment) => {
    if (name === segmentName(segment)) return
    const file = `${blockFile.chunks}/${segmentName(segment)}`
    throw new CorruptionError(directory, file, 0, `missing, though there is ${name}`)
  })
  return segments.map((name) => `${blockFile.chunks}/${name}`)
}
