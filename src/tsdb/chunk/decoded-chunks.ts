import { assert } from '../../base/assert.ts'
import { limits } from '../../base/limits.ts'
import { halvesOf } from '../../model/stale-nan.ts'
import type { SampleColumns } from '../../storage/querier.ts'
import { RecentReads } from './recent-reads.ts'
import type { DecodeTarget } from './xor-decode.ts'

export const notDecoded = -1

const { decodedChunkSamplesMax: cell } = limits

/** Memory comes for so many cells at a time: 512 KiB. */
const cellsPerSlab = 512
/** Two rules of a group often read the same series: what those decode is not read again for a while. */
const readsUntilKept = 3
/** The step of a chunk whose times are not even. */
const uneven = 0

/** Decodes a whole chunk into the target from `index` on; answers the index behind it. */
type DecodeChunk = (target: DecodeTarget, index: number) => number

/**
 * Float chunks that one thread decoded, in cells of a fixed size: panels ask for the same few series
 * again and again, and decoding one costs ten times what copying it does. Scrapes are as far apart as
 * one another, mostly: then a cell holds the values, and the times are counted out; if not, they
 * stand in the cell behind. The memory comes as it is used. Once all of it is, a chunk takes the
 * place of the oldest when it has been read repeatedly of late: who goes round through more chunks
 * than there are cells, as rules do, would write over each before it is read again.
 */
export class DecodedMemory {
  readonly #counts: Int32Array
  readonly #keys: Float64Array
  /** Of the first sample of each cell, and from one to the next; or uneven. */
  readonly #firstMs: Float64Array
  readonly #stepMs: Float64Array
  /** Of whom each cell is; of times, nobody's. */
  readonly #owners: (Map<number, number> | undefined)[] = []
  readonly #slabs: Float64Array[] = []
  readonly #reads: RecentReads
  readonly #values = new Float64Array(cell)
  readonly #target: DecodeTarget = {
    timestampsMs: new Float64Array(cell),
    halves: halvesOf(this.#values),
  }
  #next = 0
  #isFull = false

  constructor(readonly cells: number = limits.decodedChunksMax) {
    assert(cells > 1, 'a chunk may take two cells')
    this.#counts = new Int32Array(cells)
    this.#keys = new Float64Array(cells)
    this.#firstMs = new Float64Array(cells)
    this.#stepMs = new Float64Array(cells)
    this.#reads = new RecentReads(cells)
  }

  /** Whether a chunk that is read now, and is in no cell, is worth one. */
  wants(key: number): boolean {
    return !this.#isFull || this.#reads.completes(key, readsUntilKept)
  }

  /** Decodes into the oldest cells and gives them to an owner; what decode() throws changes nothing. */
  add(owner: Map<number, number>, key: number, decode: DecodeChunk): number {
    const { timestampsMs } = this.#target
    const count = decode(this.#target, 0)
    const stepMs = evenStepMs(timestampsMs, count)
    const at = this.#take(stepMs === uneven ? 2 : 1)
    this.#cell(at).set(this.#values)
    if (stepMs === uneven) this.#cell(at + 1).set(timestampsMs)
    this.#counts[at] = count
    this.#keys[at] = key
    this.#firstMs[at] = timestampsMs[0] ?? 0
    this.#stepMs[at] = stepMs
    this.#owners[at] = owner
    owner.set(key, at)
    return at
  }

  /** The first of the oldest cells, which are nobody's now: one, or two of one slab. */
  #take(cells: number): number {
    if (this.#next % cellsPerSlab > cellsPerSlab - cells || this.#next + cells > this.cells) {
      this.#goOn(1)
    }
    const at = this.#next
    this.#slabs[slabOf(at)] ??= new Float64Array(Math.min(cellsPerSlab, this.cells) * cell)
    for (let each = at; each < at + cells; each++) {
      this.#owners[each]?.delete(this.#keys[each] ?? 0)
      this.#owners[each] = undefined
    }
    this.#goOn(cells)
    return at
  }

  #goOn(cells: number): void {
    this.#next = (this.#next + cells) % this.cells
    this.#isFull ||= this.#next === 0
  }

  /** Appends the samples with minTimeMs <= t <= maxTimeMs behind `end`; answers the new end. */
  copy(at: number, minTimeMs: number, maxTimeMs: number, into: SampleColumns, end: number): number {
    return this.#stepMs[at] === uneven
      ? this.#copyUneven(at, minTimeMs, maxTimeMs, into, end)
      : this.#copyEven(at, minTimeMs, maxTimeMs, into, end)
  }

  #copyEven(
    at: number,
    minTimeMs: number,
    maxTimeMs: number,
    into: SampleColumns,
    end: number,
  ): number {
    const [firstMs, stepMs] = [this.#firstMs[at] ?? 0, this.#stepMs[at] ?? 0]
    let from = 0
    let to = this.#counts[at] ?? 0
    while (from < to && firstMs + from * stepMs < minTimeMs) from++
    while (to > from && firstMs + (to - 1) * stepMs > maxTimeMs) to--
    const newEnd = this.#copyValues(at, from, to, into, end)
    const { timestampsMs } = into
    for (let sample = from; sample < to; sample++) {
      timestampsMs[end + sample - from] = firstMs + sample * stepMs
    }
    return newEnd
  }

  #copyUneven(
    at: number,
    minTimeMs: number,
    maxTimeMs: number,
    into: SampleColumns,
    end: number,
  ): number {
    const times = this.#cell(at + 1)
    let from = 0
    let to = this.#counts[at] ?? 0
    while (from < to && (times[from] ?? 0) < minTimeMs) from++
    while (to > from && (times[to - 1] ?? 0) > maxTimeMs) to--
    const newEnd = this.#copyValues(at, from, to, into, end)
    into.timestampsMs.set(times.subarray(from, to), end)
    return newEnd
  }

  /** Answers the end behind them, up to which there is room for their times too. */
  #copyValues(at: number, from: number, to: number, into: SampleColumns, end: number): number {
    into.grow(end + to - from)
    into.values.set(this.#cell(at, from, to), end)
    return end + to - from
  }

  /** What stands in a cell, from one sample to another. */
  #cell(at: number, from = 0, to: number = cell): Float64Array {
    const start = (at % cellsPerSlab) * cell
    return (this.#slabs[slabOf(at)] ?? noSlab).subarray(start + from, start + to)
  }
}

function slabOf(at: number): number {
  return Math.floor(at / cellsPerSlab)
}

const noSlab = new Float64Array(0)

/** How far apart all of the times are, or uneven. */
function evenStepMs(timestampsMs: Float64Array, count: number): number {
  if (count < 2) return 1
  const firstMs = timestampsMs[0] ?? 0
  const stepMs = (timestampsMs[1] ?? 0) - firstMs
  if (stepMs <= 0) return uneven
  for (let sample = 2; sample < count; sample++) {
    if (timestampsMs[sample] !== firstMs + sample * stepMs) return uneven
  }
  return stepMs
}

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
