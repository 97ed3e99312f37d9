import type { PeerCertificate } from 'node:tls'
import type { ServedTls } from './served-tls.ts'

/** Some of a connected tls.TLSSocket. */
export interface ClientSocket {
  /** Whether the certificate that was shown is signed by one of the authorities. */
  readonly authorized: boolean
  /** An empty object where none was shown, null where the connection is gone. */
  getPeerCertificate(): PeerCertificate | object | null
}

/** Whether a client may connect with the certificate that it has shown, or with none (row F8.1). */
export function admitsClient(
  { clientAuth, allowedSans }: Pick<ServedTls, 'clientAuth' | 'allowedSans'>,
  socket: ClientSocket,
): boolean {
  if (clientAuth === 'NoClientCert') return true
  const certificate = socket.getPeerCertificate()
  if (certificate === null || !('raw' in certificate)) {
    return clientAuth === 'RequestClientCert' || clientAuth === 'VerifyClientCertIfGiven'
  }
  const isVerified =
    clientAuth === 'VerifyClientCertIfGiven' || clientAuth === 'RequireAndVerifyClientCert'
  if (isVerified && !socket.authorized) return false
  if (allowedSans === undefined) return true
  const names = alternativeNames(certificate.subjectaltname ?? '')
  return names.some((name) => allowedSans.includes(name))
}

/**
 * The names in Node's text of them, such as `DNS:a, IP Address:::1, URI:"b, c"`: DNS, e-mail, URI,
 * and addresses in their shortest form. What is quoted is JSON, so that no name can pass for two.
 */
export function alternativeNames(text: string): readonly string[] {
  const part =
    /(DNS|email|URI|IP Address):("(?:[^"\\]|\\.)*"|[^,]*)(?:, |$)|[^,]*:(?:"(?:[^"\\]|\\.)*"|[^,]*)(?:, |$)/y
  const names: string[] = []
  while (part.lastIndex < text.length) {
    const match = part.exec(text)
    // Nothing behind what is not understood is believed.
    if (match === null) return names
    const [, kind, value = ''] = match
    if (kind === undefined) continue
    const name = value.startsWith('"') ? String(JSON.parse(value)) : value
    names.push(kind === 'IP Address' ? shortAddress(name) : name)
  }
  return names
}

/** As RFC 5952 has it; Node writes all eight groups. */
function shortAddress(address: string): string {
  if (!address.includes(':')) return address
  return new URL(`http://[${address}]`).hostname.slice(1, -1)
}
