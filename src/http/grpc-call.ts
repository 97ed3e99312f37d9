import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { limits } from '../base/limits.ts'
import type { HttpAnswer } from './http-answer.ts'
import type { HttpClient } from './http-client.ts'
import { userAgent } from './user-agent.ts'

/** What a call was answered by a server that does not do it. */
export class GrpcError extends Error {
  override readonly name = 'GrpcError'
  constructor(
    /** Of github.com/grpc/grpc/doc/statuscodes.md. */
    readonly code: number,
    message: string,
  ) {
    super(`gRPC status ${code}: ${message}`)
  }
}

const unknownCode = 2
const unavailableCode = 14

/**
 * One message to a method of a gRPC server (`/package.Service/Method`) whose answer says nothing
 * but that it was done. The client must speak HTTP/2. Rejects with GrpcError, and as send does.
 */
export async function grpcCall(
  client: HttpClient,
  call: {
    readonly origin: string
    readonly method: string
    readonly message: Uint8Array
    readonly compresses: boolean
    readonly headers: readonly string[]
    readonly timeoutMs: number
  },
): Promise<void> {
  const { origin, method, message, compresses, timeoutMs } = call
  const encoding = compresses ? ['grpc-encoding', 'gzip'] : []
  const answer = await client.send(origin, {
    path: method,
    headers: [
      ...['te', 'trailers', 'user-agent', userAgent],
      ...['grpc-timeout', `${Math.ceil(timeoutMs)}m`, ...encoding, ...call.headers],
    ],
    body: { contentType: 'application/grpc', content: await framed(message, compresses) },
    bodyBytesMax: limits.grpcAnswerBytesMax,
    timeoutMs,
  })
  if (answer.status !== 200) {
    const code = retryableStatuses.has(answer.status) ? unavailableCode : unknownCode
    throw new GrpcError(code, `HTTP status ${answer.status} ${answer.statusText}`.trimEnd())
  }
  const code = fieldOf(answer, 'grpc-status')
  if (code === '0') return
  const words = code === '' ? 'the answer has no grpc-status' : fieldOf(answer, 'grpc-message')
  throw new GrpcError(code === '' ? unknownCode : Number(code), decoded(words))
}

/** A gateway's, as gRPC maps them. */
const retryableStatuses: ReadonlySet<number> = new Set([429, 502, 503, 504])

/** A flag, the length, the message. */
async function framed(message: Uint8Array, compresses: boolean): Promise<Uint8Array> {
  const content = compresses ? await promisify(gzip)(message) : message
  const frame = new Uint8Array(5 + content.length)
  new DataView(frame.buffer).setUint32(1, content.length)
  frame[0] = compresses ? 1 : 0
  frame.set(content, 5)
  return frame
}

/** Where there is no body, the status stands among the headers. */
function fieldOf(answer: HttpAnswer, name: string): string {
  return answer.trailer(name) || answer.header(name)
}

/** Text of a header is percent-encoded. */
function decoded(words: string): string {
  try {
    return decodeURIComponent(words)
  } catch (thrown) {
    if (thrown instanceof URIError) return words
    throw thrown
  }
}
