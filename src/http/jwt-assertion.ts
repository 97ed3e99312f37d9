import { createPrivateKey, randomUUID, sign } from 'node:crypto'
import { messageOf, NarthexError } from '../base/errors.ts'
import type { Oauth2Config } from '../config/oauth2-config.ts'

const digests = { RS256: 'RSA-SHA256', RS384: 'RSA-SHA384', RS512: 'RSA-SHA512' } as const

/** Upstream's, of an assertion. */
const lifeSeconds = 600

/**
 * The signed assertion by which the JWT bearer grant asks for a token (RFC 7523 section 3).
 * `keyPem` is an RSA private key. Throws NarthexError for a key that is none.
 */
export function jwtAssertion(config: Oauth2Config, keyPem: string, wallMs: number): string {
  const nowSeconds = Math.floor(wallMs / 1_000)
  const algorithm = config.signatureAlgorithm || 'RS256'
  const header = {
    alg: algorithm,
    ...(config.clientCertificateKeyId === '' ? {} : { kid: config.clientCertificateKeyId }),
    typ: 'JWT',
  }
  const claims = {
    iss: config.iss || config.clientId,
    sub: config.clientId,
    jti: randomUUID(),
    aud: config.audience || config.tokenUrl,
    iat: nowSeconds,
    exp: nowSeconds + lifeSeconds,
    ...(config.scopes.length === 0 ? {} : { scope: config.scopes.join(' ') }),
    ...Object.fromEntries(config.claims),
  }
  const signed = `${encoded(header)}.${encoded(claims)}`
  try {
    const signature = sign(digests[algorithm], Buffer.from(signed), createPrivateKey(keyPem))
    return `${signed}.${signature.toString('base64url')}`
  } catch (thrown) {
    const text = `oauth2: client_certificate_key: ${messageOf(thrown)}`
    throw new NarthexError('HTTP_REQUEST_FAILED', text, { cause: thrown })
  }
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
