import snappy from 'snappyjs'
import { NarthexError } from '../base/errors.ts'
import { type SnappyBlock, type SnappyCodec, wholeBlock } from './snappy-codec.ts'

/**
 * The codec in plain TypeScript: runs where WebAssembly cannot, and is what the kernel is held
 * against. The header declares a length and snappyjs believes it (it allocates a declared GiB,
 * truncates what is longer and fills what is shorter with zeros), so the block is checked first.
 */
export const snappyTwin: SnappyCodec = {
  compress: (bytes) => snappy.compress(bytes),
  uncompress(block, lengthMax) {
    const bytes = wholeBlock(block)
    const header = readHeader(bytes, lengthMax)
    checkElements(bytes, header)
    return snappy.uncompress(bytes, header.length)
  },
}

export interface SnappyHeader {
  /** Of what the elements make, as declared. */
  readonly length: number
  /** Where the elements begin. */
  readonly start: number
}

export function readHeader(bytes: Uint8Array, lengthMax: number): SnappyHeader {
  const header = declaredLength(bytes)
  if (header.length <= lengthMax) return header
  throw new NarthexError(
    'BODY_TOO_LARGE',
    `snappy block declares ${header.length} bytes, limit ${lengthMax} bytes`,
  )
}

/** What a server says of a compressed body: upstream has two libraries for it. */
export interface BodyFaultTexts {
  readonly corrupt: string
  readonly tooLarge: (length: number, lengthMax: number) => string
}

/** What a client's compressed body holds. Throws BODY_TOO_LARGE and BODY_INVALID, in these words. */
export function uncompressedBody(
  codec: SnappyCodec,
  body: SnappyBlock,
  lengthMax: number,
  texts: BodyFaultTexts,
): Uint8Array {
  try {
    return codec.uncompress(body, lengthMax)
  } catch (thrown) {
    if (!(thrown instanceof NarthexError)) throw thrown
    const words =
      thrown.code === 'BODY_TOO_LARGE'
        ? texts.tooLarge(declaredLength(wholeBlock(body)).length, lengthMax)
        : texts.corrupt
    throw new NarthexError(thrown.code, words, { cause: thrown })
  }
}

/** Walks the elements without making anything of them. Throws BODY_INVALID. */
export function checkElements(bytes: Uint8Array, { length, start }: SnappyHeader): void {
  const produced = walk(bytes, start, length)
  if (produced !== length) throw invalid(`declares ${length} bytes and holds ${produced}`)
}

function declaredLength(bytes: Uint8Array): SnappyHeader {
  let length = 0
  for (let index = 0; index < 5; index++) {
    const byte = bytes[index]
    if (byte === undefined) throw invalid('ends within its header')
    length += (byte & 0x7f) * 128 ** index
    if (byte < 0x80) {
      if (length > 0xffffffff) break
      return { length, start: index + 1 }
    }
  }
  throw invalid('has no length')
}

/** How many bytes the elements make; stops as soon as they make more than `lengthMax`. */
function walk(bytes: Uint8Array, start: number, lengthMax: number): number {
  let at = start
  let produced = 0
  while (at < bytes.length) {
    const tag = bytes[at] ?? 0
    const kind = tag & 3
    let offset = 0
    let length: number
    if (kind === 0) {
      const extra = (tag >>> 2) - 59
      length = extra > 0 ? littleEndian(bytes, at + 1, extra) + 1 : (tag >>> 2) + 1
      at += 1 + Math.max(extra, 0) + length
    } else {
      const size = kind === 1 ? 1 : kind === 2 ? 2 : 4
      length = kind === 1 ? ((tag >>> 2) & 7) + 4 : (tag >>> 2) + 1
      offset = littleEndian(bytes, at + 1, size) + (kind === 1 ? (tag >>> 5) * 256 : 0)
      if (offset === 0 || offset > produced) throw invalid(`copies from ${offset} bytes back`)
      at += 1 + size
    }
    if (at > bytes.length) throw invalid('ends within an element')
    produced += length
    if (produced > lengthMax) return produced
  }
  return produced
}

function littleEndian(bytes: Uint8Array, at: number, size: number): number {
  if (at + size > bytes.length) throw invalid('ends within an element')
  let value = 0
  for (let index = size - 1; index >= 0; index--) value = value * 256 + (bytes[at + index] ?? 0)
  return value
}

function invalid(what: string): NarthexError {
  return new NarthexError('BODY_INVALID', `snappy block ${what}`)
}
