import { pipeline, Readable } from 'node:stream'
import { createDeflate, createGzip } from 'node:zlib'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { limits } from '../base/limits.ts'
import { goJson } from '../model/go-json.ts'
import type { ApiAnswer } from './request.ts'

/**
 * Writes an answer in its pieces, compressed where the client takes it (row A1.7) and whoever made
 * it has not done that.
 */
export function sendAnswer(
  request: FastifyRequest,
  reply: FastifyReply,
  answer: ApiAnswer,
): FastifyReply {
  if (answer.kind === 'nothing') return reply.code(204).send()
  const pieces = answer.kind === 'bytes' ? answer.pieces : envelope(answer.data)
  const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0)
  const contentType = answer.kind === 'bytes' ? answer.contentType : undefined
  reply.type(contentType ?? 'application/json')
  if (answer.kind === 'bytes' && answer.cacheControl !== undefined) {
    reply.header('Cache-Control', answer.cacheControl)
  }
  varyByCoding(reply)
  const isCoded = answer.kind === 'bytes' && answer.coding !== undefined
  const more = answer.kind === 'bytes' ? answer.more : undefined
  const isShort = more === undefined && bytes < limits.httpCompressFromBytes
  const coding = isShort || isCoded ? undefined : acceptedCoding(request)
  const [only] = pieces
  if (coding === undefined) {
    if (isCoded && answer.coding !== 'identity') reply.header('Content-Encoding', answer.coding)
    if (more !== undefined) return reply.send(Readable.from(joined(pieces, more)))
    reply.header('Content-Length', bytes)
    return reply.send(
      pieces.length === 1 && only !== undefined
        ? Buffer.from(only.buffer, only.byteOffset, only.length)
        : Readable.from(pieces),
    )
  }
  const coder = coding === 'gzip' ? createGzip({ level: 1 }) : createDeflate({ level: 1 })
  reply.header('Content-Encoding', coding)
  const source = Readable.from(more === undefined ? pieces : joined(pieces, more))
  // Whichever of the two fails, the answer ends.
  pipeline(source, coder, () => undefined)
  return reply.send(coder)
}

/** So that caches keep the codings of an address apart; of errors, too, as upstream. */
export function varyByCoding(reply: FastifyReply): void {
  const vary = reply.getHeader('Vary')
  reply.header('Vary', vary === undefined ? 'Accept-Encoding' : `Accept-Encoding, ${String(vary)}`)
}

async function* joined(
  pieces: readonly Uint8Array[],
  more: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield* pieces
  yield* more
}

function envelope(data: unknown): readonly Uint8Array[] {
  const bytes = new TextEncoder().encode(goJson({ status: 'success', data }))
  const pieces: Uint8Array[] = []
  for (let from = 0; from < bytes.length; from += limits.httpWritePieceBytesMax) {
    pieces.push(bytes.subarray(from, from + limits.httpWritePieceBytesMax))
  }
  return pieces
}

/** The first that the client names and we have, as upstream; `q=0` means that it does not take it. */
export function acceptedCoding(request: FastifyRequest): 'gzip' | 'deflate' | undefined {
  const accepted = String(request.headers['accept-encoding'] ?? '')
    .split(',')
    .filter((part) => !/;\s*q=0(?:\.0*)?\s*$/.test(part))
    .map((part) => part.split(';')[0]?.trim())
  return accepted.find((coding) => coding === 'gzip' || coding === 'deflate')
}
