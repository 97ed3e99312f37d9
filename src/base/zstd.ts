import { decompress } from 'fzstd'
import { messageOf, NarthexError } from './errors.ts'

/** Throws BODY_TOO_LARGE past `lengthMax`, BODY_INVALID where it does not decode. */
export function uncompressZstd(bytes: Uint8Array, lengthMax: number): Uint8Array {
  let plain: Uint8Array
  try {
    plain = decompress(bytes)
  } catch (thrown) {
    throw new NarthexError('BODY_INVALID', `zstd frame: ${messageOf(thrown)}`, { cause: thrown })
  }
  if (plain.length > lengthMax) {
    throw new NarthexError(
      'BODY_TOO_LARGE',
      `zstd frame of ${plain.length} bytes, limit ${lengthMax}`,
    )
  }
  return plain
}
