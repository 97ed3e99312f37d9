import { join } from 'node:path'
import { NarthexError } from '../../base/errors.ts'
import type { FileSystem } from '../../base/file-system.ts'
import { FileWindows } from '../../base/file-windows.ts'
import { limits } from '../../base/limits.ts'
import { decodeReadAheadBytes } from '../chunk/xor-decode.ts'
import { arenaSegmentBytes, arenaUnitBytes, type ChunkColumns } from './chunk-columns.ts'
import {
  checksumBytes,
  chunkFileName,
  hasRightChecksum,
  readDataLength,
  recordHeadBytesMax,
} from './chunk-record.ts'

/** Where a data directory's head chunk files are read. */
export interface ChunkFilesPlace {
  readonly fileSystem: FileSystem
  readonly directory: string
}

/** What most records are no longer than: read in one go with the window that they begin in. */
const overlapBytes = 4096

/** The data of a closed chunk: the two bytes of its sample count first. */
export interface ChunkData {
  view: DataView
  start: number
  length: number
}

/**
 * Reads closed chunks, in one thread. locate() answers one object that it uses again: read it
 * before the next call. Every record of a file is checked against its sum whenever it is read.
 */
export class ClosedChunkReader {
  readonly #columns: ChunkColumns
  readonly #place: ChunkFilesPlace | undefined
  readonly #windows: FileWindows | undefined
  readonly #data: ChunkData = { view: new DataView(new ArrayBuffer(0)), start: 0, length: 0 }

  /** Where the chunk at hand stands. */
  readonly #at = { file: 0, place: 0 }

  constructor(columns: ChunkColumns, place: ChunkFilesPlace | undefined) {
    this.#columns = columns
    this.#place = place
    if (place === undefined) return
    this.#windows = new FileWindows({
      open: (file) => place.fileSystem.openRead(join(place.directory, chunkFileName(file))),
      windowBytes: limits.chunkWindowBytes,
      windowsMax: limits.chunkWindowsMax,
      overlapBytes,
      tailBytes: decodeReadAheadBytes,
    })
  }

  /** What the chunk's place in the files is known by, or 0 where it stands in memory. */
  fileKey(entry: number): number {
    const at = this.#at
    this.#columns.readPlace(entry, at)
    return at.file * 2 ** 32 + at.place * Math.min(at.file, 1)
  }

  /** Throws TSDB_CORRUPTION where the file does not hold the chunk. */
  locate(entry: number): ChunkData {
    const at = this.#at
    this.#columns.readPlace(entry, at)
    return at.file === 0 ? this.#locateInArena(at.place) : this.#locateInFile(at.file, at.place)
  }

  #locateInArena(place: number): ChunkData {
    const at = place * arenaUnitBytes
    const view = this.#columns.arenaView(Math.floor(at / arenaSegmentBytes))
    const data = this.#data
    readDataLength(new Uint8Array(view.buffer), at % arenaSegmentBytes, data)
    data.view = view
    return data
  }

  #locateInFile(file: number, offset: number): ChunkData {
    if (this.#windows === undefined) throw this.#corruption(file, offset, 'no files are read here')
    const data = this.#data
    let place = this.#windows.read(file, offset, recordHeadBytesMax)
    if (!readDataLength(place.bytes, place.start, data)) {
      throw this.#corruption(file, offset, 'the length does not end')
    }
    const needed = data.start - place.start + data.length + checksumBytes
    if (needed > place.length) {
      place = this.#windows.read(file, offset, needed)
      if (needed > place.length) throw this.#corruption(file, offset, 'the file ends before it')
      readDataLength(place.bytes, place.start, data)
    }
    if (!hasRightChecksum(place.view, place.start, data.start + data.length)) {
      throw this.#corruption(file, offset, 'its checksum is wrong')
    }
    data.view = place.view
    return data
  }

  #corruption(file: number, offset: number, what: string): NarthexError {
    const path = join(this.#place?.directory ?? '', chunkFileName(file))
    return new NarthexError('TSDB_CORRUPTION', `chunk at byte ${offset} of ${path}: ${what}`)
  }

  /** Files older than this are gone. */
  forgetBefore(file: number): void {
    this.#windows?.keepOnly((number) => number >= file)
  }
}
