import { assert } from '../../base/assert.ts'
import { type FloatEncoding, isFloatEncoding, sampleCountOf } from '../chunk/chunk-encoding.ts'
import { encoding as chunkEncoding } from '../chunk/encoding.ts'
import { FloatColumns } from '../chunk/float-columns.ts'
import { FloatChunkDecoder } from '../chunk/float-decode.ts'
import { createFloatChunkWriter, type FloatChunkWriter } from '../chunk/xor-writer.ts'
import { type GatheredChunk, isDeleted, isTouched } from './gathered-chunks.ts'
import { MixedRun, openCursor } from './mixed-run.ts'

/** Takes the chunks of the series at hand, in order of time. */
export interface ChunkTarget {
  chunk(
    encoding: number,
    minTimeMs: number,
    maxTimeMs: number,
    bytes: Uint8Array,
    length: number,
  ): void
}

/** As many samples as upstream puts into a chunk that it writes anew. */
const samplesPerChunk = 120
/** Far above any chunk of Prometheus: a lying length is found before memory is taken. */
const chunkBytesMax = 1 << 24

/**
 * Writes runs of chunks that overlap each other. A chunk that stands alone, wholly within the range
 * and untouched by deletions, is copied byte by byte, and so is one of several that are the same;
 * else samples are decoded, merged and written anew.
 */
export class RunWriter {
  readonly #target: ChunkTarget
  readonly #minTimeMs: number
  readonly #maxTimeMs: number
  readonly #decoder = new FloatChunkDecoder()
  readonly #merged = new FloatColumns()
  readonly #decoded = new FloatColumns()
  readonly #writers = new Map<FloatEncoding, FloatChunkWriter>()
  #bytes = new Uint8Array(4096)
  #other = new Uint8Array(4096)

  /** Samples outside of the range, whose ends are included, are left out. */
  constructor(target: ChunkTarget, minTimeMs: number, maxTimeMs: number) {
    this.#target = target
    this.#minTimeMs = minTimeMs
    this.#maxTimeMs = maxTimeMs
  }

  write(run: readonly GatheredChunk[]): void {
    const [first] = run
    if (first === undefined) return
    const isWhole = run.every((chunk) => this.#isWithin(chunk) && !isTouched(chunk))
    if (isWhole && this.#areSame(run)) {
      const length = this.#read(first)
      this.#target.chunk(first.encoding, first.minTimeMs, first.maxTimeMs, this.#bytes, length)
      return
    }
    this.#rewrite(run)
  }

  #isWithin({ minTimeMs, maxTimeMs }: GatheredChunk): boolean {
    return minTimeMs >= this.#minTimeMs && maxTimeMs <= this.#maxTimeMs
  }

  #areSame(run: readonly GatheredChunk[]): boolean {
    const [first, ...others] = run
    if (first === undefined || others.length === 0) return true
    const isAlike = (other: GatheredChunk) =>
      other.encoding === first.encoding &&
      other.minTimeMs === first.minTimeMs &&
      other.maxTimeMs === first.maxTimeMs
    if (!others.every(isAlike)) return false
    return others.every((other) => this.#haveSameBytes(first, other))
  }

  #haveSameBytes(first: GatheredChunk, other: GatheredChunk): boolean {
    const length = this.#read(other)
    const before = this.#bytes
    this.#bytes = this.#other
    this.#other = before
    const own = this.#read(first)
    return (
      own === length &&
      Buffer.compare(this.#bytes.subarray(0, own), this.#other.subarray(0, length)) === 0
    )
  }

  /** Reads a chunk's data into #bytes; answers how many there are. */
  #read(chunk: GatheredChunk): number {
    for (;;) {
      try {
        return chunk.batch.chunks.read(chunk.chunk, this.#bytes)
      } catch (thrown) {
        // It did not fit: chunks of wide histograms are larger than most.
        if (!(thrown instanceof RangeError) || this.#bytes.length >= chunkBytesMax) throw thrown
        this.#bytes = new Uint8Array(this.#bytes.length * 4)
      }
    }
  }

  #rewrite(run: readonly GatheredChunk[]): void {
    if (!run.every((chunk) => isFloatEncoding(chunk.encoding))) {
      this.#rewriteMixed(run)
      return
    }
    const merged = this.#merged
    merged.count = 0
    let encoding: FloatEncoding = chunkEncoding.xor
    for (const chunk of run) {
      if (chunk.encoding === chunkEncoding.xor2) encoding = chunkEncoding.xor2
      this.#decode(chunk)
      merged.merge(this.#decoded)
    }
    this.#encode(encoding)
  }

  #rewriteMixed(run: readonly GatheredChunk[]): void {
    const cursors = run.map((chunk) => {
      const length = this.#read(chunk)
      const bytes = this.#bytes.subarray(0, length)
      const isTaken = (timeMs: number) =>
        timeMs >= this.#minTimeMs && timeMs <= this.#maxTimeMs && !isDeleted(chunk, timeMs)
      return openCursor(chunk.encoding, bytes, chunk.source, isTaken)
    })
    new MixedRun(this.#target, samplesPerChunk).write(cursors)
  }

  #decode(chunk: GatheredChunk): void {
    const length = this.#read(chunk)
    const bytes = this.#bytes.subarray(0, length)
    const decoded = this.#decoded
    decoded.reserve(sampleCountOf(chunk.encoding, bytes))
    const [from, to] = [this.#minTimeMs, this.#maxTimeMs]
    decoded.count = this.#decoder.decode(chunk.encoding, bytes, from, to, decoded.target, 0)
    decoded.drop(chunk.deleted)
  }

  #encode(encoding: FloatEncoding): void {
    const { count, timestampsMs, startsMs, halves } = this.#merged
    const writer = this.#writer(encoding)
    for (let start = 0; start < count; start += samplesPerChunk) {
      const end = Math.min(start + samplesPerChunk, count)
      for (let index = start; index < end; index++) {
        writer.append(timestampsMs[index] ?? 0, startsMs[index] ?? 0, halves, index)
      }
      const bytes = writer.bytes()
      assert(writer.sampleCount === end - start, 'a chunk holds what was written to it')
      const [minTimeMs, maxTimeMs] = [timestampsMs[start] ?? 0, timestampsMs[end - 1] ?? 0]
      this.#target.chunk(encoding, minTimeMs, maxTimeMs, bytes, bytes.length)
      writer.clear()
    }
  }

  #writer(encoding: FloatEncoding): FloatChunkWriter {
    const known = this.#writers.get(encoding)
    if (known !== undefined) return known
    const writer = createFloatChunkWriter(encoding)
    this.#writers.set(encoding, writer)
    return writer
  }
}
