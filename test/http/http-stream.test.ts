import { describe, expect, it } from 'vitest'
import { plainTls } from '../../src/config/tls-config.ts'
import type { HttpStream } from '../../src/http/http-stream.ts'
import { certificateFile } from '../support/certificate.ts'
import { httpClient } from '../support/http-client.ts'
import { pageServer } from '../support/page-server.ts'
import { secureServer } from '../support/secure-server.ts'
import { waitUntil } from '../support/wait-until.ts'

const request = { path: '/', headers: [], timeoutMs: 10_000, silenceMsMax: 10_000 }
const tls = { ...plainTls, caFile: certificateFile('authority.pem') }

async function servedPieces(secure: boolean, serve: (answer: Served) => void) {
  if (secure) {
    const server = await secureServer((_, answer) => serve(answer))
    return { origin: `https://127.0.0.1:${server.port}`, connections: server.connections }
  }
  const server = await pageServer((_, response) => serve(response))
  return { origin: `http://${server.host}`, connections: server.connections }
}

async function readAll(stream: HttpStream): Promise<number> {
  let bytes = 0
  for await (const piece of stream.pieces()) bytes += piece.length
  return bytes
}

interface Served {
  write(piece: string | Uint8Array): unknown
  end(piece?: string): unknown
  on?(event: 'close', call: () => void): unknown
  destroy?(): unknown
}

describe.each([
  ['HTTP/1.1', false],
  ['HTTP/2', true],
])('a streamed answer over %s', (_, secure) => {
  it('is read as it comes', async () => {
    let answer: Served | undefined
    const { origin } = await servedPieces(secure, (served) => {
      answer = served
      served.write('one')
    })
    const stream = await httpClient({ tls }).stream(origin, request)
    expect(stream.status).toBe(200)
    const pieces = stream.pieces()
    expect(Buffer.from((await pieces.next()).value ?? []).toString()).toBe('one')
    answer?.write('two')
    expect(Buffer.from((await pieces.next()).value ?? []).toString()).toBe('two')
    answer?.end()
    expect((await pieces.next()).done).toBe(true)
  })

  it('ends when its reader stops, and streams stand beside each other', async () => {
    let closed = 0
    const { origin, connections } = await servedPieces(secure, (served) => {
      served.on?.('close', () => closed++)
      served.write('x')
    })
    const http = httpClient({ tls })
    const streams = await Promise.all([http.stream(origin, request), http.stream(origin, request)])
    expect(connections()).toBe(2)
    for (const stream of streams) for await (const piece of stream.pieces()) if (piece) break
    await waitUntil('both are closed', () => closed === 2 || undefined)
  })

  it('fails when the other side is silent for too long, or a signal says so', async () => {
    const { origin } = await servedPieces(secure, (served) => served.write('x'))
    const http = httpClient({ tls })
    const quiet = await http.stream(origin, { ...request, silenceMsMax: 100 })
    await expect(readAll(quiet)).rejects.toThrow('context deadline exceeded')
    const abort = new AbortController()
    const stopped = await http.stream(origin, { ...request, signal: abort.signal })
    abort.abort()
    await expect(readAll(stopped)).rejects.toThrow('context canceled')
  })

  it('holds the other side back while nobody reads, and loses nothing', async () => {
    const piece = Buffer.alloc(1 << 20, 'x')
    const { origin } = await servedPieces(secure, (served) => {
      for (let count = 0; count < 64; count++) served.write(piece)
      served.end()
    })
    const stream = await httpClient({ tls }).stream(origin, request)
    expect(await readAll(stream)).toBe(64 << 20)
  })
})

describe('requests at the same time', () => {
  it('have a connection each, which later ones use again', async () => {
    const waiting: (() => void)[] = []
    const server = await pageServer((_, response) => {
      waiting.push(() => response.end('page'))
      if (waiting.length % 3 === 0) for (const answer of waiting) answer()
    })
    const http = httpClient()
    const ask = () =>
      http.send(`http://${server.host}`, { ...request, bodyBytesMax: 1_000 }).then((a) => a.status)
    for (let round = 0; round < 3; round++) {
      expect(await Promise.all([ask(), ask(), ask()])).toEqual([200, 200, 200])
    }
    expect(server.connections()).toBe(3)
  })

  it('end when a signal says so', async () => {
    const server = await pageServer(() => undefined)
    const abort = new AbortController()
    const sent = { ...request, bodyBytesMax: 1_000, signal: abort.signal }
    const answer = httpClient().send(`http://${server.host}`, sent)
    await waitUntil('the request is there', () => server.requests.length === 1 || undefined)
    abort.abort()
    await expect(answer).rejects.toThrow('context canceled')
  })
})
