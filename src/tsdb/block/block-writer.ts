import { assert } from '../../base/assert.ts'
import type { FileSystem } from '../../base/file-system.ts'
import { encoding as encodings } from '../chunk/encoding.ts'
import { blockFile } from './block-files.ts'
import { ChunkFilesWriter } from './chunk-files-writer.ts'
import { ChunkMetas } from './chunk-metas.ts'
import type { ChunkTally } from './chunk-tally.ts'
import { IndexWriter } from './index-writer.ts'
import type { BlockStats } from './meta.ts'
import { SymbolArena } from './symbol-arena.ts'
import { Tombstones, writeTombstones } from './tombstones.ts'

const segmentBytesMaxDefault = 512 << 20

/** Symbols sorted by bytes, each once; `each` hands out views that are valid during the call. */
export interface SortedSymbols {
  each(visit: (symbol: Uint8Array) => void): void
}

export interface BlockWriterOptions {
  readonly fileSystem: FileSystem
  /** Made here; rename it to the block's ULID when meta.json and the seal are in it. */
  readonly directory: string
  readonly symbols: readonly Uint8Array[] | SortedSymbols
  readonly segmentBytesMax?: number
  /** Told of every chunk. */
  readonly tally?: ChunkTally | undefined
}

export interface BlockWriteResult {
  readonly stats: BlockStats
  /** Of index, chunks and tombstones. */
  readonly sizeBytes: number
  /** First and last time of all chunks, both included; 0 where there is none. */
  readonly minTimeMs: number
  readonly maxTimeMs: number
}

/**
 * Writes index, chunks and an empty tombstones file of a block, byte for byte as Prometheus 3.14
 * does. For each series call series(), then chunk() for each of its chunks in the order of time;
 * then finish() or abort(). What the file system throws goes to the caller, who then aborts; a
 * constructor that throws has cleaned up after itself.
 */
export class BlockWriter {
  readonly #fileSystem: FileSystem
  readonly #directory: string
  readonly #symbolCount: number
  readonly #index: IndexWriter
  readonly #chunkFiles: ChunkFilesWriter
  readonly #tally: ChunkTally | undefined
  readonly #metas = new ChunkMetas()
  /** Labels of the series at hand, and of the one before that was written: they change places. */
  #labels = new LabelRun()
  #written = new LabelRun()
  #samples = 0
  #histogramSamples = 0
  #chunks = 0
  #minTimeMs = Number.POSITIVE_INFINITY
  #maxTimeMs = Number.NEGATIVE_INFINITY

  constructor({ fileSystem, directory, symbols, segmentBytesMax, tally }: BlockWriterOptions) {
    this.#fileSystem = fileSystem
    this.#tally = tally
    this.#directory = directory
    const arena = new SymbolArena()
    if ('each' in symbols) symbols.each((symbol) => arena.add(symbol))
    else for (const symbol of symbols) arena.add(symbol)
    this.#symbolCount = arena.count
    const chunks = `${directory}/${blockFile.chunks}`
    fileSystem.makeDirectory(chunks)
    const index = fileSystem.openAppend(`${directory}/${blockFile.index}`, { exclusive: true })
    try {
      this.#index = new IndexWriter(index, arena)
    } catch (thrown) {
      index.close()
      removeDirectory(fileSystem, directory)
      throw thrown
    }
    const segmentBytes = segmentBytesMax ?? segmentBytesMaxDefault
    this.#chunkFiles = new ChunkFilesWriter(fileSystem, chunks, segmentBytes)
  }

  /**
   * Begins the next series: symbol ordinals of its labels, name and value in turn, by name. Series
   * come in the order of their label sets. One that gets no chunk is left out.
   */
  series(labelSymbols: Uint32Array): void {
    this.#endSeries()
    this.#assertNames(labelSymbols)
    this.#labels.set(labelSymbols)
    this.#chunkFiles.startSeries()
  }

