import { describe, expect, it } from 'vitest'
import { noProxy, type ProxyConfig } from '../../src/config/proxy-config.ts'
import { Secret } from '../../src/config/secret.ts'
import { plainTls } from '../../src/config/tls-config.ts'
import { failureText } from '../../src/http/failure-text.ts'
import { directRule, proxyRule } from '../../src/http/proxy-rule.ts'
import { certificateFile } from '../support/certificate.ts'
import { freePort } from '../support/free-port.ts'
import { anyRequest, bodyText, httpClient } from '../support/http-client.ts'
import { pageServer } from '../support/page-server.ts'
import { proxyServer } from '../support/proxy-server.ts'
import { secureServer } from '../support/secure-server.ts'

const tls = { ...plainTls, caFile: certificateFile('authority.pem') }

function through(url: string, more: Partial<ProxyConfig> = {}) {
  return httpClient({ tls, proxy: { ...noProxy, url: new Secret(url), ...more } })
}

describe('a proxy', () => {
  it('forwards plain requests, with its own credentials beside those of the target', async () => {
    const server = await pageServer((_, response) => response.end('page'))
    const proxy = await proxyServer()
    const url = new URL(proxy.url)
    url.username = 'user'
    url.password = 'p@ss'
    const http = through(url.href, {
      connectHeaders: new Map([['X-Connect', [new Secret('hush')]]]),
    })
    const [, port] = server.host.split(':')
    // The name is the proxy's to look up.
    const answer = await http.send(`http://target.example:${port}`, {
      ...anyRequest,
      path: '/m?x=1',
    })
    expect(bodyText(answer)).toBe('page')
    expect(proxy.requests[0]?.url).toBe(`http://target.example:${port}/m?x=1`)
    expect(proxy.requests[0]?.headers).toMatchObject({
      host: `target.example:${port}`,
      'proxy-authorization': `Basic ${Buffer.from('user:p@ss').toString('base64')}`,
    })
    expect(proxy.requests[0]?.headers['x-connect']).toBeUndefined()
  })

  it.each([true, false])('opens a tunnel for TLS (HTTP/2 %s)', async (enableHttp2) => {
    const server = await secureServer((_, answer) => answer.end('page'))
    const proxy = await proxyServer()
    const config = {
      ...noProxy,
      url: new Secret(proxy.url.replace('//', '//user:pass@')),
      connectHeaders: new Map([['X-Connect', [new Secret('a'), new Secret('b')]]]),
    }
    const authorization = { type: 'Bearer', credentials: new Secret('t'), credentialsFile: '' }
    const http = httpClient({ tls, proxy: config, enableHttp2, authorization })
    for (let round = 0; round < 2; round++) {
      const answer = await http.send(`https://server.example:${server.port}`, anyRequest)
      expect(bodyText(answer)).toBe('page')
    }
    expect(proxy.requests).toHaveLength(1)
    expect(proxy.requests[0]).toMatchObject({
      method: 'CONNECT',
      url: `server.example:${server.port}`,
    })
    expect(proxy.requests[0]?.headers).toMatchObject({
      'x-connect': 'a, b',
      'proxy-authorization': `Basic ${Buffer.from('user:pass').toString('base64')}`,
    })
    expect(proxy.requests[0]?.headers.authorization).toBeUndefined()
    expect(server.requests.map((seen) => seen.httpVersion)).toEqual(
      enableHttp2 ? ['2.0', '2.0'] : ['1.1', '1.1'],
    )
    expect(server.requests[0]?.headers['proxy-authorization']).toBeUndefined()
    expect(server.requests[0]?.headers.authorization).toBe('Bearer t')
  })

  it('that refuses, or is not there, is told as Prometheus does', async () => {
    const refusing = await proxyServer(407)
    const refused = through(refusing.url).send('https://server.example', anyRequest)
    expect(await refused.catch(failureText)).toBe('Proxy Authentication Required')
    const port = await freePort()
    const absent = through(`http://127.0.0.1:${port}`)
    const words = `dial tcp 127.0.0.1:${port}: connect: connection refused`
    expect(await absent.send('https://server.example', anyRequest).catch(failureText)).toBe(
      `proxyconnect tcp: ${words}`,
    )
    expect(await absent.send('http://server.example', anyRequest).catch(failureText)).toBe(
      `proxyconnect tcp: ${words}`,
    )
  })

  it('is left out for what no_proxy names', async () => {
    const server = await pageServer((_, response) => response.end('direct'))
    const proxy = await proxyServer()
    const http = through(proxy.url, { noProxy: 'other.example' })
    expect(bodyText(await http.send(`http://${server.host}`, anyRequest))).toBe('direct')
    expect(proxy.requests).toHaveLength(0)
  })

  it('comes from the environment where the configuration says so', () => {
    const environment = { HTTP_PROXY: 'one:1', https_proxy: 'https://two:2', NO_PROXY: '.no' }
    const rule = proxyRule({ ...noProxy, fromEnvironment: true }, environment)
    expect(rule(new URL('http://a.example'))?.origin).toBe('http://one:1')
    expect(rule(new URL('https://a.example'))?.origin).toBe('https://two:2')
    expect(rule(new URL('https://a.no'))).toBeUndefined()
    expect(rule(new URL('http://localhost'))).toBeUndefined()
    expect(proxyRule(noProxy, environment)(new URL('http://a.example'))).toBeUndefined()
  })
})

