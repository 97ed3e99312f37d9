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
  uncompress(bytes: Uint8Array, lengthMax: number): Uint8Array
}
