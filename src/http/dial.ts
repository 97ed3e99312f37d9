import { type LookupFunction, Socket } from 'node:net'
import askForTunnel from 'undici/lib/api/api-connect.js'
import buildConnector from 'undici/lib/core/connect.js'
import Client from 'undici/lib/dispatcher/client.js'
import { NarthexError } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import type { DialCounts } from './dialer-metrics.ts'
import { statusTextOf } from './exchange.ts'
import { ProxyConnectError } from './failure-text.ts'
import type { ProxyServer } from './proxy-rule.ts'
import type { Resolver } from './resolver.ts'
import type { TlsOptions } from './tls-options.ts'

export interface DialOptions {
  /** Path of a Unix socket to connect to whatever the host is. */
  readonly socketPath: string | undefined
  /** The connection goes through a tunnel that this proxy opens. */
  readonly tunnel: ProxyServer | undefined
  readonly resolver: Resolver
  readonly dials: DialCounts | undefined
  /** Of TLS, with whomever it is spoken. */
  readonly tls: TlsOptions
  /** Offer HTTP/2 in the TLS handshake. */
  readonly offersHttp2: boolean
}

/** Makes sockets to a server: directly, through a Unix socket, or through a proxy; they are counted. */
export function connectorOf(options: DialOptions): buildConnector.connector {
  const { dials } = options
  const connector = plainConnector(options)
  if (dials === undefined) return connector
  return (target, done) => {
    dials.attempted()
    connector(target, (error, socket) => {
      if (error === null) {
        dials.established(socket)
        done(null, socket)
      } else {
        dials.failed(error)
        done(error, null)
      }
    })
  }
}

function plainConnector(options: DialOptions): buildConnector.connector {
  const { socketPath, resolver, tls, tunnel } = options
  const direct = buildConnector({
    ...tls,
    ...(socketPath === undefined ? {} : { socketPath }),
    allowH2: options.offersHttp2,
    timeout: limits.httpConnectTimeoutMs,
    lookup: lookupWith(resolver),
  })
  if (tunnel === undefined) return direct
  return (target, done) => {
    openTunnel(tunnel, target, options).then(
      (httpSocket) => {
        if (target.protocol === 'https:') direct({ ...target, httpSocket }, done)
        else done(null, httpSocket)
      },
      (error: Error) => done(error, null),
    )
  }
}

/** As `connector`, for connections to a proxy: so failures tell that it was not the target. */
export function toProxy(connector: buildConnector.connector): buildConnector.connector {
  return (target, done) =>
    connector(target, (error, socket) => {
      if (error === null) done(null, socket)
      else done(new ProxyConnectError(error), null)
    })
}

async function openTunnel(
  proxy: ProxyServer,
  target: buildConnector.Options,
  options: DialOptions,
): Promise<Socket> {
  if (!/^https?:/.test(proxy.origin)) {
    throw new NarthexError('HTTP_REQUEST_FAILED', `unsupported proxy scheme of ${proxy.origin}`)
  }
  const client = new Client(proxy.origin, {
    headersTimeout: limits.httpConnectTimeoutMs,
    connect: {
      ...(proxy.origin.startsWith('https:') ? options.tls : {}),
      timeout: limits.httpConnectTimeoutMs,
      lookup: lookupWith(options.resolver),
    },
  })
  try {
    const host = target.hostname.includes(':') ? `[${target.hostname}]` : target.hostname
    const path = `${host}:${target.port || 443}`
    const headers = ['Host', path, ...proxy.connectHeaders, ...proxy.authorization]
    const { socket, statusCode } = await askForTunnel.call(client, { path, headers })
    if (statusCode === 200 && socket instanceof Socket) return socket
    socket.on('error', () => undefined).destroy()
    throw new NarthexError('HTTP_REQUEST_FAILED', statusTextOf(statusCode, undefined))
  } catch (thrown) {
    if (thrown instanceof NarthexError) throw thrown
    throw new ProxyConnectError(thrown)
  } finally {
    // The tunnel's socket is its own by now.
    void client.close()
  }
}

/** node:net's look-up hook; it asks for all addresses where it tries families in turn. */
export function lookupWith(resolver: Resolver): LookupFunction {
  return (hostname, options, callback) => {
    resolver.resolve(hostname).then(
      (addresses) => {
        const [first] = addresses
        if (options.all === true || first === undefined) callback(null, [...addresses])
        else callback(null, first.address, first.family)
      },
      (error: Error) => callback(error, ''),
    )
  }
}
