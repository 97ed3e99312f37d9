import zlib from 'node:zlib'
import { decompress } from 'fzstd'
import { assert } from './assert.ts'
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

/** Node has had a compressor since 22.15: its function, or undefined. */
function compressor(): ((bytes: Uint8Array) => Uint8Array) | undefined {
  const compress: unknown = Reflect.get(zlib, 'zstdCompressSync')
  if (typeof compress !== 'function') return undefined
  return (bytes) => {
    const compressed: unknown = Reflect.apply(compress, zlib, [bytes])
    assert(compressed instanceof Uint8Array, 'zstd answers bytes')
    return compressed
  }
}

/** Undefined where this Node has none. */
export const compressZstd = compressor()
