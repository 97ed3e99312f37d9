import { promisify } from 'node:util'
import { crc32, deflateRaw } from 'node:zlib'
import { limits } from '../base/limits.ts'
import { deflated, deflateKernel, zlibOptions } from '../kernels/deflate.ts'
import type { AnswerCoding, QueryReply } from '../storage/query-runner.ts'

const deflate = promisify(deflateRaw)

/** RFC 1952: the magic number, deflate, no flags, no time, fastest, Unix. */
const header = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 3)
/** Sum and length. */
const trailerBytes = 8

/**
 * Compressed by zlib at once: threads of the pool take half as much again, and save time from three
 * on. The kernel is done before they would have begun.
 */
const zlibPiecesAtOnceMax = 2

/**
 * The reply compressed where that is asked for and pays. Pieces are compressed side by side, as pigz
 * does: each ends at a whole byte, so that one behind the other they are one stream.
 */
export async function compressed(
  reply: QueryReply,
  coding: AnswerCoding | undefined,
): Promise<QueryReply> {
  if (!reply.ok || coding === undefined) return reply
  if (reply.more !== undefined) {
    return { ...reply, body: [], more: gzipStream(reply.body, reply.more), coding }
  }
  const bytes = reply.body.reduce((sum, piece) => sum + piece.length, 0)
  if (bytes < limits.httpCompressFromBytes) return reply
  return { ...reply, body: await gzip(reply.body, bytes), coding }
}

/**
 * The same for an answer whose end is not made yet, a piece at a time. None is made while another
 * is compressed, so that the pool would save nothing.
 */
async function* gzipStream(
  first: readonly Uint8Array[],
  more: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let [sum, bytes] = [0, 0]
  const counted = (piece: Uint8Array) => {
    sum = crc32(piece, sum)
    bytes += piece.length
    return deflated(piece, false)
  }
  yield header.slice()
  for (const piece of first) yield* counted(piece)
  for await (const piece of more) yield* counted(piece)
  yield new Uint8Array(Buffer.concat([...deflated(noBytes, true), trailerOf(sum, bytes)]))
}

const noBytes = new Uint8Array(0)

function trailerOf(sum: number, bytes: number): Buffer {
  const trailer = Buffer.alloc(trailerBytes)
  trailer.writeUInt32LE(sum, 0)
  trailer.writeUInt32LE(bytes % 2 ** 32, 4)
  return trailer
}

async function gzip(pieces: readonly Uint8Array[], bytes: number): Promise<readonly Uint8Array[]> {
  const last = pieces.length - 1
  const isAtOnce = deflateKernel !== undefined || pieces.length <= zlibPiecesAtOnceMax
  const parts = isAtOnce
    ? pieces.flatMap((piece, at) => deflated(piece, at === last))
    : await Promise.all(pieces.map((piece, at) => deflate(piece, zlibOptions(piece, at === last))))
  const sum = pieces.reduce((before, piece) => crc32(piece, before), 0)
  return joined([header, ...parts, trailerOf(sum, bytes)])
}

/** In memory of their own, which moves to another thread, in pieces as long as a socket write. */
function joined(parts: readonly Uint8Array[]): readonly Uint8Array[] {
  const total = parts.reduce((sum, part) => sum + part.length, 0)
  const pieces: Uint8Array[] = []
  let piece = new Uint8Array(0)
  let end = 0
  let left = total
  for (const part of parts) {
    for (let from = 0; from < part.length; ) {
      if (end === piece.length) {
        piece = new Uint8Array(Math.min(left, limits.httpWritePieceBytesMax))
        left -= piece.length
        pieces.push(piece)
        end = 0
      }
      const length = Math.min(part.length - from, piece.length - end)
      piece.set(part.subarray(from, from + length), end)
      end += length
      from += length
    }
  }
  return pieces
}
