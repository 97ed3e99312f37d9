import { type FloatEncoding, isFloatEncoding, sampleCountOf } from '../chunk/chunk-encoding.ts'
import { encoding as chunkEncoding } from '../chunk/encoding.ts'
import { FloatColumns } from '../chunk/float-columns.ts'
import { FloatChunkDecoder } from '../chunk/float-decode.ts'
import { createFloatChunkWriter, type FloatChunkWriter } from '../chunk/xor-writer.ts'
import { type EncodingRule, mergedEncoding, mustCut } from './encoding-rule.ts'
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
  readonly #xor = createFloatChunkWriter(chunkEncoding.xor)
  readonly #xor2 = createFloatChunkWriter(chunkEncoding.xor2)
  readonly #floatEncoding: FloatEncoding
  #bytes = new Uint8Array(4096)
  #other = new Uint8Array(4096)

  /**
   * Samples outside of the range, whose ends are included, are left out. Floats of several chunks are
   * written with `floatEncoding`, those with start timestamps always as XOR2.
   */
  constructor(
    target: ChunkTarget,
    minTimeMs: number,
    maxTimeMs: number,
    floatEncoding: FloatEncoding,
  ) {
    this.#floatEncoding = floatEncoding
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

  #rewrite(unordered: readonly GatheredChunk[]): void {
    // Of one source too the later chunk wins, where it has several that overlap.
    const run = [...unordered].sort((a, b) => a.source - b.source || a.chunk - b.chunk)
    if (!run.every((chunk) => isFloatEncoding(chunk.encoding))) {
      this.#rewriteMixed(run)
      return
    }
    const merged = this.#merged
    merged.count = 0
    for (const chunk of run) {
      this.#decode(chunk)
      merged.merge(this.#decoded)
    }
    this.#encode(this.#ruleFor(run))
  }

  #rewriteMixed(run: readonly GatheredChunk[]): void {
    const cursors = run.map((chunk) => {
      const length = this.#read(chunk)
      const bytes = this.#bytes.subarray(0, length)
      const isTaken = (timeMs: number) =>
        timeMs >= this.#minTimeMs && timeMs <= this.#maxTimeMs && !isDeleted(chunk, timeMs)
      return openCursor(chunk.encoding, bytes, chunk.source, isTaken)
    })
    new MixedRun(this.#target, samplesPerChunk, this.#ruleFor(run)).write(cursors)
  }

  /** A chunk that only loses samples keeps its encoding. */
  #ruleFor(run: readonly GatheredChunk[]): EncodingRule {
    const [first] = run
    if (run.length === 1 && first !== undefined) return () => first.encoding
    return mergedEncoding(this.#floatEncoding)
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

  #encode(encodingOf: EncodingRule): void {
    const { count, timestampsMs, startsMs, halves } = this.#merged
    let writer = this.#xor
    let first = 0
    for (let index = 0; index < count; index++) {
      const startMs = startsMs[index] ?? 0
      const wanted = encodingOf(chunkEncoding.xor, startMs)
      const isFull = index - first === samplesPerChunk
      if (index === 0 || isFull || mustCut(writer.encoding, wanted, startMs)) {
        this.#end(writer, first)
        first = index
        writer = wanted === chunkEncoding.xor2 ? this.#xor2 : this.#xor
      }
      writer.append(timestampsMs[index] ?? 0, startMs, halves, index)
    }
    this.#end(writer, first)
  }

  /** Hands on the chunk whose first sample is this one of the merged, if it has any. */
  #end(writer: FloatChunkWriter, first: number): void {
    const { timestampsMs } = this.#merged
    const last = first + writer.sampleCount - 1
    if (last < first) return
    const bytes = writer.bytes()
    const [minTimeMs, maxTimeMs] = [timestampsMs[first] ?? 0, timestampsMs[last] ?? 0]
    this.#target.chunk(writer.encoding, minTimeMs, maxTimeMs, bytes, bytes.length)
    writer.clear()
  }
}
