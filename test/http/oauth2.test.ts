import { createVerify, generateKeyPairSync } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { nodeFileSystem } from '../../src/base/node-file-system.ts'
import { plainHttp } from '../../src/config/http-config.ts'
import { jwtBearerGrant, type Oauth2Config } from '../../src/config/oauth2-config.ts'
import { noProxy } from '../../src/config/proxy-config.ts'
import { Secret } from '../../src/config/secret.ts'
import { plainTls } from '../../src/config/tls-config.ts'
import { failureText } from '../../src/http/failure-text.ts'
import { clientSettings } from '../../src/http/http-client.ts'
import { Resolver } from '../../src/http/resolver.ts'
import { SimClock } from '../sim/sim-clock.ts'
import { certificateFile, certificateText } from '../support/certificate.ts'
import { anyRequest, httpClient } from '../support/http-client.ts'
import { pageServer } from '../support/page-server.ts'
import { proxyServer } from '../support/proxy-server.ts'
import { secureServer } from '../support/secure-server.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const base: Oauth2Config = {
  clientId: 'me & you',
  clientSecret: new Secret('hush:+'),
  clientSecretFile: '',
  clientCertificateKeyId: '',
  clientCertificateKey: undefined,
  clientCertificateKeyFile: '',
  grantType: '',
  signatureAlgorithm: '',
  iss: '',
  audience: '',
  claims: new Map(),
  scopes: ['a', 'b'],
  tokenUrl: '',
  endpointParams: new Map([['resource', 'r s']]),
  tls: plainTls,
  proxy: noProxy,
}

type Answer = (form: URLSearchParams, incoming: IncomingMessage, response: ServerResponse) => void

/** A token server and a target; `forms` are what the former was asked. */
async function servers(answer: Answer) {
  const forms: URLSearchParams[] = []
  const tokens = await pageServer((incoming, response) => {
    let text = ''
    incoming.on('data', (piece: Buffer) => (text += piece.toString()))
    incoming.on('end', () => {
      const form = new URLSearchParams(text)
      forms.push(form)
      answer(form, incoming, response)
    })
  })
  const target = await pageServer((_, response) => response.end())
  const origin = `http://${target.host}`
  const seen = () => target.requests.map((request) => request.headers.authorization)
  return { forms, tokens, origin, seen, tokenUrl: `http://${tokens.host}/token?x=1` }
}

function json(response: ServerResponse, value: object, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
}

