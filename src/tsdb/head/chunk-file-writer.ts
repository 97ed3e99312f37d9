import { join } from 'node:path'
import { assert } from '../../base/assert.ts'
import { ByteWriter } from '../../base/byte-writer.ts'
import type { AppendFile, FileSystem } from '../../base/file-system.ts'
import { listChunkFiles } from './chunk-file-list.ts'
import { chunkFileBytesMax, chunkFileHeader, chunkFileName } from './chunk-record.ts'

export interface ChunkFileWriterOptions {
  readonly fileSystem: FileSystem
  readonly directory: string
  /** Number of the first file to write; every file before it is left as it is. */
  readonly firstFile: number
  readonly fileBytesMax?: number
}

/**
 * Appends records to the head chunk files (row T4.5). Records are gathered and written by flush():
 * one call to the system for all that a commit closed. Nothing is synced, since the write-ahead log
 * holds every sample of the head. A failed flush leaves the file as it was; the next record then
 * begins a file of its own.
 */
export class ChunkFileWriter {
  readonly #options: ChunkFileWriterOptions
  readonly #batch = new ByteWriter(65_536)
  #open: AppendFile | undefined
  #file: number

  constructor(options: ChunkFileWriterOptions) {
    this.#options = options
    this.#file = options.firstFile - 1
  }

  /** The file that records go to by now. */
  get file(): number {
    return this.#file
  }

  /** Whether a record of so many bytes goes to the current file, behind what is gathered. */
  fits(lengthBytes: number): boolean {
    const { fileBytesMax = chunkFileBytesMax } = this.#options
    if (this.#open === undefined) return false
    return this.#open.sizeBytes + this.#batch.length + lengthBytes <= fileBytesMax
  }

  /** Begins the next file; what was gathered must have been flushed. Throws what the disk throws. */
  cut(): void {
    assert(this.#batch.length === 0, 'a file ends with what belongs to it')
    const { fileSystem, directory } = this.#options
    this.#close()
    fileSystem.makeDirectory(directory)
    const path = join(directory, chunkFileName(this.#file + 1))
    const opened = fileSystem.openAppend(path, { exclusive: true })
    this.#file++
    this.#open = opened
    this.#batch.bytes(chunkFileHeader)
  }

  /** Gathers a record; answers its offset in the current file. */
  add(record: Uint8Array): number {
    const offset = (this.#open?.sizeBytes ?? 0) + this.#batch.length
    this.#batch.bytes(record)
    return offset
  }

  /** Writes what is gathered. Throws what the disk throws; then none of it is there. */
  flush(): void {
    if (this.#batch.length === 0) return
    const bytes = this.#batch.view()
    this.#batch.reset()
    try {
      this.#open?.append(bytes)
    } catch (thrown) {
      // Whatever is left behind the last good record is found by its checksum at the next start.
      this.#close()
      throw thrown
    }
  }

  /** Deletes the files before this one, but for the one that is being written. */
  deleteBefore(first: number): void {
    const { fileSystem, directory } = this.#options
    for (const { number, path } of listChunkFiles(fileSystem, directory)) {
      const isOpen = this.#open !== undefined && number === this.#file
      if (number < first && !isOpen) fileSystem.remove(path)
    }
  }

  #close(): void {
    this.#open?.close()
    this.#open = undefined
  }

  close(): void {
    this.flush()
    this.#close()
  }
}
