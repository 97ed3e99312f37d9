import { NarthexError } from '../../base/errors.ts'
import { limits } from '../../base/limits.ts'
import { type Looks, noLooks } from '../../base/looks.ts'
import { sharedFloat64, sharedUint32 } from '../../base/shared-copy.ts'
import { halvesOf } from '../../model/stale-nan.ts'
import type {
  ChunkColumns,
  ChunkSeriesSet,
  HistogramCursor,
  LabelColumns,
  SampleColumns,
} from '../../storage/querier.ts'
import type { SharedBlockSeries } from '../../storage/shared-series.ts'
import { ChunkCorruption } from '../chunk/chunk-corruption.ts'
import { isFloatEncoding, isHistogramEncoding } from '../chunk/chunk-encoding.ts'
import { ChunkHistograms, type HistogramChunkSource } from '../chunk/chunk-histograms.ts'
import { ChunkPlace } from '../chunk/chunk-place.ts'
import { type DecodedChunks, fitsDecoded, notDecoded } from '../chunk/decoded-chunks.ts'
import { FloatChunkDecoder } from '../chunk/float-decode.ts'
import { HistogramDecoder } from '../chunk/histogram-decoder.ts'
import type { DecodeTarget } from '../chunk/xor-decode.ts'
import { dropDeleted, type Intervals } from '../index/intervals.ts'
import type { BlockReader } from './block-reader.ts'
import { ChunkMetas } from './chunk-metas.ts'

/** The selected series of one block: chunks are read when somebody asks for them. */
export class BlockSeriesSet implements ChunkSeriesSet {
  readonly warnings: readonly string[] = []
  histogramChunksPassed = 0
  readonly labels: LabelColumns
  readonly #reader: BlockReader
  /** The series' references, and where their chunks begin among all. */
  readonly #refs: Uint32Array
  readonly #offsets: Uint32Array
  readonly #metas: ChunkMetas
  readonly #looks: Looks
  readonly #decoder = new FloatChunkDecoder()
  #target = noTarget
  /** Of few chunks, which are worth being kept decoded. */
  readonly #isSmall: boolean
  readonly #chunk = new ChunkPlace()
  #chunks: ChunkColumns | undefined
  #histograms: BlockHistograms | undefined

  /** Chunks of series s stand at offsets[s] .. offsets[s + 1] of the metas. */
  constructor(
    reader: BlockReader,
    refs: Uint32Array,
    labels: LabelColumns,
    offsets: Uint32Array,
    metas: ChunkMetas,
    looks: Looks = noLooks,
  ) {
    this.#looks = looks
    this.#reader = reader
    this.#refs = refs
    this.labels = labels
    this.#offsets = offsets
    this.#metas = metas
    this.#isSmall = metas.count <= limits.decodedSelectChunksMax
  }

  get seriesCount(): number {
    return this.#refs.length
  }

  hidesSamples(series: number): boolean {
    return this.deletedOf(series).length > 0
  }

  /** Encoded as they are, with what tombstones have deleted: see deletedOf. Reads every chunk. */
  get chunks(): ChunkColumns {
    this.#chunks ??= this.#readChunks()
    return this.#chunks
  }

  /** The deleted times of a series. */
  deletedOf(series: number): Intervals {
    return this.#reader.tombstones.of(this.#refs[series] ?? 0)
  }

  readFloats(
    series: number,
    minTimeMs: number,
    maxTimeMs: number,
    into: SampleColumns,
    from = 0,
  ): number {
    const metas = this.#metas
    const last = this.#offsets[series + 1] ?? 0
    const decoded = this.#isSmall && into.startsMs === undefined ? this.#reader.decoded : undefined
    let end = from
    for (let chunk = this.#offsets[series] ?? 0; chunk < last; chunk++) {
      if ((metas.maxTimeMs[chunk] ?? 0) < minTimeMs) continue
      if ((metas.minTimeMs[chunk] ?? 0) > maxTimeMs) break
      const at = decoded === undefined ? notDecoded : this.#decoded(decoded, chunk)
      if (decoded === undefined || at === notDecoded) {
        end = this.#decode(chunk, minTimeMs, maxTimeMs, into, end)
      } else end = decoded.memory.copy(at, minTimeMs, maxTimeMs, into, end)
    }
    return dropDeleted(this.deletedOf(series), into, from, end)
  }

