import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Secret } from '../../src/config/secret.ts'
import { plainTls, type TlsConfig } from '../../src/config/tls-config.ts'
import { failureText } from '../../src/http/failure-text.ts'
import { certificateFile, certificateText } from '../support/certificate.ts'
import { anyRequest, bodyText, httpClient } from '../support/http-client.ts'
import { secureServer } from '../support/secure-server.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const trusting = { ...plainTls, caFile: certificateFile('authority.pem') }

function client(tls: Partial<TlsConfig>, enableHttp2 = true) {
  return httpClient({ tls: { ...plainTls, ...tls }, enableHttp2 })
}

describe('TLS', () => {
  it.each([true, false])('trusts the configured authority only (HTTP/2 %s)', async (http2) => {
    const server = await secureServer((_, answer) => answer.end('page'))
    const origin = `https://127.0.0.1:${server.port}`
    const inline = { ca: certificateText('authority.pem') }
    expect(bodyText(await client(trusting, http2).send(origin, anyRequest))).toBe('page')
    expect(bodyText(await client(inline, http2).send(origin, anyRequest))).toBe('page')
    const strangers = { caFile: certificateFile('stranger.pem') }
    const refused = await client(strangers, http2).send(origin, anyRequest).catch(failureText)
    expect(refused).toMatch(/^tls: failed to verify certificate: /)
    expect(server.requests).toHaveLength(2)
  })

  it('skips verification where it is told to', async () => {
    const server = await secureServer((_, answer) => answer.end())
    const careless = client({ insecureSkipVerify: true })
    expect((await careless.send(`https://127.0.0.1:${server.port}`, anyRequest)).status).toBe(200)
  })

  it.each([
    ['server.example', 200],
    ['127.0.0.1', 200],
    ['other.example', 'tls: failed to verify certificate: '],
    ['127.0.0.2', 'tls: failed to verify certificate: '],
  ])('verifies the server as server_name %s', async (serverName, outcome) => {
    const server = await secureServer((_, answer) => answer.end())
    const origin = `https://127.0.0.1:${server.port}`
    const named = client({ ...trusting, serverName })
    const got = await named.send(origin, anyRequest).then((answer) => answer.status, failureText)
    expect(String(got).slice(0, String(outcome).length)).toBe(String(outcome))
  })

  it('shows its certificate, from files or inline', async () => {
    const server = await secureServer((_, answer) => answer.end(), {
      requestCert: true,
      ca: certificateText('authority.pem'),
    })
    const origin = `https://localhost:${server.port}`
    const [certFile, keyFile] = ['client-one.pem', 'client-one.key'].map(certificateFile)
    await client({ ...trusting, certFile, keyFile } as TlsConfig).send(origin, anyRequest)
    const cert = certificateText('client-two.pem')
    const key = new Secret(certificateText('client-two.key'))
    await client({ ...trusting, cert, key }).send(origin, anyRequest)
    expect(server.requests.map((seen) => seen.client)).toEqual(['client-one', 'client-two'])
  })

  it.each([true, false])(
    'uses a rotated certificate for the next request (HTTP/2 %s)',
    async (h2) => {
      const server = await secureServer((_, answer) => answer.end(), {
        requestCert: true,
        ca: certificateText('authority.pem'),
      })
      const directory = temporaryDirectory()
      const [certFile = '', keyFile = ''] = ['cert', 'key'].map((name) => join(directory, name))
      const http = client({ ...trusting, certFile, keyFile }, h2)
      for (const name of ['client-one', 'client-two']) {
        copyFileSync(certificateFile(`${name}.pem`), certFile)
        copyFileSync(certificateFile(`${name}.key`), keyFile)
        await http.send(`https://localhost:${server.port}`, anyRequest)
        await http.send(`https://localhost:${server.port}`, anyRequest)
      }
      const names = ['client-one', 'client-one', 'client-two', 'client-two']
      expect(server.requests.map((seen) => seen.client)).toEqual(names)
      expect(server.connections()).toBe(2)
    },
  )

  it('says which file it cannot read, and reads it again at the next request', async () => {
    const server = await secureServer((_, answer) => answer.end())
    const caFile = join(temporaryDirectory(), 'ca.pem')
    const http = client({ caFile })
    const origin = `https://127.0.0.1:${server.port}`
    expect(await http.send(origin, anyRequest).catch(failureText)).toBe(
      `unable to read CA cert: unable to read file ${caFile}: open ${caFile}: no such file or directory`,
    )
    copyFileSync(certificateFile('authority.pem'), caFile)
    expect((await http.send(origin, anyRequest)).status).toBe(200)
  })

  it.each([
    ['TLS10', 'TLS10', 'TLSv1'],
    ['TLS10', 'TLS11', 'TLSv1.1'],
    [undefined, 'TLS12', 'TLSv1.2'],
    ['TLS13', undefined, 'TLSv1.3'],
  ] as const)('keeps to versions %s to %s', async (minVersion, maxVersion, spoken) => {
    const old = { minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' } as const
    const server = await secureServer((_, answer) => answer.end(), old)
    const http = client({ ...trusting, minVersion, maxVersion })
    await http.send(`https://127.0.0.1:${server.port}`, anyRequest)
    expect(server.requests.map((seen) => seen.tlsVersion)).toEqual([spoken])
  })

  it('speaks no version before 1.2 unless it is told to', async () => {
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL@SECLEVEL=0' } as const
    const server = await secureServer((_, answer) => answer.end(), old)
    const origin = `https://127.0.0.1:${server.port}`
    await expect(client(trusting).send(origin, anyRequest)).rejects.toThrow(/alert|version/)
  })
})
