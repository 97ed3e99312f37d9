import { connect, type Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { limits } from '../../src/base/limits.ts'
import type { QueryReply } from '../../src/storage/query-runner.ts'
import { startApi } from '../support/api-server.ts'

/** A connection that says `text`, and everything that came back until the server closed it. */
function dial(port: number): { socket: Socket; answer: Promise<string> } {
  const socket = connect(port, '127.0.0.1')
  onTestFinished(() => {
    socket.destroy()
  })
  const answer = new Promise<string>((resolve) => {
    let text = ''
    socket.on('data', (piece) => {
      text += piece.toString('latin1')
    })
    socket.on('error', () => resolve(text))
    socket.on('close', () => resolve(text))
  })
  return { socket, answer }
}

async function statusOf(port: number, head: string): Promise<string> {
  const { socket, answer } = dial(port)
  socket.write(`GET ${head}\r\n\r\n`)
  return (await answer).split('\r\n')[0] ?? ''
}

describe('what is too large', () => {
  it('a URL of the limit is answered, a longer one 414', async () => {
    const { port } = await startApi()
    const path = (length: number) => `/-/healthy?${'x'.repeat(length - '/-/healthy?'.length)}`
    const end = ' HTTP/1.1\r\nHost: x\r\nConnection: close'
    expect(await statusOf(port, path(limits.httpUrlBytesMax) + end)).toBe('HTTP/1.1 200 OK')
    expect(await statusOf(port, path(limits.httpUrlBytesMax + 1) + end)).toBe(
      'HTTP/1.1 414 URI Too Long',
    )
  })

  it.each([limits.httpHeadersBytesMax, limits.httpHeadersBytesMax * 8])(
    'headers of %d bytes and more are answered 431',
    async (bytes) => {
      const { port } = await startApi()
      const head = `/-/healthy HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX: ${'y'.repeat(bytes)}`
      expect(await statusOf(port, head)).toBe('HTTP/1.1 431 Request Header Fields Too Large')
    },
  )

  it.each([
    ['/api/v1/query', limits.httpFormBytesMax],
    ['/api/v1/write', limits.httpRemoteWriteBytesMax],
  ])('a body of %s over %d bytes is answered 413 before it is read', async (path, bytesMax) => {
    const { port } = await startApi()
    const { socket, answer } = dial(port)
    socket.write(`POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: ${bytesMax + 1}\r\n\r\n`)
    expect(await answer).toMatch(/^HTTP\/1.1 413 Payload Too Large/)
  })

  it('a form of the limit is read', async () => {
    const api = await startApi()
    const body = `x=${'y'.repeat(limits.httpFormBytesMax - 2)}`
    const response = await fetch(`${api.url}/api/v1/labels`, {
      method: 'POST',
      body,
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    })
    expect(response.status).toBe(503)
  })

  it('garbage is answered 400', async () => {
    const { port } = await startApi()
    const { socket, answer } = dial(port)
    socket.write('\x16\x03\x01 no HTTP\r\n\r\n')
    expect(await answer).toMatch(/^HTTP\/1.1 400 Bad Request/)
  })

  it('connections over the limit are closed, the others are served', async () => {
    const { port } = await startApi({ connectionsMax: 2 })
    const ask = (socket: Socket) => socket.write('GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n')
    const kept = [dial(port), dial(port)]
    for (const { socket } of kept) {
      await new Promise((resolve) => {
        socket.once('data', resolve)
        ask(socket)
      })
    }
    expect(await dial(port).answer).toBe('')
    for (const { socket } of kept) {
      const text = await new Promise<string>((resolve) => {
        socket.once('data', (piece) => resolve(piece.toString()))
        ask(socket)
      })
      expect(text).toMatch(/^HTTP\/1.1 200 OK/)
    }
  })
})

describe('who is too slow', () => {
  it('headers that dribble in are answered 408 when their time is over', async () => {
    const { port } = await startApi({ readTimeoutMs: 500 })
    const { socket, answer } = dial(port)
    const startedMs = performance.now()
    socket.write('GET /-/healthy HTTP/1.1\r\nHost: x\r\n')
    const dribble = setInterval(() => socket.write('X: y\r\n'), 50)
    socket.on('close', () => clearInterval(dribble))
    expect(await answer).toMatch(/^HTTP\/1.1 408 Request Timeout/)
    expect(performance.now() - startedMs).toBeLessThan(500 + limits.httpTimeoutCheckMs + 2_000)
  })

  it('a body that does not end is given up too', async () => {
    const { port } = await startApi({ readTimeoutMs: 500 })
    const { socket, answer } = dial(port)
    socket.write('POST /api/v1/query HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nquery=')
    expect(await answer).toMatch(/^(HTTP\/1.1 408 Request Timeout|$)/)
  })
})

describe('a query under way', () => {
  /** Starts a query that ends only when it is stopped, and then says that it was. */
  async function startQuery() {
    let started: () => void = () => undefined
    let stopped: () => void = () => undefined
    const hasStarted = new Promise<void>((resolve) => {
      started = resolve
    })
    const wasStopped = new Promise<void>((resolve) => {
      stopped = resolve
    })
    const run = (_request: unknown, signal: AbortSignal) =>
      new Promise<QueryReply>((resolve) => {
        signal.addEventListener('abort', () => {
          stopped()
          resolve({ ok: false, errorType: 'canceled', message: 'stopped' })
        })
        started()
      })
    const api = await startApi({ runner: () => ({ run }) })
    return { api, hasStarted, wasStopped }
  }

  it('stops when its client goes away', async () => {
    const { api, hasStarted, wasStopped } = await startQuery()
    const { socket } = dial(api.port)
    socket.write('GET /api/v1/labels HTTP/1.1\r\nHost: x\r\n\r\n')
    await hasStarted
    socket.destroy()
    await wasStopped
  })

  it('stops when the server closes, and its client is told', async () => {
    const { api, hasStarted, wasStopped } = await startQuery()
    const { socket, answer } = dial(api.port)
    socket.write('GET /api/v1/labels HTTP/1.1\r\nHost: x\r\n\r\n')
    await hasStarted
    const startedMs = performance.now()
    await api.server.close()
    await wasStopped
    const text = await answer
    expect(text.split('\r\n')[0]).toMatch(/^HTTP\/1.1 499 /)
    expect(text).toMatch(/"error":"stopped"\}$/)
    expect(performance.now() - startedMs).toBeLessThan(limits.httpCloseMs)
  })

  it('an answer that nobody reads does not keep the server open', async () => {
    const piece = new Uint8Array(limits.httpWritePieceBytesMax)
    const run = async (): Promise<QueryReply> => ({
      ok: true,
      body: Array.from({ length: 200 }, () => piece),
    })
    const api = await startApi({ runner: () => ({ run }) })
    const { socket } = dial(api.port)
    socket.write('GET /api/v1/labels HTTP/1.1\r\nHost: x\r\n\r\n')
    await new Promise((resolve) => {
      socket.once('data', resolve)
    })
    socket.pause()
    const startedMs = performance.now()
    await api.server.close()
    expect(performance.now() - startedMs).toBeLessThan(limits.httpCloseMs + 2_000)
  })

  it('an answer in many pieces arrives whole', async () => {
    const pieces = Array.from({ length: 40 }, (_none, index) =>
      new Uint8Array(limits.httpWritePieceBytesMax).fill(index),
    )
    const run = async (): Promise<QueryReply> => ({ ok: true, body: pieces })
    const api = await startApi({ runner: () => ({ run }) })
    const response = await fetch(`${api.url}/api/v1/labels`)
    expect(Buffer.from(await response.arrayBuffer()).equals(Buffer.concat(pieces))).toBe(true)
  })
})
