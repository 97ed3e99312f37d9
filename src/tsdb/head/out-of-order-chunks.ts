import { isFloatEncoding, sampleCountOf } from '../chunk/chunk-encoding.ts'
import type { ChunkColumns } from './chunk-columns.ts'
import type { ClosedChunkReader } from './closed-chunk-reader.ts'
import type { TimeSpan } from './out-of-order-samples.ts'
import { type Slab, SlabEncoder, slabTimeMs } from './out-of-order-slab.ts'
import { outOfOrderWord, outOfOrderWords } from './snapshot-words.ts'

/** A chunk of a series' out-of-order samples: open ones are made chunks of, with bytes of their own. */
export interface OutOfOrderChunk extends TimeSpan {
  readonly encoding: number
  readonly samples: number
  /** Entry of a closed chunk. */
  readonly entry: number
  readonly bytes: Uint8Array | undefined
}

/** Finds and reads what rows of a snapshot name, in one thread. */
export class OutOfOrderChunks {
  readonly #chunks: ChunkColumns
  readonly #closed: ClosedChunkReader
  readonly #encoder = new SlabEncoder()

  constructor(chunks: ChunkColumns, closed: ClosedChunkReader) {
    this.#chunks = chunks
    this.#closed = closed
  }

  /** The chunks of a row that reach into a range, from the newest made to the oldest. */
  of(words: Uint32Array, row: number, { minTimeMs, maxTimeMs }: TimeSpan): OutOfOrderChunk[] {
    const slab = slabOf(words, row)
    const isWithin = (span: TimeSpan) => span.maxTimeMs >= minTimeMs && span.minTimeMs <= maxTimeMs
    const found: OutOfOrderChunk[] = []
    if (slab.count > 0) {
      this.#encoder.encode(this.#chunks, slab, (kind, fromMs, toMs, bytes) => {
        const span = { minTimeMs: fromMs, maxTimeMs: toMs }
        if (!isWithin(span)) return
        const samples = sampleCountOf(kind, bytes)
        found.push({ ...span, encoding: kind, samples, entry: 0, bytes: bytes.slice() })
      })
    }
    const chunks = this.#chunks
    this.#eachClosed(words, row, (entry) => {
      const span = { minTimeMs: chunks.minTimeMs(entry), maxTimeMs: chunks.maxTimeMs(entry) }
      if (!isWithin(span)) return
      const [kind, samples] = [chunks.encoding(entry), chunks.samples(entry)]
      found.push({ ...span, encoding: kind, samples, entry, bytes: undefined })
    })
    return found
  }

  /** Number + 1 of the newest chunk of a row that blocks hold which were listed by then; 0 = none. */
  listedFrom(words: Uint32Array, row: number, listings: number): number {
    if (listings === 0) return 0
    let next = words[row * outOfOrderWords + outOfOrderWord.chain] ?? 0
    while (next !== 0 && !this.#chunks.isListed(next - 1, listings)) {
      next = this.#chunks.previous(next - 1)
    }
    return next
  }

  #eachClosed(words: Uint32Array, row: number, visit: (entry: number) => void): void {
    const at = row * outOfOrderWords
    const end = words[at + outOfOrderWord.chainEnd] ?? 0
    let next = words[at + outOfOrderWord.chain] ?? 0
    for (; next !== end && next !== 0; next = this.#chunks.previous(next - 1)) visit(next - 1)
  }

  /** The span of what a row has within a range; undefined for nothing. */
  spanOf(words: Uint32Array, row: number, range: TimeSpan): TimeSpan | undefined {
    let minTimeMs = Number.POSITIVE_INFINITY
    let maxTimeMs = Number.NEGATIVE_INFINITY
    const visit = (fromMs: number, toMs: number) => {
      if (toMs < range.minTimeMs || fromMs > range.maxTimeMs) return
      minTimeMs = Math.min(minTimeMs, Math.max(fromMs, range.minTimeMs))
      maxTimeMs = Math.max(maxTimeMs, Math.min(toMs, range.maxTimeMs))
    }
    const { slot, count } = slabOf(words, row)
    for (let entry = 0; entry < count; entry++) {
      const timeMs = slabTimeMs(this.#chunks, slot, entry)
      visit(timeMs, timeMs)
    }
    this.#eachClosed(words, row, (entry) => {
      visit(this.#chunks.minTimeMs(entry), this.#chunks.maxTimeMs(entry))
    })
    return minTimeMs > maxTimeMs ? undefined : { minTimeMs, maxTimeMs }
  }

  /** A chunk's data with its sample count; valid until the next call. */
  read({ bytes, entry }: OutOfOrderChunk): Uint8Array {
    if (bytes !== undefined) return bytes
    const { view, start, length } = this.#closed.locate(entry)
    return new Uint8Array(view.buffer, view.byteOffset + start, length)
  }
}

function slabOf(words: Uint32Array, row: number): Slab {
  const at = row * outOfOrderWords
  const { slot, count, apart } = outOfOrderWord
  return {
    slot: words[at + slot] ?? 0,
    count: words[at + count] ?? 0,
    apart: words[at + apart] ?? 0,
  }
}

export function isOfFloats(chunk: OutOfOrderChunk): boolean {
  return isFloatEncoding(chunk.encoding)
}

/**
 * Runs of chunks that overlap each other, in order of time; in a run they keep their order, from the
 * newest made to the oldest.
 */
export function runsOf(chunks: readonly OutOfOrderChunk[]): readonly OutOfOrderChunk[][] {
  const order = chunks.map((_, index) => index)
  const startMs = (index: number) => chunks[index]?.minTimeMs ?? 0
  order.sort((a, b) => startMs(a) - startMs(b))
  const runs: number[][] = []
  let endMs = Number.NEGATIVE_INFINITY
  for (const index of order) {
    const last = runs.at(-1)
    if (last === undefined || startMs(index) > endMs) runs.push([index])
    else last.push(index)
    endMs = Math.max(endMs, chunks[index]?.maxTimeMs ?? 0)
  }
  return runs.map((run) => {
    run.sort((a, b) => a - b)
    return run.flatMap((index) => chunks[index] ?? [])
  })
}
