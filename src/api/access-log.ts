import type { IncomingMessage } from 'node:http'
import type { Logger } from '../base/logger.ts'

/**
 * One line for a request that was answered. Parameters are left out: they may be long, and the query
 * log has those of queries.
 */
export function logRequest(
  logger: Logger,
  request: IncomingMessage,
  answer: { readonly status: number; readonly seconds?: number; readonly bytes?: number },
): void {
  const { method, url = '', socket, headers, httpVersion } = request
  logger.info('HTTP request', {
    client: socket.remoteAddress,
    method,
    path: url.split('?', 1)[0] ?? '',
    status: answer.status,
    ...(answer.seconds === undefined ? {} : { duration: `${answer.seconds.toFixed(6)}s` }),
    ...(answer.bytes === undefined ? {} : { size: answer.bytes }),
    http: httpVersion,
    user_agent: headers['user-agent'],
  })
}
