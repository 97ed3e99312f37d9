import type { ChunkColumns } from './chunk-columns.ts'

/** The two bytes of the sample count, before what stands in a slot. */
export const countBytes = 2

/**
 * Copies an open chunk as Prometheus stores it, of whatever kind: the count field, then as many
 * bits of the slot as a snapshot names; answers how many bytes there are. The last byte's other bits
 * may be a later sample's, and are left out.
 */
export function copyOpenChunk(
  chunks: ChunkColumns,
  slot: number,
  bits: number,
  countField: number,
  into: Uint8Array,
): number {
  const length = Math.ceil(bits / 8)
  const start = chunks.slotStart(slot)
  into[0] = countField >>> 8
  into[1] = countField & 0xff
  into.set(chunks.slotSegment(slot).subarray(start, start + length), countBytes)
  const last = countBytes + length - 1
  into[last] = (into[last] ?? 0) & (0xff << (length * 8 - bits))
  return countBytes + length
}
