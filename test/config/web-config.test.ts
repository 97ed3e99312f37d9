import { describe, expect, it } from 'vitest'
import { NarthexError } from '../../src/base/errors.ts'
import { readWebConfig } from '../../src/config/web-config.ts'

const hash = '$2y$10$X0h1gDsPszWURQaxFh.zoubFi6DXncSjhoQNJgRrnGs7EsimhC7zG'
const pair = 'cert_file: a.pem, key_file: /k/a.key'

describe('a web configuration file', () => {
  it('that is empty changes nothing', () => {
    expect(readWebConfig('', 'web.yml')).toEqual({
      tls: undefined,
      http2: true,
      headers: new Map(),
      users: new Map(),
      rateLimit: undefined,
    })
  })

  it('is read with the defaults of Prometheus, files from its own folder', () => {
    const { tls } = readWebConfig(`tls_server_config: {${pair}}`, '/etc/web.yml')
    expect(tls).toMatchObject({
      certFile: '/etc/a.pem',
      keyFile: '/k/a.key',
      clientAuthType: '',
      clientAllowedSans: undefined,
      minVersion: 'TLS12',
      maxVersion: 'TLS13',
      ciphers: undefined,
      prefersServerCiphers: true,
      curves: undefined,
    })
  })

  it('is read whole', () => {
    const text = `
tls_server_config:
  ${pair.replace(', ', '\n  ')}
  client_auth_type: RequireAndVerifyClientCert
  client_ca_file: ca.pem
  client_allowed_sans: [a, b]
  min_version: TLS10
  max_version: TLS12
  cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TLS_AES_128_GCM_SHA256]
  prefer_server_cipher_suites: false
  curve_preferences: [CurveP384, X25519]
http_server_config:
  http2: false
  headers: {X-Frame-Options: deny, Content-Security-Policy: "default-src 'self'"}
basic_auth_users: {alice: ${hash}}
rate_limit: {interval: 1.5s, burst: 3}
`
    const config = readWebConfig(text, '/etc/web.yml')
    expect(config).toMatchObject({
      tls: {
        clientAuthType: 'RequireAndVerifyClientCert',
        clientCaFile: '/etc/ca.pem',
        clientAllowedSans: ['a', 'b'],
        minVersion: 'TLS10',
        maxVersion: 'TLS12',
        ciphers: ['ECDHE-RSA-AES128-GCM-SHA256', 'TLS_AES_128_GCM_SHA256'],
        prefersServerCiphers: false,
        curves: ['secp384r1', 'X25519'],
      },
      http2: false,
      rateLimit: { intervalMs: 1_500, burst: 3 },
    })
    expect([...config.headers.keys()]).toEqual(['X-Frame-Options', 'Content-Security-Policy'])
    expect(config.users.get('alice')?.reveal()).toBe(hash)
    expect(JSON.stringify([...config.users])).not.toContain(hash)
  })

  it.each([
    ['tls_server_config: {key_file: a}', 'missing one of cert or cert_file'],
    ['tls_server_config: {cert: a}', 'missing one of key or key_file'],
    ['tls_server_config: {client_auth_type: x}', 'missing one of cert or cert_file'],
    [`tls_server_config: {${pair}, min_version: TLS9}`, 'unknown TLS version: TLS9'],
    [`tls_server_config: {${pair}, cipher_suites: [RC4]}`, 'unknown cipher: RC4'],
    [`tls_server_config: {${pair}, curve_preferences: [P1]}`, 'unknown curve: P1'],
    [
      'tls_server_config:\n  cert_fil: a',
      'yaml: unmarshal errors:\n  line 2: field cert_fil not found in type web.TLSConfig',
    ],
    ['a: 1', 'yaml: unmarshal errors:\n  line 1: field a not found in type web.Config'],
    ['hello', 'yaml: unmarshal errors:\n  line 1: cannot unmarshal !!str `hello` into web.Config'],
    ['http_server_config: {headers: {X-A: b}}', 'HTTP header "X-A" can not be configured'],
    [
      'http_server_config: {headers: {X-Frame-Options: no}}',
      'invalid value for X-Frame-Options. Expected one of: ["deny" "sameorigin"], but got: "no"',
    ],
    ['basic_auth_users: {a: b}', 'crypto/bcrypt: hashedSecret too short to be a bcrypted password'],
    [
      `basic_auth_users: {a: "x${hash}"}`,
      "crypto/bcrypt: bcrypt hashes must start with '$', but hashedSecret started with 'x'",
    ],
    [
      `basic_auth_users: {a: ${hash.replace('$2y', '$3y')}}`,
      "crypto/bcrypt: bcrypt algorithm version '3' requested is newer than current version '2'",
    ],
    [
      `basic_auth_users: {a: ${hash.replace('$10', '$99')}}`,
      'crypto/bcrypt: cost 99 is outside allowed inclusive range 4..31',
    ],
    [
      'rate_limit: {interval: soon}',
      'yaml: unmarshal errors:\n  line 1: cannot unmarshal !!str `soon` into time.Duration',
    ],
  ])('%j is refused as Prometheus does', (text, words) => {
    expect(() => readWebConfig(text, 'web.yml')).toThrow(new NarthexError('CONFIG_INVALID', words))
  })
})
