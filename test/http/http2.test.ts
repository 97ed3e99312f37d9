import { createServer as createTcpServer, type Socket } from 'node:net'
import { createServer, type TLSSocket } from 'node:tls'
import { describe, expect, it, onTestFinished } from 'vitest'
import { plainTls } from '../../src/config/tls-config.ts'
import { failureText } from '../../src/http/failure-text.ts'
import { certificateFile, certificateText } from '../support/certificate.ts'
import { anyRequest, bodyText, httpClient } from '../support/http-client.ts'
import { secureServer } from '../support/secure-server.ts'

const tls = { ...plainTls, caFile: certificateFile('authority.pem') }

/** One frame of RFC 9113 section 4.1. */
function frame(type: number, flags: number, stream: number, payload: readonly number[] = []) {
  const head = [0, payload.length >> 8, payload.length & 255, type, flags, 0, 0, 0, stream]
  return Buffer.from([...head, ...payload])
}

const settings = frame(4, 0, 0)
const status200 = frame(1, 4, 1, [0x88])
const half = frame(0, 0, 1, [...Buffer.from('half')])
const lastHalf = frame(0, 1, 1, [...Buffer.from('half')])

/** Speaks HTTP/2 by hand: sends its settings, and `frames` when the request has come. */
async function rawServer(frames: readonly Buffer[], then: (socket: TLSSocket) => void) {
  const [key, cert] = [certificateText('server.key'), certificateText('server.pem')]
  const server = createServer({ key, cert, ALPNProtocols: ['h2'] }, (socket) => {
    socket.on('error', () => undefined)
    socket.write(settings)
    let isAnswered = false
    socket.on('data', (bytes: Buffer) => {
      const hasHeaders = bytes.includes(Buffer.from([1, 0x25, 0, 0, 0, 1])) || bytes.length > 40
      if (isAnswered || !hasHeaders) return
      isAnswered = true
      socket.write(Buffer.concat(frames), () => then(socket))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return `https://127.0.0.1:${(server.address() as { port: number }).port}`
}

describe('HTTP/2', () => {
  it('is spoken where the server offers it, over one connection', async () => {
    const server = await secureServer((_, answer) => {
      answer.writeHead(200, { 'content-type': 'text/plain', 'x-key': 'v' })
      answer.end('page')
    })
    const headers = new Map([['X-Two', { values: ['a', 'b'], secrets: [], files: [] }]])
    const http = httpClient({ tls, headers })
    for (let round = 0; round < 3; round++) {
      const sent = { ...anyRequest, path: '/m?x=1', headers: ['Accept', 'x/y'] }
      const answer = await http.send(`https://127.0.0.1:${server.port}`, sent)
      expect(answer).toMatchObject({
        status: 200,
        statusText: 'OK',
        contentType: 'text/plain',
      })
      expect(answer.header('x-key')).toBe('v')
      expect(bodyText(answer)).toBe('page')
    }
    expect(server.connections()).toBe(1)
    expect(server.requests.map((seen) => seen.httpVersion)).toEqual(['2.0', '2.0', '2.0'])
    expect(server.requests[0]?.url).toBe('/m?x=1')
    expect(server.requests[0]?.headers).toMatchObject({ accept: 'x/y', 'x-two': 'a, b' })
  })

  it('is not spoken where the server or the configuration does not want it', async () => {
    const both = await secureServer((_, answer) => answer.end())
    const plain = await secureServer((_, answer) => answer.end(), { speaks: 'http1' })
    const unwilling = httpClient({ tls, enableHttp2: false })
    const willing = httpClient({ tls })
    for (let round = 0; round < 2; round++) {
      await unwilling.send(`https://127.0.0.1:${both.port}`, anyRequest)
      await willing.send(`https://127.0.0.1:${plain.port}`, anyRequest)
    }
    for (const server of [both, plain]) {
      expect(server.requests.map((seen) => seen.httpVersion)).toEqual(['1.1', '1.1'])
      expect(server.connections()).toBe(1)
    }
  })

  it('carries a body to the server, and large ones back', async () => {
    const server = await secureServer((_, answer) => answer.end('x'.repeat(3_000_000)))
    const body = { contentType: 'x/y', content: 'b'.repeat(200_000) }
    const sent = { ...anyRequest, body, bodyBytesMax: 3_000_000 }
    const answer = await httpClient({ tls }).send(`https://127.0.0.1:${server.port}`, sent)
    expect(answer.bodyBytes).toBe(3_000_000)
    expect(server.requests[0]).toMatchObject({ method: 'POST', body: body.content })
    expect(server.requests[0]?.headers['content-type']).toBe('x/y')
  })

  it.each([
    ['RST_STREAM CANCEL', [status200, half, frame(3, 0, 1, [0, 0, 0, 8])], 'unexpected EOF'],
    ['a hang-up', [status200, half], 'unexpected EOF'],
    ['RST_STREAM before any answer', [frame(3, 0, 1, [0, 0, 0, 7])], 'EOF'],
  ])('takes no answer for whole that ended by %s', async (_, frames, words) => {
    const origin = await rawServer(frames, (socket) => {
      if (frames.length === 2) socket.destroy()
    })
    expect(await httpClient({ tls }).send(origin, anyRequest).catch(failureText)).toBe(words)
  })

  it('finishes what is under way when the server says that it will go away', async () => {
    const goAway = frame(7, 0, 0, [0, 0, 0, 1, 0, 0, 0, 0])
    const origin = await rawServer([status200, half, goAway, lastHalf], () => undefined)
    const http = httpClient({ tls })
    for (let round = 0; round < 2; round++) {
      expect(bodyText(await http.send(origin, anyRequest))).toBe('halfhalf')
    }
  })

  it.each([true, false])(
    'a connection that breaks after it was given up hurts nobody',
    async (h2) => {
      const sockets: Socket[] = []
      const silent = createTcpServer((socket) => void sockets.push(socket))
      await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
      onTestFinished(() => void silent.close())
      const { port } = silent.address() as { port: number }
      const http = httpClient({ tls, enableHttp2: h2 })
      const late = http.send(`https://127.0.0.1:${port}`, { ...anyRequest, timeoutMs: 100 })
      await expect(late).rejects.toThrow('context deadline exceeded')
      http.close()
      for (const socket of sockets) socket.resetAndDestroy()
      await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
    },
  )

  it('ends at the deadline, and begins anew after it', async () => {
    let isSilent = true
    const server = await secureServer((_, answer) => {
      if (!isSilent) answer.end('page')
    })
    const http = httpClient({ tls })
    const origin = `https://127.0.0.1:${server.port}`
    const late = http.send(origin, { ...anyRequest, timeoutMs: 200 })
    await expect(late).rejects.toThrow('context deadline exceeded')
    isSilent = false
    expect(bodyText(await http.send(origin, anyRequest))).toBe('page')
    expect(server.connections()).toBe(2)
  })
})
