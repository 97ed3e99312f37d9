import { lineWord } from '../chunk/xor-line.ts'
import type { ChunkColumns } from './chunk-columns.ts'
import type { SeriesColumns } from './series-columns.ts'

/** The ends of so many chunks stay in the processor's nearest cache until their samples come. */
export const endsAtOnce = 128

/**
 * Has the ends of many open chunks come from memory at once. A processor does not look ahead from one
 * append to the next: with more chunks than its caches hold, it would wait for each by itself.
 */
export class OpenChunkEnds {
  readonly #series: SeriesColumns
  readonly #chunks: ChunkColumns
  readonly #slots = new Uint32Array(endsAtOnce)
  readonly #ends = new Uint32Array(endsAtOnce)
  /** All bytes that were read last, xored: what comes to nothing would not be read at all. */
  seen = 0

  constructor(series: SeriesColumns, chunks: ChunkColumns) {
    this.#series = series
    this.#chunks = chunks
  }

  /**
   * Reads the last byte of the open chunks of ids[from .. to), as far as endsAtOnce of them reach, and
   * answers where that is. The second loop does so little that the processor runs ahead of what it waits
   * for.
   */
  approach(ids: Uint32Array, from: number, to: number): number {
    const [slots, ends] = [this.#slots, this.#ends]
    let count = 0
    let index = from
    for (let before = -1; index < to && count < endsAtOnce; index++) {
      const series = ids[index] ?? 0
      if (series === before) continue
      before = series
      const words = this.#series.words(series)
      const word = this.#series.lineAt(series) * 2
      if (((words[word + lineWord.counts] ?? 0) & 0xffff) === 0) continue
      const slot = words[word + lineWord.slot] ?? 0
      slots[count] = slot
      ends[count++] = this.#chunks.slotStart(slot) + ((words[word + lineWord.bits] ?? 0) >>> 3)
    }
    let seen = 0
    for (let at = 0; at < count; at++) {
      seen ^= this.#chunks.slotSegment(slots[at] ?? 0)[ends[at] ?? 0] ?? 0
    }
    this.seen = seen
    return index
  }
}
