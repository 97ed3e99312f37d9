import { createServer, request as forwardRequest, type IncomingMessage } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

export interface ProxyServer {
  readonly url: string
  readonly port: number
  /** Of CONNECT and of requests that were forwarded. */
  readonly requests: readonly IncomingMessage[]
}

/**
 * A real HTTP proxy: opens tunnels and forwards requests in absolute form. All names lead to this
 * machine, as if it had a name server of its own; `status` is what it answers instead.
 */
export async function proxyServer(status?: number): Promise<ProxyServer> {
  const requests: IncomingMessage[] = []
  const sockets = new Set<Socket>()
  const server = createServer((incoming, response) => {
    requests.push(incoming)
    if (status !== undefined) return response.writeHead(status).end('from the proxy')
    const { port, pathname, search } = new URL(incoming.url ?? '')
    const { method, headers } = incoming
    const options = { port, host: '127.0.0.1', path: `${pathname}${search}`, method, headers }
    const onward = forwardRequest(options, (answer) => {
      response.writeHead(answer.statusCode ?? 0, answer.headers)
      answer.pipe(response)
    })
    return incoming.pipe(onward)
  })
  server.on('connect', (incoming: IncomingMessage, socket: Socket) => {
    requests.push(incoming)
    sockets.add(socket)
    socket.on('error', () => undefined)
    if (status !== undefined) return socket.end(`HTTP/1.1 ${status} No\r\n\r\n`)
    const port = Number(incoming.url?.split(':').at(-1))
    const onward = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      socket.pipe(onward).pipe(socket)
    })
    onward.on('error', () => socket.destroy())
    return sockets.add(onward)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, port, requests }
}