  /** The whole data of a chunk, from its sample count on: bytes[0 .. length). */
  chunk(
    encoding: number,
    minTimeMs: number,
    maxTimeMs: number,
    bytes: Uint8Array,
    length: number,
  ): void {
    const metas = this.#metas
    const chunk = metas.count
    const beforeMs = chunk === 0 ? Number.NEGATIVE_INFINITY : (metas.maxTimeMs[chunk - 1] ?? 0)
    // Words are made for what is wrong only: making them costs more than the chunk's other work.
    if (minTimeMs <= beforeMs || maxTimeMs < minTimeMs) {
      assert(false, `a chunk from ${minTimeMs} to ${maxTimeMs}, one before ends at ${beforeMs}`)
    }
    assert(length >= 2 && length <= bytes.length, 'a chunk of less bytes than a sample count')
    const data = length === bytes.length ? bytes : bytes.subarray(0, length)
    metas.push(this.#chunkFiles.add(encoding, data), minTimeMs, maxTimeMs)
    const samples = this.#count(encoding, data)
    this.#tally?.observe(length, samples, maxTimeMs - minTimeMs)
    this.#minTimeMs = Math.min(this.#minTimeMs, minTimeMs)
    this.#maxTimeMs = Math.max(this.#maxTimeMs, maxTimeMs)
  }

  /** Writes the rest; then every file and directory of the block is on disk. */
  finish(): BlockWriteResult {
    this.#endSeries()
    const chunkBytes = this.#chunkFiles.finish()
    const indexBytes = this.#index.finish()
    const tombstoneBytes = writeTombstones(this.#fileSystem, this.#directory, new Tombstones())
    const hasChunks = this.#chunks > 0
    return {
      stats: {
        samples: this.#samples,
        floatSamples: this.#samples - this.#histogramSamples,
        histogramSamples: this.#histogramSamples,
        series: this.#index.seriesCount,
        chunks: this.#chunks,
        tombstones: 0,
      },
      sizeBytes: chunkBytes + indexBytes + tombstoneBytes,
      minTimeMs: hasChunks ? this.#minTimeMs : 0,
      maxTimeMs: hasChunks ? this.#maxTimeMs : 0,
    }
  }

  /** Closes the files and removes the directory, if it is still there; also after finish(). */
  abort(): void {
    this.#chunkFiles.close()
    this.#index.close()
    removeDirectory(this.#fileSystem, this.#directory)
  }

  #endSeries(): void {
    const metas = this.#metas
    if (metas.count === 0) return
    const [labels, written] = [this.#labels, this.#written]
    const isBehind = this.#index.seriesCount === 0 || isBefore(written.view, labels.view)
    assert(isBehind, 'series come in the order of their label sets')
    this.#index.addSeries(labels.view, metas)
    this.#written = labels
    this.#labels = written
    metas.count = 0
  }

  #assertNames(labels: Uint32Array): void {
    let isRight = labels.length % 2 === 0
    for (let at = 0; at < labels.length; at++) {
      const symbol = labels[at] ?? 0
      if (symbol >= this.#symbolCount) isRight = false
      if (at >= 2 && at % 2 === 0 && (labels[at - 2] ?? 0) >= symbol) isRight = false
    }
    if (!isRight) assert(false, `labels ${labels.join()}, not by name or beyond the symbols`)
  }

  #count(encoding: number, data: Uint8Array): number {
    const hasHeaderBits =
      encoding === encodings.histogramStart || encoding === encodings.floatHistogramStart
    const count = (((data[0] ?? 0) << 8) | (data[1] ?? 0)) & (hasHeaderBits ? 0x3fff : 0xffff)
    this.#samples += count
    this.#chunks++
    if (encoding !== encodings.xor && encoding !== encodings.xor2) this.#histogramSamples += count
    return count
  }
}

function removeDirectory(fileSystem: FileSystem, directory: string): void {
  if (fileSystem.stat(directory) !== undefined) fileSystem.remove(directory, { recursive: true })
}

/** The labels of one series, in memory that is used again. */
class LabelRun {
  #symbols = new Uint32Array(64)
  view = this.#symbols.subarray(0, 0)

  set(labels: Uint32Array): void {
    if (labels.length > this.#symbols.length) this.#symbols = new Uint32Array(labels.length * 2)
    this.#symbols.set(labels)
    if (this.view.length === labels.length && this.view.buffer === this.#symbols.buffer) return
    this.view = this.#symbols.subarray(0, labels.length)
  }
}

/** Ordinals stand in the order of texts, so label sets compare by them; a prefix comes first. */
function isBefore(a: Uint32Array, b: Uint32Array): boolean {
  const length = Math.min(a.length, b.length)
  for (let at = 0; at < length; at++) {
    const [left, right] = [a[at] ?? 0, b[at] ?? 0]
    if (left !== right) return left < right
  }
  return a.length < b.length
}
