import { LookupError } from './resolver.ts'

/** What the deadline of a request does to it; the text is what Prometheus shows for it. */
export class DeadlineError extends Error {
  override readonly name = 'DeadlineError'
  constructor() {
    super('context deadline exceeded')
  }
}

/** The caller gave the request up. */
export class CanceledError extends Error {
  override readonly name = 'CanceledError'
  constructor() {
    super('context canceled')
  }
}

/** The connection ended within an answer that had begun. */
export class BrokenAnswerError extends Error {
  override readonly name = 'BrokenAnswerError'
  constructor(cause: unknown) {
    const words = failureText(cause)
    super(words === 'EOF' ? 'unexpected EOF' : words, { cause })
  }
}

/** The way to the proxy failed, or what it said was no answer to CONNECT. */
export class ProxyConnectError extends Error {
  override readonly name = 'ProxyConnectError'
  constructor(cause: unknown) {
    super(`proxyconnect tcp: ${failureText(cause)}`, { cause })
  }
}

const connectTexts: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  EHOSTUNREACH: 'no route to host',
  ENETUNREACH: 'network is unreachable',
  ETIMEDOUT: 'connection timed out',
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied',
}

/**
 * The words that Prometheus has for a failed request: people and their tools search for them.
 * Whatever has no such words keeps its own.
 */
export function failureText(thrown: unknown): string {
  const error = firstOf(thrown)
  if (error instanceof LookupError) return `dial tcp: ${error.message}`
  if (!(error instanceof Error)) return String(error)
  const code = textField(error, 'code')
  const words = connectTexts[code]
  if (words !== undefined && textField(error, 'syscall') === 'connect') {
    const address = textField(error, 'address')
    const port = textField(error, 'port')
    return port === ''
      ? `dial unix ${address}: connect: ${words}`
      : `dial tcp ${address.includes(':') ? `[${address}]` : address}:${port}: connect: ${words}`
  }
  if (code === 'ECONNRESET') return 'read: connection reset by peer'
  if (code === 'EPIPE') return 'write: broken pipe'
  if (code === 'UND_ERR_SOCKET') return 'EOF'
  if (code.startsWith('HPE_')) return `malformed HTTP response: ${error.message}`
  if (/CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS/.test(code)) {
    return `tls: failed to verify certificate: ${error.message}`
  }
  return error.message
}

/** Whether a kept connection had been closed by the other side before it saw the request. */
export function isStaleConnection(thrown: unknown): boolean {
  const error = firstOf(thrown)
  const code = error instanceof Error ? textField(error, 'code') : ''
  return code === 'UND_ERR_SOCKET' || code === 'ECONNRESET' || code === 'EPIPE'
}

/** Several addresses that all failed make one error with all of them; the first is told. */
function firstOf(thrown: unknown): unknown {
  return thrown instanceof AggregateError ? (thrown.errors[0] ?? thrown) : thrown
}

function textField(error: Error, name: string): string {
  const value: unknown = Reflect.get(error, name)
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}