// What golang.org/x/net/http/httpproxy does with them.
const urls = [
  'http://example.com',
  'http://a.example.com',
  'http://notexample.com',
  'http://example.com:8080',
  'https://10.1.2.3',
  'http://10.1.2.3',
  'http://localhost',
  'http://127.9.9.9',
  'http://[::1]',
  'https://[fe80::1]',
  'http://[fe80::1]',
  'http://xn--mnchen-3ya.example',
  'http://8.8.8.8',
]

const always = ['http://localhost', 'http://127.9.9.9', 'http://[::1]']

/** A list, and what it adds to what is always reached directly. */
const golden: readonly (readonly [string, readonly string[]])[] = [
  ['example.com', ['http://example.com', 'http://a.example.com', 'http://example.com:8080']],
  ['.example.com', ['http://a.example.com']],
  ['*.example.com', ['http://a.example.com']],
  ['example.com:8080', ['http://example.com:8080']],
  ['10.0.0.0/8', ['https://10.1.2.3', 'http://10.1.2.3']],
  ['10.1.2.3', ['https://10.1.2.3', 'http://10.1.2.3']],
  ['10.1.2.3:80', ['http://10.1.2.3']],
  [
    '*',
    [
      'http://example.com',
      'http://a.example.com',
      'http://notexample.com',
      'http://example.com:8080',
      'https://10.1.2.3',
      'http://10.1.2.3',
      'https://[fe80::1]',
      'http://[fe80::1]',
      'http://xn--mnchen-3ya.example',
      'http://8.8.8.8',
    ],
  ],
  ['::1/64', []],
  ['[fe80::1]:443', ['https://[fe80::1]']],
  ['fe80::1', ['https://[fe80::1]', 'http://[fe80::1]']],
  ['a, example.com ,b', ['http://example.com', 'http://a.example.com', 'http://example.com:8080']],
  ['example.com:', ['http://example.com', 'http://a.example.com', 'http://example.com:8080']],
  ['EXAMPLE.com', ['http://example.com', 'http://a.example.com', 'http://example.com:8080']],
  ['münchen.example', ['http://xn--mnchen-3ya.example']],
  [':80', []],
  ['10.0.0.0/33', []],
]

describe('no_proxy', () => {
  it.each(golden)('%s reaches directly: %s', (list, direct) => {
    const isDirect = directRule(list)
    const found = urls.filter((url) => isDirect(new URL(url)))
    expect(found).toEqual(urls.filter((url) => always.includes(url) || direct.includes(url)))
  })
})
