import { createServer } from 'node:net'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it, onTestFinished } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { nodeFileSystem } from '../../src/base/node-file-system.ts'
import { type HttpClientConfig, plainHttp } from '../../src/config/http-config.ts'
import { Secret } from '../../src/config/secret.ts'
import { decodeBody } from '../../src/http/decode-body.ts'
import { failureText } from '../../src/http/failure-text.ts'
import { HttpClient } from '../../src/http/http-client.ts'
import { Resolver } from '../../src/http/resolver.ts'
import { SimClock } from '../sim/sim-clock.ts'
import { freePort } from '../support/free-port.ts'
import { pageServer } from '../support/page-server.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

function client(config: Partial<HttpClientConfig> = {}, more: { socketPath?: string } = {}) {
  const made = new HttpClient({
    config: { ...plainHttp, ...config },
    fs: nodeFileSystem,
    clock: systemClock,
    resolver: new Resolver({ fs: nodeFileSystem, clock: systemClock }),
    ...more,
  })
  onTestFinished(() => made.close())
  return made
}

const request = { path: '/', headers: ['Accept', 'x/y'], bodyBytesMax: 1_000, timeoutMs: 10_000 }

const basicAuth = {
  username: 'u',
  usernameFile: '',
  password: new Secret('hush'),
  passwordFile: '',
}

describe('the HTTP client', () => {
  it('asks again and again over one connection', async () => {
    const server = await pageServer((_, response) => response.end('page'))
    const http = client()
    for (let round = 0; round < 3; round++) {
      const answer = await http.send(`http://${server.host}`, request)
      expect(Buffer.concat(answer.pieces).toString()).toBe('page')
    }
    expect(server.requests).toHaveLength(3)
    expect(server.connections()).toBe(1)
  })

  it('reaches localhost by name, with no name server', async () => {
    const server = await pageServer((_, response) => response.end())
    const port = server.host.split(':')[1]
    const answer = await client().send(`http://localhost:${port}`, request)
    expect(answer.status).toBe(200)
  })

  it('sends credentials and configured headers', async () => {
    const server = await pageServer((_, response) => response.end())
    const headers = new Map([['X-Key', { values: ['a'], secrets: [new Secret('b')], files: [] }]])
    await client({ basicAuth, headers }).send(`http://${server.host}`, request)
    expect(server.requests[0]?.headers).toMatchObject({
      accept: 'x/y',
      authorization: `Basic ${Buffer.from('u:hush').toString('base64')}`,
      'x-key': 'a, b',
    })
  })

  it('reads a credentials file anew for every request', async () => {
    const server = await pageServer((_, response) => response.end())
    const file = join(temporaryDirectory(), 'token')
    const authorization = { type: 'Bearer', credentials: undefined, credentialsFile: file }
    const http = client({ authorization })
    for (const token of ['one', 'two']) {
      nodeFileSystem.writeFile(file, Buffer.from(`${token}\n`))
      await http.send(`http://${server.host}`, request)
    }
    expect(server.requests.map((seen) => seen.headers.authorization)).toEqual([
      'Bearer one',
      'Bearer two',
    ])
  })

  it('never carries credentials to another host when it is redirected', async () => {
    const other = await pageServer((_, response) => response.end('other'))
    const server = await pageServer((incoming, response) => {
      const location = incoming.url === '/' ? '/again' : `http://${other.host}/there`
      response.writeHead(302, { location }).end()
    })
    const headers = new Map([['X-Key', { values: [], secrets: [new Secret('b')], files: [] }]])
    const answer = await client({ basicAuth, headers }).send(`http://${server.host}`, request)
    expect(answer.status).toBe(200)
    expect(server.requests.map((seen) => typeof seen.headers.authorization)).toEqual([
      'string',
      'string',
    ])
    expect(other.requests[0]?.url).toBe('/there')
    expect(other.requests[0]?.headers.authorization).toBeUndefined()
    expect(other.requests[0]?.headers['x-key']).toBeUndefined()
  })

  it('hands a redirect over where it may not follow, and gives up on circles', async () => {
    const server = await pageServer((_, response) =>
      response.writeHead(307, { location: '/' }).end(),
    )
    const origin = `http://${server.host}`
    const answer = await client({ followRedirects: false }).send(origin, request)
    expect(answer.status).toBe(307)
    await expect(client().send(origin, request)).rejects.toThrow('stopped after 10 redirects')
  })

  it('stops a body at its limit', async () => {
    const server = await pageServer((_, response) => response.end('x'.repeat(2_000)))
    await expect(client().send(`http://${server.host}`, request)).rejects.toThrow(
      'body has more than 1000 bytes',
    )
  })

  it('ends at the deadline, in the middle of a body too', async () => {
    const clock = new SimClock()
    let isReached: () => void = () => undefined
    const reached = new Promise<void>((resolve) => {
      isReached = resolve
    })
    const server = await pageServer((_, response) => {
      response.writeHead(200)
      response.write('half')
      isReached()
    })
    const http = new HttpClient({
      config: plainHttp,
      fs: nodeFileSystem,
      clock,
      resolver: new Resolver({ fs: nodeFileSystem, clock }),
    })
    const answer = http.send(`http://${server.host}`, request)
    const outcome = expect(answer).rejects.toThrow('context deadline exceeded')
    await reached
    await clock.advance(10_000)
    await outcome
    http.close()
  })

  it('tries once more where the other side has closed the kept connection', async () => {
    let served = 0
    // Answers one request on each connection and hangs up on the next one.
    const server = createServer((socket) => {
      let seen = 0
      socket.on('data', () => {
        if (++seen > 1) return socket.destroy()
        served++
        return socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')
      })
      socket.on('error', () => undefined)
    })
    const port = await freePort()
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const http = client()
    for (let round = 0; round < 3; round++) {
      expect((await http.send(`http://127.0.0.1:${port}`, request)).status).toBe(200)
    }
    expect(served).toBe(3)
    http.close()
  })

  it.each([
    ['a length', 'content-length: 9\r\n\r\nhalf'],
    ['chunks', 'transfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n'],
    ['a chunk', 'transfer-encoding: chunked\r\n\r\n9\r\nhalf'],
  ])('does not ask again for an answer with %s that broke off', async (_kind, half) => {
    let seen = 0
    const server = createServer((socket) => {
      socket.on('data', () => {
        seen++
        if (seen === 2) socket.end(`HTTP/1.1 200 OK\r\n${half}`)
        else socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')
      })
    })
    const port = await freePort()
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const http = client()
    const ask = () => http.send(`http://127.0.0.1:${port}`, request)
    expect((await ask()).status).toBe(200)
    expect(await ask().catch(failureText)).toBe('unexpected EOF')
    expect(seen).toBe(2)
    expect((await ask()).status).toBe(200)
    http.close()
  })

  it('goes through a Unix socket', async () => {
    const socketPath = join(temporaryDirectory(), 's')
    const server = await pageServer((_, response) => response.end('unix'), socketPath)
    const answer = await client({}, { socketPath }).send('http://any.example:80', request)
    expect(Buffer.concat(answer.pieces).toString()).toBe('unix')
    expect(server.requests[0]?.headers.host).toBe('any.example')
  })

  it('tells failures in the words of Prometheus', async () => {
    const port = await freePort()
    const refused = await client().send(`http://127.0.0.1:${port}`, request).catch(failureText)
    expect(refused).toBe(`dial tcp 127.0.0.1:${port}: connect: connection refused`)
    const unknown = await client().send('http://nowhere.invalid', request).catch(failureText)
    expect(unknown).toMatch(/^dial tcp: lookup nowhere\.invalid: /)
  })
})

