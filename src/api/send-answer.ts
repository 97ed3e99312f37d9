import { Readable } from 'node:stream'
import { createDeflate, createGzip } from 'node:zlib'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ApiAnswer } from './request.ts'

/** Small answers go as they are: compressing them costs more than it saves. */
const compressFromBytes = 1_400

/** Writes an answer in its pieces, compressed where the client takes it (row A1.7). */
export function sendAnswer(
  request: FastifyRequest,
  reply: FastifyReply,
  answer: ApiAnswer,
): FastifyReply {
  const pieces = bytesOf(answer)
  const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0)
  reply.type('application/json').header('Vary', 'Accept-Encoding')
  const coding = bytes < compressFromBytes ? undefined : acceptedCoding(request)
  const [only] = pieces
  if (coding === undefined) {
    reply.header('Content-Length', bytes)
    return reply.send(
      pieces.length === 1 && only !== undefined
        ? Buffer.from(only.buffer, only.byteOffset, only.length)
        : Readable.from(pieces),
    )
  }
  const coder = coding === 'gzip' ? createGzip({ level: 1 }) : createDeflate({ level: 1 })
  reply.header('Content-Encoding', coding)
  return reply.send(Readable.from(pieces).pipe(coder))
}

function bytesOf(answer: ApiAnswer): readonly Uint8Array[] {
  if (answer.kind === 'bytes') return answer.pieces
  const warnings = answer.warnings === undefined ? {} : { warnings: answer.warnings }
  const envelope = { status: 'success', data: answer.data, ...warnings }
  return [new TextEncoder().encode(JSON.stringify(envelope))]
}

function acceptedCoding(request: FastifyRequest): 'gzip' | 'deflate' | undefined {
  const accepted = String(request.headers['accept-encoding'] ?? '')
  const codings = accepted.split(',').map((part) => part.trim().split(';')[0])
  if (codings.includes('gzip')) return 'gzip'
  return codings.includes('deflate') ? 'deflate' : undefined
}
