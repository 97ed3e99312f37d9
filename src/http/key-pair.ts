import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { NarthexError } from '../base/errors.ts'

/**
 * Throws NarthexError CONFIG_INVALID, in the words of Go's tls.X509KeyPair, where the texts hold no
 * certificate and the private key that belongs to it.
 */
export function demandKeyPair(certText: string, keyText: string): void {
  const fault = pairFault(certText, keyText)
  if (fault === undefined) return
  throw new NarthexError('CONFIG_INVALID', `failed to load X509KeyPair: ${fault}`)
}

function pairFault(certText: string, keyText: string): string | undefined {
  const certs = pemBlocks(certText)
  const [first] = certs.filter(({ type }) => type === 'CERTIFICATE')
  if (first === undefined) return missingCertificate(certs.map(({ type }) => type))
  const keys = pemBlocks(keyText)
  const key = keys.find(({ type }) => /^(?:.* )?PRIVATE KEY$/.test(type))
  if (key === undefined) return missingKey(keys.map(({ type }) => type))
  const certificate = parsed(() => new X509Certificate(first.text))
  if (certificate === undefined) return 'x509: malformed certificate'
  const privateKey = parsed(() => createPrivateKey(key.text))
  if (privateKey === undefined) return 'tls: failed to parse private key'
  return mismatch(certificate, privateKey)
}

function mismatch(certificate: X509Certificate, key: KeyObject): string | undefined {
  if (certificate.publicKey.asymmetricKeyType !== key.asymmetricKeyType) {
    return 'tls: private key type does not match public key type'
  }
  return certificate.checkPrivateKey(key) ? undefined : 'tls: private key does not match public key'
}

function missingCertificate(types: readonly string[]): string {
  if (types.length === 0) return 'tls: failed to find any PEM data in certificate input'
  if (types.length === 1 && types[0]?.endsWith('PRIVATE KEY')) {
    return 'tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched'
  }
  return `tls: failed to find "CERTIFICATE" PEM block in certificate input after skipping PEM blocks of the following types: [${types.join(' ')}]`
}

function missingKey(types: readonly string[]): string {
  if (types.length === 0) return 'tls: failed to find any PEM data in key input'
  if (types.length === 1 && types[0] === 'CERTIFICATE') {
    return 'tls: found a certificate rather than a key in the PEM for the private key'
  }
  return `tls: failed to find PEM block with type ending in "PRIVATE KEY" in key input after skipping PEM blocks of the following types: [${types.join(' ')}]`
}

/** The blocks between BEGIN and END (RFC 7468). */
export function pemBlocks(
  text: string,
): readonly { readonly type: string; readonly text: string }[] {
  const block = /-----BEGIN ([^-\n]+)-----\r?\n[^-]*-----END \1-----/g
  return Array.from(text.matchAll(block), ([whole, type = '']) => ({ type, text: whole }))
}

/** Undefined for what OpenSSL does not take. */
function parsed<T>(parse: () => T): T | undefined {
  try {
    return parse()
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown) return undefined
    throw thrown
  }
}
