import type { FileSystem, ReadFile } from '../../base/file-system.ts'
import type { ChunkScanKernel } from '../../kernels/chunk-scan-kernel.ts'
import { samplesOfField } from '../chunk/chunk-encoding.ts'
import {
  checksumBytes,
  chunkFileHeaderBytes,
  chunkFileMagic,
  chunkFileVersion,
  hasRightChecksum,
  outOfOrderFlag,
  type RecordData,
  readDataLength,
  recordHeadBytes,
  recordHeadBytesMax,
} from './chunk-record.ts'
import type { HeadChunkTable } from './head-chunk-table.ts'

/** What is read at once; a record that is longer is read by itself. */
const pieceBytes = 1 << 20

/** Has a file read, and closed behind it. */
export function readFile<Answer>(
  fileSystem: FileSystem,
  path: string,
  take: (file: ReadFile) => Answer,
): Answer {
  const file = fileSystem.openRead(path)
  try {
    return take(file)
  } finally {
    file.close()
  }
}

/** Whether a file has nothing, or zeros at its beginning, and those for long. */
export function isUnbegun(file: ReadFile): boolean {
  const bytes = new Uint8Array(Math.min(pieceBytes, file.sizeBytes))
  return isZero(bytes, 0, file.read(bytes, 0))
}

/** Adds a head chunk file's chunks to the table (row T4.5). */
export class ChunkFileScan {
  readonly #kernel: ChunkScanKernel | null
  readonly #file: ReadFile
  readonly #number: number
  readonly #table: HeadChunkTable
  readonly #data: RecordData = { start: 0, length: 0 }
  #bytes = new Uint8Array(pieceBytes)
  #view = new DataView(this.#bytes.buffer)
  /** Offset in the file of the first byte of the piece, and how many there are. */
  #pieceStart = 0
  #pieceLength = 0
  /** Before it the kernel is not asked. */
  #scanFrom = 0

  constructor(
    file: ReadFile,
    number: number,
    table: HeadChunkTable,
    kernel: ChunkScanKernel | null,
  ) {
    this.#kernel = kernel
    this.#file = file
    this.#number = number
    this.#table = table
  }

  /** Answers what is wrong with the file. */
  run(): string | undefined {
    // Versions before left those that were created just before the end.
    if (this.#file.sizeBytes === 0) return undefined
    this.#load(0)
    if (this.#pieceLength < chunkFileHeaderBytes) return 'the header is cut short'
    if (this.#view.getUint32(0) !== chunkFileMagic) return 'not a file of head chunks'
    const version = this.#view.getUint8(4)
    if (version !== chunkFileVersion) return `version ${version} is not known`
    const sizeBytes = this.#file.sizeBytes
    for (let offset = chunkFileHeaderBytes; offset < sizeBytes; ) {
      const end = this.#scan(offset) ?? this.#readRecord(offset)
      if (end === 'zeros') return undefined
      if (typeof end === 'string') return `${end} at byte ${offset}`
      offset = end
    }
    return undefined
  }

  /**
   * Answers where the first record begins that the kernel has not taken: that it is cut by the end of
   * a piece, or whatever else it is, the other one says. Undefined where that one's piece goes on, too:
   * what the kernel does not take may be followed by much of its kind.
   */
  #scan(offset: number): number | undefined {
    const kernel = this.#kernel
    if (kernel === null || offset < this.#scanFrom) return undefined
    const rows = kernel.scan(this.#file.read(kernel.input, offset))
    this.#table.addScanned(kernel, rows, this.#number, offset)
    const end = offset + kernel.taken
    if (rows > 0) return end
    this.#scanFrom = offset + pieceBytes
    return undefined
  }

  /** Answers where the record ends, 'zeros' where preallocated space begins, or what is wrong. */
  #readRecord(offset: number): number | string {
    this.#demand(offset, recordHeadBytesMax)
    let at = offset - this.#pieceStart
    const left = this.#pieceLength - at
    if (isZero(this.#bytes, at, Math.min(left, recordHeadBytes))) return 'zeros'
    if (left < recordHeadBytes + 1) return 'a record is cut short'
    const data = this.#data
    if (!readDataLength(this.#bytes, at, data)) return 'a length does not end'
    const recordBytes = data.start - at + data.length + checksumBytes
    if (offset + recordBytes > this.#file.sizeBytes) return 'a record is cut short'
    if (data.length < 2) return 'a chunk has no sample count'
    this.#demand(offset, recordBytes)
    at = offset - this.#pieceStart
    readDataLength(this.#bytes, at, data)
    const dataEnd = data.start + data.length
    if (!hasRightChecksum(this.#view, at, dataEnd)) return 'a checksum is wrong'
    this.#add(at, offset)
    return offset + recordBytes
  }

  #add(at: number, offset: number): void {
    const encoding = this.#view.getUint8(at + 24)
    this.#table.add({
      ref: int64(this.#view, at),
      minTimeMs: int64(this.#view, at + 8),
      maxTimeMs: int64(this.#view, at + 16),
      encoding: encoding & ~outOfOrderFlag,
      isOutOfOrder: (encoding & outOfOrderFlag) !== 0,
      samples: samplesOfField(encoding & ~outOfOrderFlag, this.#view.getUint16(this.#data.start)),
      file: this.#number,
      place: offset,
    })
  }

  /** Makes the bytes from the offset on stand in the piece, as far as the file has them. */
  #demand(offset: number, length: number): void {
    const end = Math.min(offset + length, this.#file.sizeBytes)
    if (end <= this.#pieceStart + this.#pieceLength) return
    if (length > this.#bytes.length) {
      this.#bytes = new Uint8Array(length * 2)
      this.#view = new DataView(this.#bytes.buffer)
    }
    this.#load(offset)
  }

  #load(offset: number): void {
    this.#pieceStart = offset
    this.#pieceLength = this.#file.read(this.#bytes, offset)
    this.#bytes.fill(0, this.#pieceLength)
  }
}

function isZero(bytes: Uint8Array, start: number, length: number): boolean {
  for (let at = start; at < start + length; at++) if (bytes[at] !== 0) return false
  return true
}

function int64(view: DataView, at: number): number {
  return view.getInt32(at) * 2 ** 32 + view.getUint32(at + 4)
}
