import { limits } from '../../base/limits.ts'
import type { CoveredSpans } from '../wal/covered-spans.ts'
import type { HeadChunkTable } from './head-chunk-table.ts'

const secondsMax = 0x7fffffff
/** In place of where they end. */
const noSpans = -1

/**
 * Of which spans of time the usable chunks of a table have all samples. Of a ref whose chunks overlap
 * there are none: not all of them will be used. Undefined without chunks, and where refs lie too far
 * apart.
 */
export function chunkSpans(
  table: HeadChunkTable,
  isUsable: (row: number) => boolean,
): CoveredSpans | undefined {
  const { refs, firstTimeMs } = table
  if (refs === undefined || refs.last - refs.first >= limits.replayCoveredRefsMax) return undefined
  const count = refs.last - refs.first + 1
  const starts = new Uint32Array(new SharedArrayBuffer((count + 1) * Uint32Array.BYTES_PER_ELEMENT))
  const seconds = new Int32Array(
    new SharedArrayBuffer(table.count * 2 * Int32Array.BYTES_PER_ELEMENT),
  )
  let [spans, place] = [0, 0]
  for (let index = 0; index < count; index++) {
    starts[index] = spans
    let end = spans
    let lastMs = Number.NEGATIVE_INFINITY
    for (; table.isOf(place, refs.first + index); place++) {
      const row = table.rowOf(place)
      if (end < spans || !isUsable(row)) continue
      // None of them has a time outside of its chunk.
      const first = Math.ceil((table.minTimeMs(row) - firstTimeMs) / 1_000)
      const last = Math.floor((table.maxTimeMs(row) - firstTimeMs) / 1_000)
      if (table.minTimeMs(row) <= lastMs) end = noSpans
      lastMs = table.maxTimeMs(row)
      if (end === noSpans || last <= first || last > secondsMax) continue
      seconds[end * 2] = first
      seconds[end * 2 + 1] = last
      end++
    }
    spans = Math.max(spans, end)
  }
  starts[count] = spans
  const leftOut = new Uint8Array(new SharedArrayBuffer(count))
  return { firstRef: refs.first, firstTimeMs, starts, seconds, leftOut }
}
