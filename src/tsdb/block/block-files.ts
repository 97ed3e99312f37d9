/** Names below a block's directory, as Prometheus has them. */
export const blockFile = {
  meta: 'meta.json',
  index: 'index',
  tombstones: 'tombstones',
  chunks: 'chunks',
} as const

/** `chunks/000001` is segment 0: references count from there. */
export function segmentName(segment: number): string {
  return String(segment + 1).padStart(6, '0')
}

export const indexMagic = 0xbaaad700
export const indexHeaderBytes = 5
/** Six offsets and the sum. */
export const tocBytes = 52
/** Series begin at multiples of this; references to them count in it. */
export const seriesAlignBytes = 16
/** Every so many symbols and label values one place is kept in memory (row T5.5). */
export const samplingFactor = 32

export const chunksMagic = 0x85bd40dd
export const chunksHeaderBytes = 8
export const sumBytes = 4
