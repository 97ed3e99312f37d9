import type { FastifyInstance } from 'fastify'
import { limits } from '../base/limits.ts'
import type { ApiOptions } from './api-options.ts'
import type { OpenRequests } from './open-requests.ts'

/** Notifications as a stream of events, one JSON each (row A6.12); 204 where too many listen. */
export function addLive(
  server: FastifyInstance,
  { notificationFeed }: ApiOptions,
  open: OpenRequests,
): void {
  server.get('/api/v1/notifications/live', (_request, reply) => {
    reply.type('text/event-stream').header('Cache-Control', 'no-cache')
    const { raw } = reply
    const events: string[] = []
    let isOpen = false
    const end = notificationFeed().subscribe((json) => {
      if (raw.writableLength > limits.notificationBufferBytesMax) return false
      if (isOpen) raw.write(`data: ${json}\n\n`)
      else events.push(`data: ${json}\n\n`)
      return true
    })
    if (end === undefined) return reply.code(204).send()
    reply.hijack()
    raw.writeHead(200, Object.entries(reply.getHeaders()).flatMap(headerPair))
    raw.flushHeaders()
    isOpen = true
    for (const event of events) raw.write(event)
    raw.once('close', end)
    open.signalOf(raw).addEventListener('abort', () => raw.end(), { once: true })
    return reply
  })
}

function headerPair([name, value]: [string, number | string | string[] | undefined]): string[] {
  return [value ?? ''].flat().flatMap((one) => [name, String(one)])
}
