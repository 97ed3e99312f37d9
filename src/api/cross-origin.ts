import type { FastifyReply, FastifyRequest } from 'fastify'
import type { AnchoredRegex } from '../model/regex.ts'

/** Which pages of other sites may read the API (row A1.8, --web.cors.origin). */
export type CrossOrigin = AnchoredRegex

/** What allowOrigin sets; answers that no route gives go without. */
export const originHeaders = [
  'Vary',
  'Access-Control-Allow-Headers',
  'Access-Control-Allow-Methods',
  'Access-Control-Expose-Headers',
  'Access-Control-Allow-Origin',
] as const

/** Sets the headers of CORS on an answer of the API; none of them where the flag is not given. */
export function allowOrigin(
  allowed: CrossOrigin | undefined,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  reply.header('Vary', 'Origin')
  const { origin } = request.headers
  if (allowed === undefined || origin === undefined || origin === '') return
  reply.header('Access-Control-Allow-Headers', 'Accept, Authorization, Content-Type, Origin')
  reply.header('Access-Control-Allow-Methods', 'GET, POST, OPTIONS')
  reply.header('Access-Control-Expose-Headers', 'Date')
  if (allowed.test(origin)) reply.header('Access-Control-Allow-Origin', origin)
}
