import { createSecureServer, type Http2SecureServer } from 'node:http2'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { PeerCertificate, TLSSocket, TlsOptions } from 'node:tls'
import { onTestFinished } from 'vitest'
import { certificateText } from './certificate.ts'

export interface SecureRequest {
  readonly url: string
  readonly httpVersion: string
  readonly method: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
  /** Common name of the certificate that the client showed. */
  readonly client: string | undefined
  readonly tlsVersion: string | null
}

export interface SecureAnswer {
  writeHead(status: number, headers?: Record<string, string>): unknown
  write(piece: string | Uint8Array): unknown
  end(piece?: string | Uint8Array): unknown
}

export interface SecureServer {
  readonly port: number
  readonly requests: readonly SecureRequest[]
  readonly connections: () => number
}

/** A real HTTPS server, HTTP/2 and HTTP/1.1 unless told otherwise, gone when the test is over. */
export async function secureServer(
  listener: (request: SecureRequest, answer: SecureAnswer) => void,
  settings: TlsOptions & { readonly speaks?: 'both' | 'http1' } = {},
): Promise<SecureServer> {
  const { speaks = 'both', ...tls } = settings
  const requests: SecureRequest[] = []
  const sockets = new Set<TLSSocket>()
  let connections = 0
  const options = {
    key: certificateText('server.key'),
    cert: certificateText('server.pem'),
    ...tls,
  }
  const server: Http2SecureServer =
    speaks === 'both'
      ? createSecureServer({ allowHTTP1: true, ...options })
      : (createServer(options) as unknown as Http2SecureServer)
  server.on('request', (incoming, response) => {
    const pieces: Buffer[] = []
    incoming.on('data', (piece: Buffer) => pieces.push(piece))
    incoming.on('end', () => {
      const { url = '', httpVersion, method = '', headers } = incoming
      const socket = (incoming.stream?.session?.socket ?? incoming.socket) as TLSSocket
      const body = Buffer.concat(pieces).toString()
      const certificate: Partial<PeerCertificate> | null = socket.getPeerCertificate()
      const request = {
        url,
        httpVersion,
        method,
        headers: { ...headers },
        body,
        client: certificate?.subject === undefined ? undefined : String(certificate.subject.CN),
        tlsVersion: socket.getProtocol(),
      }
      requests.push(request)
      listener(request, response as SecureAnswer)
    })
  })
  server.on('secureConnection', (socket) => {
    connections++
    sockets.add(socket)
    socket.on('error', () => undefined)
  })
  server.on('tlsClientError', () => undefined)
  server.on('sessionError', () => undefined)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { port, requests, connections: () => connections }
}
