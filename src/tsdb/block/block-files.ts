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

/** Where a block is made; renamed to `<ULID>` when it is whole. */
export const creationSuffix = '.tmp-for-creation'

/** Suffix of a block's folder while it is deleted, and of those that a crash may have left. */
export const deletionSuffix = '.tmp-for-deletion'

/** Whether a path is that of a file of chunks in a block that is being made. */
export function isNewChunkFile(path: string): boolean {
  const [file = '', folder, block = ''] = path.split(/[\\/]/).reverse()
  return /^\d{6}$/.test(file) && folder === blockFile.chunks && block.endsWith(creationSuffix)
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
