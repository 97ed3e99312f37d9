import { copyFileSync } from 'node:fs'
import { connect as connectHttp2 } from 'node:http2'
import { join } from 'node:path'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import { describe, expect, it, onTestFinished } from 'vitest'
import { certificateFile, certificateText } from '../support/certificate.ts'
import { login, startSecured, users } from '../support/web-config.ts'

const pair = `
  cert_file: server.pem
  key_file: server.key`
const tls = `tls_server_config:${pair}
`
const trusting = { ca: certificateText('authority.pem'), servername: 'localhost' }
const clientOne = {
  cert: certificateText('client-one.pem'),
  key: certificateText('client-one.key'),
}
/** Signed by the authority, with names: localhost, server.example, 127.0.0.1. */
const named = { cert: certificateText('server.pem'), key: certificateText('server.key') }

/** What came back for `GET /-/healthy` over HTTP/1.1: '' where the server refused the client. */
async function ask(
  port: number,
  options: ConnectionOptions = {},
): Promise<{ answer: string; socket: TLSSocket; name: unknown; protocol: string | null }> {
  const socket = connect({ port, host: '127.0.0.1', ...trusting, ...options })
  onTestFinished(() => {
    socket.destroy()
  })
  let [answer, protocol]: [string, string | null] = ['', null]
  let name: unknown
  socket.on('secureConnect', () => {
    name = socket.getPeerCertificate().subject?.CN
    protocol = socket.getProtocol()
  })
  socket.on('error', () => undefined)
  // Before the handshake is over: a refused client must not be answered for its haste.
  socket.write('GET /-/healthy HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
  socket.on('data', (piece) => {
    answer += piece.toString('latin1')
  })
  await new Promise((resolve) => socket.on('close', resolve))
  return { answer: answer.split('\r\n')[0] ?? '', socket, name, protocol }
}

const ok = 'HTTP/1.1 200 OK'

/** Status and body over HTTP/2; undefined where the server refused the client. */
function askHttp2(
  port: number,
  path: string,
  headers: Record<string, string> = {},
  shown: ConnectionOptions = {},
) {
  const session = connectHttp2(`https://localhost:${port}`, {
    ...trusting,
    ...shown,
    lookup: (_name, _options, done) => done(null, [{ address: '127.0.0.1', family: 4 }]),
  })
  onTestFinished(() => session.destroy())
  return new Promise<{ status: number | undefined; body: string } | undefined>((resolve) => {
    session.on('error', () => resolve(undefined))
    session.on('close', () => resolve(undefined))
    const stream = session.request({ ':path': path, ...headers }, { endStream: true })
    let status: number | undefined
    stream.on('response', (answered) => {
      status = answered[':status']
    })
    stream.on('error', () => resolve(undefined))
    let body = ''
    stream.on('data', (piece: Buffer) => {
      body += piece.toString()
    })
    stream.on('end', () => {
      if (status !== undefined) resolve({ status, body })
      session.destroy()
    })
  })
}

describe('TLS', () => {
  it('serves HTTP/1.1 and HTTP/2, and plain HTTP to nobody', async () => {
    const { port } = await startSecured(tls)
    expect(await ask(port)).toMatchObject({ answer: ok, name: 'server', protocol: 'TLSv1.3' })
    expect(await askHttp2(port, '/-/healthy')).toEqual({
      status: 200,
      body: 'Prometheus Server is Healthy.\n',
    })
    await expect(fetch(`http://127.0.0.1:${port}/-/healthy`)).rejects.toThrow('fetch failed')
  })

  it('leaves HTTP/2 out where the file says so', async () => {
    const { port } = await startSecured(`${tls}http_server_config: {http2: false}`)
    expect((await ask(port)).answer).toBe(ok)
    const { socket } = await ask(port, { ALPNProtocols: ['h2', 'http/1.1'] })
    expect(socket.alpnProtocol).toBe('http/1.1')
  })

  it('guards HTTP/2 as it guards HTTP/1.1, streams of events included', async () => {
    const { port } = await startSecured(tls + users)
    const live = '/api/v1/notifications/live'
    for (const path of ['/-/healthy', '/api/v1/query?query=1', '/none', live]) {
      expect(await askHttp2(port, path)).toEqual({ status: 401, body: 'Unauthorized\n' })
    }
    const alice = login('alice', 'wonderland')
    expect(await askHttp2(port, '/-/healthy', alice)).toMatchObject({ status: 200 })
    const evil = { ...alice, ':method': 'POST', origin: 'https://evil.example' }
    expect(await askHttp2(port, '/-/reload', evil)).toMatchObject({ status: 403 })
    const own = { ...alice, ':method': 'POST', origin: `https://localhost:${port}` }
    expect(await askHttp2(port, '/-/reload', own)).not.toMatchObject({ status: 403 })
  })

  it.each([
    ['min_version: TLS13', { maxVersion: 'TLSv1.2' }, null],
    ['max_version: TLS12', {}, 'TLSv1.2'],
    ['', { maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'ALL:@SECLEVEL=0' }, null],
    [
      'min_version: TLS10',
      { maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'ALL:@SECLEVEL=0' },
      'TLSv1.1',
    ],
    [
      'cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256]',
      { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES256-GCM-SHA384' },
      null,
    ],
    [
      'cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256]',
      { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' },
      'TLSv1.2',
    ],
    ['cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256]', {}, 'TLSv1.3'],
    ['curve_preferences: [CurveP521]', { ecdhCurve: 'X25519' }, null],
    ['curve_preferences: [CurveP521, CurveP256]', { ecdhCurve: 'prime256v1' }, 'TLSv1.3'],
  ] as const)('with %j speaks to %j in %s', async (line, options, spoken) => {
    const { port } = await startSecured(`tls_server_config:${pair}\n  ${line}\n`)
    const { answer, protocol } = await ask(port, options)
    expect([protocol, answer]).toEqual([spoken, spoken === null ? '' : ok])
  })
})

describe('client certificates', () => {
  const policy = (type: string, ca = 'authority', sans = '') =>
    `tls_server_config:${pair}\n  client_auth_type: ${type}\n  client_ca_file: ${ca}.pem\n${sans}`
  const sans = (...names: readonly string[]) => `  client_allowed_sans: ${JSON.stringify(names)}\n`

  it.each([
    ['RequestClientCert', {}, 'stranger', '', ok],
    ['RequestClientCert', clientOne, 'stranger', '', ok],
    ['RequireAnyClientCert', {}, 'stranger', '', ''],
    ['RequireAnyClientCert', clientOne, 'stranger', '', ok],
    ['RequireClientCert', {}, 'stranger', '', ''],
    ['VerifyClientCertIfGiven', {}, 'authority', '', ok],
    ['VerifyClientCertIfGiven', clientOne, 'authority', '', ok],
    ['VerifyClientCertIfGiven', clientOne, 'stranger', '', ''],
    ['RequireAndVerifyClientCert', {}, 'authority', '', ''],
    ['RequireAndVerifyClientCert', clientOne, 'authority', '', ok],
    ['RequireAndVerifyClientCert', clientOne, 'stranger', '', ''],
    ['RequireAndVerifyClientCert', named, 'authority', sans('a', 'server.example'), ok],
    ['RequireAndVerifyClientCert', named, 'authority', sans('127.0.0.1'), ok],
    ['RequireAndVerifyClientCert', named, 'authority', sans('example', 'DNS:localhost'), ''],
    ['RequireAndVerifyClientCert', clientOne, 'authority', sans('client-one'), ''],
  ])('%s: of a client with %o and the authority %s, %s', async (type, shown, ca, names, answer) => {
    const { port } = await startSecured(policy(type, ca, names))
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      expect((await ask(port, { ...shown, maxVersion })).answer).toBe(answer)
    }
    const overHttp2 = await askHttp2(port, '/-/healthy', {}, shown)
    expect(overHttp2?.status).toBe(answer === '' ? undefined : 200)
  })

  it('are asked for as soon as the file says so, and no session of before goes on', async () => {
    const { port, write } = await startSecured(tls)
    const first = await ask(port, { maxVersion: 'TLSv1.2' })
    expect(first.answer).toBe(ok)
    const session = first.socket.getSession()
    write(policy('RequireAndVerifyClientCert'))
    expect((await ask(port, { maxVersion: 'TLSv1.2', session })).answer).toBe('')
    expect((await ask(port, clientOne)).answer).toBe(ok)
    write(policy('RequireAndVerifyClientCert', 'stranger'))
    expect((await ask(port, clientOne)).answer).toBe('')
    write('tls_server_config: [')
    expect((await ask(port, clientOne)).answer).toBe('')
    write('')
    expect((await ask(port, clientOne)).answer).toBe('')
    write(tls)
    expect((await ask(port)).answer).toBe(ok)
  })
})

describe('certificates', () => {
  it('are swapped ten times under load without a restart or a failed request', async () => {
    const { port, directory } = await startSecured(tls)
    const [cert, key] = [join(directory, 'server.pem'), join(directory, 'server.key')]
    let isOver = false
    let asked = 0
    const load = async () => {
      while (!isOver) {
        const { answer } = await ask(port, { rejectUnauthorized: false })
        expect(answer).toBe(ok)
        asked++
      }
    }
    const running = [load(), load()]
    const names: unknown[] = []
    for (let swap = 0; swap < 10; swap++) {
      const name = swap % 2 === 0 ? 'client-one' : 'server'
      copyFileSync(certificateFile(`${name}.pem`), cert)
      // Between the two they do not go together: the old ones are served.
      const before = await ask(port, { rejectUnauthorized: false })
      copyFileSync(certificateFile(`${name}.key`), key)
      const after = await ask(port, { rejectUnauthorized: false })
      names.push([before.name, after.name])
    }
    isOver = true
    await Promise.all(running)
    const turns = [
      ['server', 'client-one'],
      ['client-one', 'server'],
    ]
    expect(names).toEqual(Array.from({ length: 5 }, () => turns).flat())
    expect(asked).toBeGreaterThan(10)
  })

  it.each([
    [
      'cert_file: none.pem\n  key_file: server.key',
      /^.*: failed to read cert_file \(.*none.pem\): open .*none.pem: no such file or directory$/,
    ],
    [
      'cert_file: server.pem\n  key_file: client-one.key',
      /failed to load X509KeyPair: tls: private key does not match public key$/,
    ],
    [
      'cert_file: server.key\n  key_file: server.key',
      /tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched$/,
    ],
    [
      'cert_file: server.pem\n  key_file: server.pem',
      /tls: found a certificate rather than a key in the PEM for the private key$/,
    ],
    ['cert: a\n  key_file: server.key', /tls: failed to find any PEM data in certificate input$/],
    [`${pair}\n  client_auth_type: Maybe`, /invalid ClientAuth: Maybe$/],
    [
      `${pair}\n  client_ca_file: authority.pem`,
      /client CA's have been configured without a Client Auth Policy$/,
    ],
    [
      `${pair}\n  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: server.key`,
      /client CA has no certificate$/,
    ],
    [
      `${pair}\n  cipher_suites: [TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384]`,
      /http2: TLSConfig.CipherSuites is missing an HTTP\/2-required AES_128_GCM_SHA256 cipher/,
    ],
  ])('%j end the start', async (lines, words) => {
    await expect(startSecured(`tls_server_config:\n  ${lines.trim()}\n`)).rejects.toThrow(words)
  })
})
