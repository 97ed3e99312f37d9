import { createServer, type RequestListener, type Server } from 'node:http'
import { createSecureServer } from 'node:http2'
import { createServer as createHttpsServer } from 'node:https'
import type { TLSSocket, TlsOptions } from 'node:tls'
import { messageOf, NarthexError } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import { admitsClient } from './admit-client.ts'
import type { ServedTls } from './served-tls.ts'

/** The bounds of a server that listens; each is Node's, by its name. */
export interface ListenerBounds {
  readonly maxHeaderSize: number
  readonly headersTimeout: number
  readonly connectionsCheckingInterval: number
  readonly requestTimeout: number
  readonly keepAliveTimeout: number
}

export interface TlsListening {
  /** Asked before every handshake; a NarthexError refuses the connection. */
  current(): ServedTls
  /** HTTP/2 for those that want it; else HTTP/1.1 only. */
  readonly http2: boolean
  refused(why: string): void
}

/** A server for plain HTTP. */
export function plainListener(listener: RequestListener, bounds: ListenerBounds): Server {
  const server = createServer(bounds, listener)
  server.timeout = bounds.keepAliveTimeout
  return server
}

/** A server for HTTPS whose certificates and rules are looked at for every connection (rows F8). */
export function secureListener(
  listener: RequestListener,
  bounds: ListenerBounds,
  tls: TlsListening,
): Server {
  const served = tls.current()
  const options = { ...served.context, ...asks(served), handshakeTimeout: bounds.headersTimeout }
  const server = tls.http2
    ? bothListener(listener, bounds, options)
    : createHttpsServer({ ...bounds, ...options }, listener)
  server.timeout = bounds.keepAliveTimeout
  followRules(server, tls, served)
  return server
}

/** The two kinds are used in the same way, though their types part them. */
function bothListener(listener: RequestListener, bounds: ListenerBounds, tls: TlsOptions): Server
function bothListener(listener: RequestListener, bounds: ListenerBounds, tls: TlsOptions): unknown {
  const settings = {
    maxConcurrentStreams: limits.http2StreamsMax,
    maxHeaderListSize: bounds.maxHeaderSize,
  }
  const server = createSecureServer({ ...tls, allowHTTP1: true, settings })
  server.on('request', (request, response) => {
    Reflect.apply(listener, server, [request, response])
  })
  const sockets = new Set<TLSSocket>()
  server.on('secureConnection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  // Node has its bounds of HTTP/1.1 as properties here.
  return Object.assign(server, bounds, {
    closeAllConnections: () => {
      for (const socket of sockets) socket.destroy()
    },
  })
}

/** Node's own refusal knows two of the five policies; ours is followRules(). */
function asks({ clientAuth }: ServedTls): TlsOptions {
  return { requestCert: clientAuth !== 'NoClientCert', rejectUnauthorized: false }
}

function followRules(server: Server, tls: TlsListening, first: ServedTls): void {
  let served = first
  server.prependListener('connection', (socket) => {
    try {
      const now = tls.current()
      if (now === served) return
      if ('setSecureContext' in server && typeof server.setSecureContext === 'function') {
        server.setSecureContext(now.context)
      }
      // Read by Node for each connection; if it were not, admitsClient() would refuse more.
      Object.assign(server, asks(now))
      served = now
    } catch (thrown) {
      if (!(thrown instanceof NarthexError)) tls.refused(messageOf(thrown))
      socket.destroy()
    }
  })
  // Those of HTTP: a connection that is refused must never reach them.
  const speakers = server.listeners('secureConnection')
  server.removeAllListeners('secureConnection')
  server.on('secureConnection', (socket: TLSSocket) => {
    if (!admitsClient(served, socket)) {
      tls.refused('client certificate')
      socket.destroy()
      return
    }
    for (const speak of speakers) Reflect.apply(speak, server, [socket])
  })
}