describe('OAuth2 client credentials', () => {
  it('gets a token once, for all clients of a configuration, and sends it', async () => {
    const { forms, tokens, origin, seen, tokenUrl } = await servers((_, __, response) =>
      json(response, { access_token: 'tok', token_type: 'bearer', expires_in: 3_600 }),
    )
    const config = { ...plainHttp, oauth2: { ...base, tokenUrl } }
    const resolver = new Resolver({ fs: nodeFileSystem, clock: systemClock })
    const settings = clientSettings({ config, fs: nodeFileSystem, clock: systemClock, resolver })
    const clients = [1, 2, 3].map(() => httpClient(config, { settings }))
    await Promise.all(clients.map((http) => http.send(origin, anyRequest)))
    await clients[0]?.send(origin, anyRequest)
    expect(seen()).toEqual(Array(4).fill('Bearer tok'))
    expect(forms.map((form) => Object.fromEntries(form))).toEqual([
      { grant_type: 'client_credentials', scope: 'a b', resource: 'r s' },
    ])
    expect(tokens.requests[0]?.url).toBe('/token?x=1')
    const pair = Buffer.from('me+%26+you:hush%3A%2B').toString('base64')
    expect(tokens.requests[0]?.headers.authorization).toBe(`Basic ${pair}`)
  })

  it('gets a new token shortly before the old one expires', async () => {
    let count = 0
    const { origin, seen, tokenUrl } = await servers((_, __, response) =>
      json(response, { access_token: `tok${++count}`, token_type: 'MAC', expires_in: '60' }),
    )
    const clock = new SimClock()
    const http = httpClient({ oauth2: { ...base, tokenUrl } }, { clock })
    await http.send(origin, anyRequest)
    await clock.advance(49_000)
    await http.send(origin, anyRequest)
    await clock.advance(1_000)
    await http.send(origin, anyRequest)
    expect(seen()).toEqual(['MAC tok1', 'MAC tok1', 'MAC tok2'])
  })

  it('sends its secret in the form to servers that want it there, from then on', async () => {
    const { forms, origin, tokenUrl } = await servers((form, _, response) => {
      if (form.has('client_id')) response.end('access_token=t&expires_in=1')
      else json(response, { error: 'invalid_client' }, 401)
    })
    const http = httpClient({ oauth2: { ...base, tokenUrl } })
    for (let round = 0; round < 2; round++) {
      const answer = http.send(origin, anyRequest).catch(failureText)
      expect(await answer).toBe('oauth2: cannot parse the reply of the token server')
    }
    const ids = forms.map((form) => [form.get('client_id'), form.get('client_secret')])
    expect(ids).toEqual([
      [null, null],
      ...Array(1).fill(['me & you', 'hush:+']),
      ['me & you', 'hush:+'],
    ])
  })

  it('takes a url-encoded reply', async () => {
    const { origin, seen, tokenUrl } = await servers((_, __, response) =>
      response
        .writeHead(200, { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' })
        .end('access_token=t%20t&token_type=bearer'),
    )
    await httpClient({ oauth2: { ...base, tokenUrl } }).send(origin, anyRequest)
    expect(seen()).toEqual(['Bearer t t'])
  })

  it('tells why there is no token, keeps no failure, and sends nothing without one', async () => {
    let isWell = false
    const { origin, seen, tokenUrl } = await servers((_, __, response) => {
      if (isWell) json(response, { access_token: 't' })
      else json(response, { error: 'invalid_scope', error_description: 'no "b"' }, 400)
    })
    const http = httpClient({ oauth2: { ...base, tokenUrl } })
    const failure = await http.send(origin, anyRequest).catch(failureText)
    expect(failure).toBe('oauth2: "invalid_scope" "no \\"b\\""')
    expect(seen()).toEqual([])
    isWell = true
    await http.send(origin, anyRequest)
    expect(seen()).toEqual(['Bearer t'])
  })

  it('does not let a silent token server hold a request beyond its deadline', async () => {
    const { origin, seen, tokenUrl } = await servers(() => undefined)
    const http = httpClient({ oauth2: { ...base, tokenUrl } })
    const late = http.send(origin, { ...anyRequest, timeoutMs: 100 })
    await expect(late).rejects.toThrow('context deadline exceeded')
    expect(seen()).toEqual([])
  })

  it('uses a changed secret file at once', async () => {
    const { tokens, origin, tokenUrl } = await servers((_, __, response) =>
      json(response, { access_token: 't', expires_in: 3_600 }),
    )
    const clientSecretFile = join(temporaryDirectory(), 'secret')
    const oauth2 = { ...base, clientSecret: undefined, clientSecretFile, tokenUrl }
    const http = httpClient({ oauth2 })
    for (const secret of ['one', 'one', 'two']) {
      nodeFileSystem.writeFile(clientSecretFile, Buffer.from(`${secret}\n`))
      await http.send(origin, anyRequest)
    }
    const secrets = tokens.requests.map((request) =>
      Buffer.from(request.headers.authorization?.slice(6) ?? '', 'base64').toString(),
    )
    expect(secrets).toEqual(['me+%26+you:one', 'me+%26+you:two'])
  })

  it('reaches the token server with the TLS and the proxy of its own section', async () => {
    const target = await pageServer((_, response) => response.end())
    const tokens = await secureServer(
      (_, answer) => {
        answer.writeHead(200, { 'content-type': 'application/json' })
        answer.end('{"access_token":"t"}')
      },
      { requestCert: true, ca: certificateText('authority.pem') },
    )
    const proxy = await proxyServer()
    const oauth2 = {
      ...base,
      tokenUrl: `https://server.example:${tokens.port}/`,
      proxy: { ...noProxy, url: new Secret(proxy.url) },
      tls: {
        ...plainTls,
        caFile: certificateFile('authority.pem'),
        certFile: certificateFile('client-one.pem'),
        keyFile: certificateFile('client-one.key'),
      },
    }
    await httpClient({ oauth2 }).send(`http://${target.host}`, anyRequest)
    expect(tokens.requests.map((seen) => seen.client)).toEqual(['client-one'])
    expect(proxy.requests.map((seen) => seen.url)).toEqual([`server.example:${tokens.port}`])
    expect(target.requests[0]?.headers.authorization).toBe('Bearer t')
  })
})

describe('the JWT bearer grant', () => {
  it('asks with an assertion that the key has signed', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    const { forms, origin, seen, tokenUrl } = await servers((_, __, response) =>
      json(response, { access_token: 'jwt', token_type: 'Bearer' }),
    )
    const oauth2: Oauth2Config = {
      ...base,
      tokenUrl,
      grantType: jwtBearerGrant,
      clientCertificateKey: new Secret(pem),
      clientCertificateKeyId: 'kid1',
      signatureAlgorithm: 'RS512',
      claims: new Map<string, string | readonly number[]>([
        ['sub', 'somebody'],
        ['list', [1, 2]],
      ]),
    }
    await httpClient({ oauth2 }).send(origin, anyRequest)
    expect(seen()).toEqual(['Bearer jwt'])
    expect(forms[0]?.get('grant_type')).toBe(jwtBearerGrant)
    expect(forms[0]?.get('resource')).toBe('r s')
    const [head = '', claims = '', signature = ''] = forms[0]?.get('assertion')?.split('.') ?? []
    const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString()) as object
    expect(read(head)).toEqual({ alg: 'RS512', kid: 'kid1', typ: 'JWT' })
    const now = Date.now() / 1_000
    const told = read(claims) as { iat: number; exp: number; jti: string }
    expect(told).toEqual({
      iss: 'me & you',
      sub: 'somebody',
      aud: tokenUrl,
      scope: 'a b',
      list: [1, 2],
      jti: told.jti,
      iat: told.iat,
      exp: told.iat + 600,
    })
    expect(told.iat).toBeGreaterThan(now - 30)
    expect(told.jti).toMatch(/^[0-9a-f-]{36}$/)
    const verify = createVerify('RSA-SHA512').update(`${head}.${claims}`)
    expect(verify.verify(publicKey, Buffer.from(signature, 'base64url'))).toBe(true)
  })

  it('names a key that is none', async () => {
    const { origin, tokenUrl } = await servers(() => undefined)
    const clientCertificateKey = new Secret('no key')
    const oauth2 = { ...base, tokenUrl, grantType: jwtBearerGrant, clientCertificateKey }
    const failure = await httpClient({ oauth2 }).send(origin, anyRequest).catch(failureText)
    expect(failure).toMatch(/^oauth2: client_certificate_key: /)
    expect(failure).not.toContain('no key')
  })
})
