import { limits } from '../../base/limits.ts'
import { halvesOf } from '../../model/stale-nan.ts'
import type { SampleColumns } from '../../storage/querier.ts'
import type { DecodeTarget } from './xor-decode.ts'

export const notDecoded = -1

const { decodedChunkSamplesMax: cell } = limits

/** Decodes a whole chunk into the target from `index` on; answers the index behind it. */
type DecodeChunk = (target: DecodeTarget, index: number) => number

/**
 * The float chunks that one thread decoded last, in cells of a fixed size, each written over the
 * oldest: panels ask for the same few series again and again, and decoding one costs ten times what
 * copying it does. The memory is touched as it is used.
 */
export class DecodedMemory {
  readonly #counts: Int32Array
  readonly #keys: Float64Array
  /** Of whom each cell is. */
  readonly #owners: (Map<number, number> | undefined)[] = []
  #target: DecodeTarget = noTarget
  #values = noTarget.timestampsMs
  #next = 0

  constructor(readonly cells: number = limits.decodedChunksMax) {
    this.#counts = new Int32Array(cells)
    this.#keys = new Float64Array(cells)
  }

  /** Decodes into the oldest cell and gives it to an owner; what decode() throws leaves it empty. */
  add(owner: Map<number, number>, key: number, decode: DecodeChunk): number {
    if (this.#target === noTarget) this.#allocate()
    const at = this.#next
    this.#next = (at + 1) % this.cells
    this.#owners[at]?.delete(this.#keys[at] ?? 0)
    this.#owners[at] = undefined
    this.#counts[at] = decode(this.#target, at * cell) - at * cell
    this.#keys[at] = key
    this.#owners[at] = owner
    owner.set(key, at)
    return at
  }

  /** Appends the samples with minTimeMs <= t <= maxTimeMs behind `end`; answers the new end. */
  copy(at: number, minTimeMs: number, maxTimeMs: number, into: SampleColumns, end: number): number {
    const { timestampsMs } = this.#target
    let from = at * cell
    let to = from + (this.#counts[at] ?? 0)
    while (from < to && (timestampsMs[from] ?? 0) < minTimeMs) from++
    while (to > from && (timestampsMs[to - 1] ?? 0) > maxTimeMs) to--
    into.grow(end + to - from)
    into.timestampsMs.set(timestampsMs.subarray(from, to), end)
    into.values.set(this.#values.subarray(from, to), end)
    return end + to - from
  }

  #allocate(): void {
    this.#values = new Float64Array(this.cells * cell)
    const timestampsMs = new Float64Array(this.cells * cell)
    this.#target = { timestampsMs, halves: halvesOf(this.#values) }
  }
}

const noTarget: DecodeTarget = {
  timestampsMs: new Float64Array(0),
  halves: new Uint32Array(0),
}

/** The decoded chunks of one owner, whose chunks never change: a block, or the head's files. */
export class DecodedChunks {
  readonly #cells = new Map<number, number>()

  constructor(readonly memory: DecodedMemory) {}

  /** Where a chunk is, or notDecoded. */
  find(key: number): number {
    return this.#cells.get(key) ?? notDecoded
  }

  add(key: number, decode: DecodeChunk): number {
    return this.memory.add(this.#cells, key, decode)
  }
}

/** Whether a chunk is short enough to be kept. */
export function fitsDecoded(samples: number): boolean {
  return samples <= cell
}
