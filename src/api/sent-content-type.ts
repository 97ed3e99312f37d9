import type { FastifyRequest } from 'fastify'

/** The media type as the client sent it, though fastify was told of another; empty where there is none. */
export function sentContentType({ raw: { rawHeaders } }: FastifyRequest): string {
  const at = rawHeaders.findIndex(
    (name, index) => index % 2 === 0 && name.toLowerCase() === 'content-type',
  )
  return at < 0 ? '' : (rawHeaders[at + 1] ?? '')
}
