import type { FileSystem } from '../../base/file-system.ts'
import { chunkChecksumOf } from '../../kernels/chunks.ts'
import type { ChunkPlace } from '../chunk/chunk-place.ts'
import { DecodedChunks, type DecodedMemory } from '../chunk/decoded-chunks.ts'
import { BlockBytes } from './block-bytes.ts'
import { chunksHeaderBytes, chunksMagic, sumBytes } from './block-files.ts'
import { BlockIndex, type SeriesEntry } from './block-index.ts'
import { ByteCursor } from './byte-cursor.ts'
import type { CorruptionError } from './corruption.ts'
import { type BlockMeta, readMeta } from './meta.ts'
import { checkSmallFiles } from './seal.ts'
import { StoredIds } from './stored-ids.ts'
import { readTombstones, type Tombstones } from './tombstones.ts'

/** A chunk's length and encoding. */
const headBytesMax = 6
/** Of which most chunks have less. */
const chunkReadBytes = 2048

/**
 * An open block, for one thread. Reading never gives another answer on damaged bytes, it throws
 * CorruptionError: index and chunks carry checksums of all that an answer is made of (row 7 of the
 * reliability table), which are verified when it is read; meta.json and the tombstones are small and
 * are held against the block's seal when it is opened. Format sums and not seal pages, since a chunk
 * of 500 bytes is verified by reading 500 bytes, not 64 KiB.
 */
export class BlockReader {
  readonly directory: string
  readonly meta: BlockMeta
  /** Of index, chunks, tombstones and meta.json, as retention counts it. */
  readonly sizeBytes: number
  readonly index: BlockIndex
  readonly tombstones: Tombstones
  /** For reading through whole files. */
  readonly bytes: BlockBytes
  /** What was decoded of its chunks, for who reads some of them again and again. */
  readonly decoded: DecodedChunks | undefined
  readonly #cursor = new ByteCursor()
  #storedIds: StoredIds | undefined

  private constructor(
    fileSystem: FileSystem,
    directory: string,
    bytes: BlockBytes,
    memory: DecodedMemory | undefined,
  ) {
    this.directory = directory
    this.decoded = memory === undefined ? undefined : new DecodedChunks(memory)
    this.bytes = bytes
    const smallBytes = checkSmallFiles(fileSystem, directory)
    this.meta = readMeta(fileSystem, directory)
    this.tombstones = readTombstones(fileSystem, directory)
    this.sizeBytes = bytes.totalBytes + smallBytes
    for (let segment = 0; segment < bytes.segmentCount; segment++) checkHeader(bytes, segment + 1)
    this.index = new BlockIndex(bytes)
  }

  /** Throws CorruptionError, and ENOENT where a file is missing. Close it once. */
  static open(fileSystem: FileSystem, directory: string, memory?: DecodedMemory): BlockReader {
    const bytes = new BlockBytes(fileSystem, directory)
    try {
      return new BlockReader(fileSystem, directory, bytes, memory)
    } catch (thrown) {
      bytes.close()
      throw thrown
    }
  }

  get symbolCount(): number {
    return this.index.symbols.count
  }

  /** For its queriers to fill in. */
  get storedIds(): StoredIds {
    this.#storedIds ??= new StoredIds(this.symbolCount)
    return this.#storedIds
  }

  symbolText(ordinal: number): string {
    return this.index.symbols.text(ordinal)
  }

  /** A view that is valid until the block is read again. */
  symbolBytes(ordinal: number): Uint8Array {
    return this.index.symbols.symbolBytes(ordinal)
  }

  /** Labels as symbol ordinals, and the chunks' references and times. */
  seriesAt(ref: number, into: SeriesEntry): void {
    this.index.readSeries(ref, into)
  }

  /**
   * A chunk by its reference, its checksum verified; answers how many bytes it has in the file. The
   * place holds until the block is read again.
   */
  readChunk(ref: number, into: ChunkPlace): number {
    const source = this.bytes
    const file = Math.floor(ref / 2 ** 32) + 1
    const offset = ref % 2 ** 32
    let place = source.read(file, offset, chunkReadBytes)
    const cursor = this.#cursor
    cursor.reset(place.bytes, place.start, place.start + Math.min(place.length, headBytesMax))
    const length = readLength(cursor)
    const head = cursor.at - place.start
    const size = head + 1 + length + sumBytes
    if (length < 0) throw source.fault(file, offset, 'no length of a chunk')
    if (size > place.length) place = source.readWhole(file, offset, size)
    const start = place.start + head
    const end = start + 1 + length
    if (chunkChecksumOf(place.view, start, end) !== place.view.getUint32(end)) {
      throw source.fault(file, offset, 'the checksum of a chunk is another one')
    }
    into.encoding = place.bytes[start] ?? 0
    into.view = place.view
    into.start = start + 1
    into.length = length
    return size
  }

  /** For faults that a decoder finds in a chunk whose checksum is right. */
  chunkFault(ref: number, reason: string): CorruptionError {
    return this.bytes.fault(Math.floor(ref / 2 ** 32) + 1, ref % 2 ** 32, reason)
  }

  close(): void {
    this.bytes.close()
  }
}

/** Uvarint of at most 32 bits; -1 where there is none. */
function readLength(cursor: ByteCursor): number {
  const { bytes } = cursor
  let length = 0
  for (let scale = 1; scale < 2 ** 35 && cursor.left > 0; scale *= 128) {
    const byte = bytes[cursor.at++] ?? 0
    length += (byte & 0x7f) * scale
    if (byte < 0x80) return length
  }
  return -1
}

function checkHeader(bytes: BlockBytes, file: number): void {
  const { view, start } = bytes.readWhole(file, 0, chunksHeaderBytes)
  if (view.getUint32(start) !== chunksMagic) {
    throw bytes.fault(file, 0, 'not the magic number of chunks')
  }
  const version = view.getUint8(start + 4)
  if (version !== 1) throw bytes.fault(file, 4, `version ${version}, not 1`)
}