describe('decoding a body', () => {
  function answer(pieces: readonly Uint8Array[], contentEncoding = 'gzip') {
    const bodyBytes = pieces.reduce((sum, piece) => sum + piece.length, 0)
    return {
      status: 200,
      statusText: '',
      contentType: '',
      contentEncoding,
      location: '',
      pieces,
      bodyBytes,
    }
  }

  async function decoded(pieces: readonly Uint8Array[], bytesMax: number): Promise<number> {
    const body = await decodeBody(answer(pieces), bytesMax)
    expect(Buffer.concat(body.pieces).length).toBe(body.bodyBytes)
    return body.bodyBytes
  }

  it.each([10, 100_000, 5_000_000])('inflates %d bytes, in one or more pieces', async (size) => {
    const packed = gzipSync(Buffer.alloc(size, 'abc'))
    expect(await decoded([packed], size)).toBe(size)
    expect(await decoded([packed.subarray(0, 9), packed.subarray(9)], size)).toBe(size)
  })

  it('stops a bomb at the limit, also one that lies about its length', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000))
    await expect(decoded([bomb], 1_000_000)).rejects.toThrow('body has more than 1000000 bytes')
    const liar = Buffer.from(bomb)
    liar.writeUInt32LE(5, liar.length - 4)
    await expect(decoded([liar], 1_000_000)).rejects.toThrow('body has more than 1000000 bytes')
  })

  it('refuses what is no gzip, or only part of it', async () => {
    await expect(decoded([Buffer.alloc(40, 'x')], 100)).rejects.toThrow('gzip: invalid header')
    const packed = gzipSync('a page of some length')
    await expect(decoded([packed.subarray(0, 20)], 100)).rejects.toThrow('unexpected EOF')
  })
})
