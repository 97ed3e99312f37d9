/** A block as it came: in one piece, or in several. */
export type SnappyBlock = Uint8Array | readonly Uint8Array[]

/**
 * Snappy's block format. One codec is for one consumer: what a call answers may be a view of the
 * codec's own memory, valid until its next call.
 */
export interface SnappyCodec {
  compress(bytes: Uint8Array): Uint8Array
  /**
   * Throws BODY_TOO_LARGE past `lengthMax`, and BODY_INVALID where the block is not whole: its
   * elements must add up to exactly the declared length and refer only to what is there.
   */
  uncompress(block: SnappyBlock, lengthMax: number): Uint8Array
}

/** The block in one piece; a copy where there are several. */
export function wholeBlock(block: SnappyBlock): Uint8Array {
  return block instanceof Uint8Array ? block : Buffer.concat(block)
}
