import type { IncomingMessage } from 'node:http'
import type { FastifyRequest } from 'fastify'
import { BodyPieces } from './body-pieces.ts'

/**
 * Reads the body of a request, up to the limit of its route. Rejects one that is longer, that is
 * not of the length its head says, or that breaks off, with the status to answer.
 */
export function readBody(request: FastifyRequest, payload: IncomingMessage): Promise<BodyPieces> {
  const bytesMax = request.routeOptions.bodyLimit
  const declared = Number(request.headers['content-length'] ?? Number.NaN)
  if (declared > bytesMax) return Promise.reject(tooLarge())
  return new Promise((resolve, reject) => {
    const body = new BodyPieces()
    const refuse = (why: Error) => {
      payload.off('data', add).off('end', end).off('error', breakOff)
      reject(why)
    }
    const add = (piece: Uint8Array) => {
      body.add(piece)
      if (body.length > bytesMax) refuse(tooLarge())
    }
    const end = () => {
      if (Number.isNaN(declared) || declared === body.length) resolve(body)
      else refuse(withStatus(400, new Error('Request body size did not match Content-Length')))
    }
    const breakOff = (thrown: Error) => refuse(withStatus(400, thrown))
    payload.on('data', add).on('end', end).on('error', breakOff).resume()
  })
}

function tooLarge(): Error {
  return withStatus(413, new Error('Request body is too large'))
}

function withStatus(statusCode: number, why: Error): Error {
  return Object.assign(why, { statusCode })
}
