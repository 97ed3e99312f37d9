import { crc32c } from '../../base/crc32c.ts'
import type { FileSystem } from '../../base/file-system.ts'
import { chunksHeaderBytes, chunksMagic, segmentName } from './block-files.ts'
import { BufferedFile } from './buffered-file.ts'

/** Upstream counts the longest length, the encoding and the sum for every chunk. */
const chunkOverheadBytes = 10

/**
 * Writes `chunks/000001` and so on (tsdb/docs/format/chunks.md). A new segment begins where
 * upstream begins one, so that the files are the same byte for byte.
 */
export class ChunkFilesWriter {
  readonly #fileSystem: FileSystem
  readonly #directory: string
  readonly #segmentBytesMax: number
  #file: BufferedFile | undefined
  #segments = 0
  #finishedBytes = 0
  /** Bytes of the segment before the chunks of this series, unless they have gone into a new one. */
  #before = 0
  /** Of this series' chunks in the segment, as upstream counts them. */
  #batchBytes = 0
  #isFirst = true
  readonly #head = new Uint8Array(1)

  /** The directory is the one of the segments, and is there. */
  constructor(fileSystem: FileSystem, directory: string, segmentBytesMax: number) {
    this.#fileSystem = fileSystem
    this.#directory = directory
    this.#segmentBytesMax = segmentBytesMax
  }

  /** The chunks that follow are the next series'. */
  startSeries(): void {
    this.#before = this.#file?.position ?? 0
    this.#batchBytes = 0
    this.#isFirst = true
  }

  /** Answers the chunk's reference: segment * 2^32 + offset. */
  add(encoding: number, bytes: Uint8Array): number {
    this.#batchBytes += bytes.length + chunkOverheadBytes
    if (this.#file === undefined || this.#isFull()) {
      const isCut = this.#file !== undefined
      this.#finishSegment()
      this.#file = this.#startSegment()
      this.#before = 0
      if (isCut) this.#batchBytes = bytes.length + chunkOverheadBytes
    }
    this.#isFirst = false
    const file = this.#file
    const ref = (this.#segments - 1) * 2 ** 32 + file.position
    this.#head[0] = encoding
    file.uvarint(bytes.length)
    file.bytes(this.#head)
    file.bytes(bytes)
    file.uint32(crc32c(bytes, 0, bytes.length, crc32c(this.#head)))
    return ref
  }

  /** Waits until all is on disk; answers how many bytes the segments have. */
  finish(): number {
    this.#finishSegment()
    this.#fileSystem.syncDirectory(this.#directory)
    return this.#finishedBytes
  }

  close(): void {
    this.#file?.close()
    this.#file = undefined
  }

  #isFull(): boolean {
    if (this.#before > chunksHeaderBytes) {
      return this.#batchBytes + this.#before > this.#segmentBytesMax
    }
    return !this.#isFirst && this.#batchBytes + chunksHeaderBytes > this.#segmentBytesMax
  }

  #startSegment(): BufferedFile {
    const path = `${this.#directory}/${segmentName(this.#segments++)}`
    const file = new BufferedFile(this.#fileSystem.openAppend(path, { exclusive: true }))
    file.uint32(chunksMagic)
    file.uint32(1 << 24)
    return file
  }

  #finishSegment(): void {
    this.#finishedBytes += this.#file?.finish() ?? 0
    this.#file = undefined
  }
}
