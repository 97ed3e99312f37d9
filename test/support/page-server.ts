import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import { onTestFinished } from 'vitest'

export interface PageServer {
  readonly host: string
  readonly requests: readonly IncomingMessage[]
  /** Connections that were ever opened. */
  readonly connections: () => number
}

/** A real HTTP server on a free port (or a Unix socket) that is gone when the test is over. */
export async function pageServer(
  listener: RequestListener,
  socketPath?: string,
): Promise<PageServer> {
  const requests: IncomingMessage[] = []
  let connections = 0
  const server: Server = createServer((request, response) => {
    requests.push(request)
    listener(request, response)
  })
  server.on('connection', () => connections++)
  await new Promise<void>((resolve) => {
    if (socketPath === undefined) server.listen(0, '127.0.0.1', resolve)
    else server.listen(socketPath, resolve)
  })
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  return { host: `127.0.0.1:${port}`, requests, connections: () => connections }
}
