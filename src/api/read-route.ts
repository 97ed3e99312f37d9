import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { NarthexError } from '../base/errors.ts'
import type { Gate } from '../base/gate.ts'
import { limits } from '../base/limits.ts'
import type { QueryReply } from '../storage/query-runner.ts'
import type { ApiOptions } from './api-options.ts'
import { BodyPieces } from './body-pieces.ts'
import { notReady } from './not-ready.ts'
import type { OpenRequests } from './open-requests.ts'
import { sendAnswer } from './send-answer.ts'

/** The limits of --storage.remote.read-*, shared by every address that is listened on. */
export interface RemoteReadBounds {
  /** Of one query of a sampled answer; 0 = none. */
  readonly samplesMax: number
  readonly gate: Gate
  readonly frameBytesMax: number
}

/** Remote read (rows A7.2 and W3). */
export function addRead(server: FastifyInstance, options: ApiOptions, open: OpenRequests): void {
  const { gate } = options.remoteRead
  server.post('/api/v1/read', { bodyLimit: limits.remoteReadBytesMax }, async (request, reply) => {
    if (!options.isReady()) return notReady(reply)
    const signal = open.signalOf(reply.raw)
    try {
      await gate.enter(signal)
    } catch (thrown) {
      if (!(thrown instanceof NarthexError)) throw thrown
      return plain(reply, thrown.code === 'LIMIT_EXCEEDED' ? 503 : 500, thrown.message)
    }
    // Held until the last of a streamed answer is sent, or its client gone.
    const { raw } = reply
    try {
      return send(options, request, reply, await answered(options, request, signal))
    } finally {
      if (raw.destroyed) gate.leave()
      else raw.once('close', () => gate.leave())
    }
  })
}

function answered(
  options: ApiOptions,
  request: FastifyRequest,
  signal: AbortSignal,
): Promise<QueryReply> {
  const { lookbackMs } = options.queryDefaults()
  const { samplesMax, frameBytesMax } = options.remoteRead
  return options.runner().run(
    {
      kind: 'remote-read',
      body: request.body instanceof BodyPieces ? request.body.whole() : new Uint8Array(0),
      bounds: { timeoutMs: limits.remoteReadTimeoutMs, lookbackMs, samplesMax, limit: 0 },
      frameBytesMax,
      sampledBytesMax: limits.remoteReadSampledBytesMax,
      externalLabels: options.externalLabels(),
    },
    signal,
  )
}

function send(
  { logger }: ApiOptions,
  request: FastifyRequest,
  reply: FastifyReply,
  answer: QueryReply,
): FastifyReply {
  if (!answer.ok) {
    const isBusy = answer.errorType === 'unavailable' || answer.errorType === 'timeout'
    const status = answer.errorType === 'bad_data' ? 400 : isBusy ? 503 : 500
    return plain(reply, status, answer.message)
  }
  for (const warning of answer.warnings ?? []) {
    logger.warn('Warnings on remote read query', { err: warning })
  }
  const { body: pieces, contentType, more } = answer
  // Samples are compressed as a whole, which is part of the protocol; frames are not.
  const isWhole = contentType === 'application/x-protobuf'
  const coding = isWhole ? ('snappy' as const) : ('identity' as const)
  return sendAnswer(request, reply, { kind: 'bytes', pieces, contentType, coding, more })
}

function plain(reply: FastifyReply, status: number, text: string): FastifyReply {
  return reply.code(status).type('text/plain; charset=utf-8').send(`${text}\n`)
}
