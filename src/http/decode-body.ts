import { once } from 'node:events'
import { createGunzip, gunzipSync } from 'node:zlib'
import { NarthexError } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import type { EncodedBody } from './http-answer.ts'
import { Inflater } from './inflate.ts'
import { LineLength } from './line-length.ts'

/** The pieces of a body after decoding, in order. */
export interface DecodedBody {
  readonly pieces: readonly Uint8Array[]
  readonly bodyBytes: number
  /** Whoever has no more use for the pieces may say so: their memory is used again. */
  release?(): void
}

/**
 * Undoes gzip. A body that inflates to at most a MiB is done at once, which costs a third of the
 * stream's processor time; larger ones go through the stream and let others run in between.
 * Throws NarthexError BODY_TOO_LARGE over the limit, BODY_INVALID for what is no gzip, or has too long
 * a line where it inflates to more than that.
 */
export async function decodeBody(
  answer: EncodedBody,
  bytesMax: number,
  lineBytesMax = Infinity,
): Promise<DecodedBody> {
  if (answer.contentEncoding !== 'gzip') {
    if (answer.bodyBytes > bytesMax) throw tooLarge(bytesMax)
    return answer
  }
  const packed = answer.pieces.length === 1 ? answer.pieces[0] : Buffer.concat(answer.pieces)
  if (packed === undefined || packed.length < gzipBytesMin) throw tooShort(packed)
  // The trailer's length is a hint only: a liar meets the limit and then takes the slow way.
  const hint = new DataView(packed.buffer, packed.byteOffset + packed.length - 4).getUint32(0, true)
  if (hint <= limits.inflateAtOnceBytes) {
    const quickly = inflateAgain(packed, Math.min(hint, bytesMax))
    if (quickly !== undefined) {
      answer.release?.()
      return quickly
    }
    const inflated = inflateAtOnce(packed, hint)
    if (inflated !== undefined) {
      if (inflated.length > bytesMax) throw tooLarge(bytesMax)
      return { pieces: [inflated], bodyBytes: inflated.length }
    }
  }
  return await inflateInPieces(answer.pieces, bytesMax, lineBytesMax)
}

/** Header and trailer of an empty member. */
const gzipBytesMin = 18

const inflater = new Inflater()
const spares: Uint8Array[] = []

/** What is no single member of that many bytes is left to others. */
function inflateAgain(packed: Uint8Array, bodyBytes: number): DecodedBody | undefined {
  if (bodyBytes === 0) return undefined
  const spare = spares.pop()
  const bytes =
    spare !== undefined && spare.length >= bodyBytes ? spare : new Uint8Array(bodyBytes * 2)
  const release = () => {
    if (spares.length < limits.inflateSparesKept) spares.push(bytes)
  }
  const piece = bytes.subarray(0, bodyBytes)
  if (inflater.inflate(packed, piece)) return { pieces: [piece], bodyBytes, release }
  release()
  return undefined
}

function inflateAtOnce(packed: Uint8Array, hint: number): Uint8Array | undefined {
  try {
    // One output chunk of the right size, so that nothing is copied together.
    const chunkSize = Math.max(hint + 64, 1_024)
    return gunzipSync(packed, { chunkSize, maxOutputLength: limits.inflateAtOnceBytes + 64 })
  } catch (thrown) {
    if (isTooLong(thrown)) return undefined
    throw invalid(thrown)
  }
}

async function inflateInPieces(
  packed: readonly Uint8Array[],
  bytesMax: number,
  lineBytesMax: number,
): Promise<DecodedBody> {
  const line = new LineLength(lineBytesMax)
  const gunzip = createGunzip({ chunkSize: limits.inflatePieceBytes })
  const pieces: Uint8Array[] = []
  let bodyBytes = 0
  gunzip.on('data', (piece: Uint8Array) => {
    bodyBytes += piece.length
    const fault = bodyBytes > bytesMax ? tooLarge(bytesMax) : line.add(piece)
    if (fault === undefined) pieces.push(piece)
    else gunzip.destroy(fault)
  })
  const ended = once(gunzip, 'end')
  for (const piece of packed) gunzip.write(piece)
  gunzip.end()
  try {
    await ended
  } catch (thrown) {
    // What is given up must not wait for the collector.
    pieces.length = 0
    if (thrown instanceof NarthexError) throw thrown
    throw invalid(thrown)
  }
  return { pieces, bodyBytes }
}

/** Copies the pieces to the start of `into`, which has room for them. */
export function joinBody(body: DecodedBody, into: Uint8Array): void {
  let offset = 0
  for (const piece of body.pieces) {
    into.set(piece, offset)
    offset += piece.length
  }
}

function isTooLong(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === 'ERR_BUFFER_TOO_LARGE'
}

function tooLarge(bytesMax: number): NarthexError {
  return new NarthexError('BODY_TOO_LARGE', `body has more than ${bytesMax} bytes`)
}

/** What there is may be no gzip at all. */
function tooShort(packed: Uint8Array | undefined): NarthexError {
  if (packed === undefined || packed.length === 0) return new NarthexError('BODY_INVALID', 'EOF')
  const isGzip = packed.length < gzipHeaderBytes || magic.every((byte, at) => packed[at] === byte)
  return new NarthexError('BODY_INVALID', isGzip ? 'unexpected EOF' : badHeader)
}

const gzipHeaderBytes = 10
/** What a header begins with. */
const magic = [0x1f, 0x8b, 0x08]
const badHeader = 'gzip: invalid header'

/** Prometheus' words for what is wrong with a body: people search for them. */
const goTexts: Readonly<Record<string, string>> = {
  'unexpected end of file': 'unexpected EOF',
  'incorrect header check': badHeader,
  'unknown compression method': badHeader,
  'incorrect data check': 'gzip: invalid checksum',
  'incorrect length check': 'gzip: invalid checksum',
}

function invalid(thrown: unknown): NarthexError {
  const reason = thrown instanceof Error ? thrown.message : String(thrown)
  return new NarthexError('BODY_INVALID', goTexts[reason] ?? `gzip: ${reason}`)
}