  /** Undefined where something of them is deleted: another thread may have heard more of that. */
  share(): SharedBlockSeries | undefined {
    if (anyDeleted(this.#reader, this.#refs)) return undefined
    const { count, refs, minTimeMs, maxTimeMs } = this.#metas
    return {
      kind: 'block',
      ulid: this.#reader.meta.ulid,
      refs: sharedUint32(this.#refs),
      offsets: sharedUint32(this.#offsets),
      chunkRefs: sharedFloat64(refs.subarray(0, count)),
      minTimeMs: sharedFloat64(minTimeMs.subarray(0, count)),
      maxTimeMs: sharedFloat64(maxTimeMs.subarray(0, count)),
    }
  }

  readHistograms(series: number, minTimeMs: number, maxTimeMs: number): HistogramCursor {
    this.#histograms ??= new BlockHistograms(this.#reader, this.#metas)
    const histograms = this.#histograms
    const last = this.#offsets[series + 1] ?? 0
    histograms.begin(this.#offsets[series] ?? 0, last, minTimeMs, maxTimeMs)
    histograms.cursor.begin(minTimeMs, maxTimeMs, this.deletedOf(series))
    return histograms.cursor
  }

  #decode(
    chunk: number,
    minTimeMs: number,
    maxTimeMs: number,
    into: SampleColumns,
    end: number,
  ): number {
    const place = this.#read(chunk)
    if (!isFloatEncoding(place.encoding)) {
      this.histogramChunksPassed++
      return end
    }
    try {
      const samples = place.sampleCount
      into.grow(end + samples)
      const target = this.#targetOf(into)
      return this.#decoder.decodePlace(place, samples, minTimeMs, maxTimeMs, target, end)
    } catch (thrown) {
      throw this.#named(chunk, thrown)
    }
  }

  /** Made anew only where the columns have other memory than those of the chunk before. */
  #targetOf({ timestampsMs, values, startsMs }: SampleColumns): DecodeTarget {
    const known = this.#target
    const isSame =
      known.timestampsMs === timestampsMs && known.values === values && known.startsMs === startsMs
    if (!isSame) this.#target = { timestampsMs, values, halves: halvesOf(values), startsMs }
    return this.#target
  }

  /** Where a chunk of floats that is worth being kept is, decoded by now. */
  #decoded(decoded: DecodedChunks, chunk: number): number {
    const key = this.#metas.refs[chunk] ?? 0
    const known = decoded.find(key)
    if (known !== notDecoded || !decoded.wants(key)) return known
    const place = this.#read(chunk)
    if (!isFloatEncoding(place.encoding)) return notDecoded
    try {
      const samples = place.sampleCount
      if (!fitsDecoded(samples)) return notDecoded
      return decoded.add(key, (target, index) =>
        this.#decoder.decodePlace(place, samples, -Infinity, Infinity, target, index),
      )
    } catch (thrown) {
      throw this.#named(chunk, thrown)
    }
  }

  #read(chunk: number): ChunkPlace {
    this.#reader.readChunk(this.#metas.refs[chunk] ?? 0, this.#chunk)
    return this.#chunk
  }

  /** A chunk that does not decode though its checksum is right was written so: say where. */
  #named(chunk: number, thrown: unknown): unknown {
    if (!(thrown instanceof ChunkCorruption)) return thrown
    return this.#reader.chunkFault(this.#metas.refs[chunk] ?? 0, thrown.message)
  }

  #readChunks(): ChunkColumns {
    const { count, minTimeMs, maxTimeMs } = this.#metas
    const encoding = new Uint8Array(count)
    const samples = new Uint32Array(count)
    for (let chunk = 0; chunk < count; chunk++) {
      this.#looks.item()
      const place = this.#read(chunk)
      encoding[chunk] = place.encoding
      try {
        samples[chunk] = place.sampleCount
      } catch (thrown) {
        throw this.#named(chunk, thrown)
      }
    }
    return {
      offsets: this.#offsets,
      encoding,
      minTimeMs: minTimeMs.subarray(0, count),
      maxTimeMs: maxTimeMs.subarray(0, count),
      samples,
      read: (chunk, into) => {
        const { bytes } = this.#read(chunk)
        into.set(bytes)
        return bytes.length
      },
    }
  }
}

/**
 * Series of a block that another reader of it shared, without their labels. Throws where something
 * of them was deleted since.
 */
export function sharedBlockSeries(reader: BlockReader, shared: SharedBlockSeries): BlockSeriesSet {
  const { refs, offsets, chunkRefs, minTimeMs, maxTimeMs } = shared
  if (anyDeleted(reader, refs)) {
    throw new NarthexError('CLOSED', `block ${shared.ulid} has tombstones that its query has not`)
  }
  const metas = ChunkMetas.of(chunkRefs, minTimeMs, maxTimeMs)
  return new BlockSeriesSet(reader, refs, noLabels, offsets, metas)
}

function anyDeleted({ tombstones }: BlockReader, refs: Uint32Array): boolean {
  return tombstones.count > 0 && refs.some((ref) => tombstones.of(ref).length > 0)
}

/** The values stand in its halves. */
interface ColumnsTarget extends DecodeTarget {
  readonly values: Float64Array
}

const noTarget: ColumnsTarget = {
  timestampsMs: new Float64Array(0),
  values: new Float64Array(0),
  halves: new Uint32Array(0),
}

const noLabels: LabelColumns = { offsets: new Uint32Array(1), labelIds: new Uint32Array(0) }

/** The histogram chunks of a series that reach into a range. */
class BlockHistograms implements HistogramChunkSource {
  readonly #reader: BlockReader
  readonly #metas: ChunkMetas
  readonly #chunk = new ChunkPlace()
  readonly #decoder = new HistogramDecoder()
  readonly cursor = new ChunkHistograms(this, this.#decoder)
  #next = 0
  #end = 0
  #minTimeMs = 0
  #maxTimeMs = 0

  constructor(reader: BlockReader, metas: ChunkMetas) {
    this.#reader = reader
    this.#metas = metas
  }

  begin(first: number, end: number, minTimeMs: number, maxTimeMs: number): void {
    this.#next = first
    this.#end = end
    this.#minTimeMs = minTimeMs
    this.#maxTimeMs = maxTimeMs
  }

  open(decoder: HistogramDecoder): boolean {
    const metas = this.#metas
    while (this.#next < this.#end) {
      const chunk = this.#next++
      if ((metas.maxTimeMs[chunk] ?? 0) < this.#minTimeMs) continue
      if ((metas.minTimeMs[chunk] ?? 0) > this.#maxTimeMs) return false
      this.#reader.readChunk(metas.refs[chunk] ?? 0, this.#chunk)
      const { encoding, bytes } = this.#chunk
      if (!isHistogramEncoding(encoding)) continue
      decoder.open(encoding, bytes)
      return true
    }
    return false
  }

  /** A chunk that does not decode though its checksum is right was written so: say where. */
  fault(corruption: ChunkCorruption): Error {
    return this.#reader.chunkFault(this.#metas.refs[this.#next - 1] ?? 0, corruption.message)
  }
}
