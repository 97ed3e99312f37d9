import { limits } from '../../base/limits.ts'
import { halvesOf } from '../../model/stale-nan.ts'
import type { SampleColumns } from '../../storage/querier.ts'
import { RecentReads } from './recent-reads.ts'
import type { DecodeTarget } from './xor-decode.ts'

export const notDecoded = -1

const { decodedChunkSamplesMax: cell } = limits

/** Memory comes for so many cells at a time: 512 KiB. */
const cellsPerSlab = 256
/** Two rules of a group often read the same series: what those decode is not read again for a while. */
const readsUntilKept = 3

/** Decodes a whole chunk into the target from `index` on; answers the index behind it. */
type DecodeChunk = (target: DecodeTarget, index: number) => number

/**
 * Float chunks that one thread decoded, in cells of a fixed size: panels ask for the same few series
 * again and again, and decoding one costs ten times what copying it does. The memory comes as it is
 * used. Once all of it is, a chunk takes the place of the oldest when it has been read repeatedly of
 * late: who goes round through more chunks than there are cells, as rules do, would write over each
 * before it is read again.
 */
export class DecodedMemory {
  readonly #counts: Int32Array
  readonly #keys: Float64Array
  /** Of whom each cell is. */
  readonly #owners: (Map<number, number> | undefined)[] = []
  readonly #slabs: Slab[] = []
  readonly #reads: RecentReads
  #next = 0
  #isFull = false

  constructor(readonly cells: number = limits.decodedChunksMax) {
    this.#counts = new Int32Array(cells)
    this.#keys = new Float64Array(cells)
    this.#reads = new RecentReads(cells)
  }

  /** Whether a chunk that is read now, and is in no cell, is worth one. */
  wants(key: number): boolean {
    return !this.#isFull || this.#reads.completes(key, readsUntilKept)
  }

  /** Decodes into the oldest cell and gives it to an owner; what decode() throws leaves it empty. */
  add(owner: Map<number, number>, key: number, decode: DecodeChunk): number {
    const at = this.#next
    const slab = this.#slabs[Math.floor(at / cellsPerSlab)] ?? this.#newSlab()
    const from = (at % cellsPerSlab) * cell
    this.#next = (at + 1) % this.cells
    this.#isFull ||= this.#next === 0
    this.#owners[at]?.delete(this.#keys[at] ?? 0)
    this.#owners[at] = undefined
    this.#counts[at] = decode(slab.target, from) - from
    this.#keys[at] = key
    this.#owners[at] = owner
    owner.set(key, at)
    return at
  }

  /** Appends the samples with minTimeMs <= t <= maxTimeMs behind `end`; answers the new end. */
  copy(at: number, minTimeMs: number, maxTimeMs: number, into: SampleColumns, end: number): number {
    const { target, values } = this.#slabs[Math.floor(at / cellsPerSlab)] ?? noSlab
    const { timestampsMs } = target
    let from = (at % cellsPerSlab) * cell
    let to = from + (this.#counts[at] ?? 0)
    while (from < to && (timestampsMs[from] ?? 0) < minTimeMs) from++
    while (to > from && (timestampsMs[to - 1] ?? 0) > maxTimeMs) to--
    into.grow(end + to - from)
    into.timestampsMs.set(timestampsMs.subarray(from, to), end)
    into.values.set(values.subarray(from, to), end)
    return end + to - from
  }

  #newSlab(): Slab {
    const slab = slabOf(Math.min(cellsPerSlab, this.cells) * cell)
    this.#slabs.push(slab)
    return slab
  }
}

interface Slab {
  readonly target: DecodeTarget
  /** The target's halves as numbers. */
  readonly values: Float64Array
}

function slabOf(samples: number): Slab {
  const values = new Float64Array(samples)
  return { target: { timestampsMs: new Float64Array(samples), halves: halvesOf(values) }, values }
}

const noSlab = slabOf(0)

/** The decoded chunks of one owner, whose chunks never change: a block, or the head's files. */
export class DecodedChunks {
  readonly #cells = new Map<number, number>()

  constructor(readonly memory: DecodedMemory) {}

  /** Where a chunk is, or notDecoded. */
  find(key: number): number {
    return this.#cells.get(key) ?? notDecoded
  }

  /** Whether to add a chunk that was not found: ask once whenever it is read. */
  wants(key: number): boolean {
    return this.memory.wants(key)
  }

  add(key: number, decode: DecodeChunk): number {
    return this.memory.add(this.#cells, key, decode)
  }
}

/** Whether a chunk is short enough to be kept. */
export function fitsDecoded(samples: number): boolean {
  return samples <= cell
}
