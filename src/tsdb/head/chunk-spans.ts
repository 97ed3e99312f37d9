import { limits } from '../../base/limits.ts'
import type { CoveredSpans } from '../wal/covered-spans.ts'
import { type HeadChunkTable, kindWord } from './head-chunk-table.ts'

const secondsMax = 0x7fffffff
/** In place of where they end. */
const noSpans = -1

/** Chunks that are used: by their kind 1 for those, and when they end at least. */
export interface UsableChunks {
  readonly kinds: Uint8Array
  readonly fromMs: number
}

/**
 * Of which spans of time the usable chunks of a table have all samples. Of a ref whose chunks overlap
 * there are none: not all of them will be used. Undefined without chunks, and where refs lie too far
 * apart. A start waits for it, and what is called from such a loop is not compiled by then: it asks
 * the columns.
 */
export function chunkSpans(
  table: HeadChunkTable,
  { kinds, fromMs }: UsableChunks,
): CoveredSpans | undefined {
  const range = table.refs
  const { count: rows, refs, times, words, order, firstTimeMs } = table.columns
  if (range === undefined || range.last - range.first >= limits.replayCoveredRefsMax)
    return undefined
  const count = range.last - range.first + 1
  const starts = new Uint32Array(new SharedArrayBuffer((count + 1) * Uint32Array.BYTES_PER_ELEMENT))
  const seconds = new Int32Array(new SharedArrayBuffer(rows * 2 * Int32Array.BYTES_PER_ELEMENT))
  let [spans, place] = [0, 0]
  for (let index = 0; index < count; index++) {
    starts[index] = spans
    let end = spans
    let lastMs = Number.NEGATIVE_INFINITY
    for (; place < rows; place++) {
      const row = order[place] ?? 0
      if (refs[row] !== range.first + index) break
      const [minTimeMs, maxTimeMs] = [times[row * 2] ?? 0, times[row * 2 + 1] ?? 0]
      const isUsable = kinds[words[row * 4 + kindWord] ?? 0] === 1 && maxTimeMs >= fromMs
      if (end < spans || !isUsable) continue
      // None of them has a time outside of its chunk.
      const first = Math.ceil((minTimeMs - firstTimeMs) / 1_000)
      const last = Math.floor((maxTimeMs - firstTimeMs) / 1_000)
      if (minTimeMs <= lastMs) end = noSpans
      lastMs = maxTimeMs
      if (end === noSpans || last <= first || last > secondsMax) continue
      seconds[end * 2] = first
      seconds[end * 2 + 1] = last
      end++
    }
    spans = Math.max(spans, end)
  }
  starts[count] = spans
  const leftOut = new Uint8Array(new SharedArrayBuffer(count))
  return { firstRef: range.first, firstTimeMs, starts, seconds, leftOut }
}
