import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { gzipSync } from 'node:zlib'
import { describe, expect, it, onTestFinished } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { nodeFileSystem } from '../../src/base/node-file-system.ts'
import { plainHttp } from '../../src/config/http-config.ts'
import { decodeBody } from '../../src/http/decode-body.ts'
import { HttpClient } from '../../src/http/http-client.ts'
import { Resolver } from '../../src/http/resolver.ts'
import { pageServer } from '../support/page-server.ts'
import { waitUntil } from '../support/wait-until.ts'

setFlagsFromString('--expose-gc')
const collect: (options?: { readonly type: 'minor' }) => void = runInNewContext('gc')

const clientCount = 40
// Random, so that it does not shrink: some 12 KB on the wire.
const textBytes = 12_000
const bytesAllowed = (clientCount * textBytes) / 4
const text = Buffer.from(Array.from({ length: textBytes }, () => Math.floor(Math.random() * 256)))

describe('a body that was decoded', () => {
  it('goes with the young objects, however long its connection waited', async () => {
    const { askAll } = await bench()
    await askAll()
    // What waits for the next request is old from now on.
    collectTwice()
    const bytesBefore = process.memoryUsage().arrayBuffers
    await askAll()
    expect(keptSince(bytesBefore)).toBeLessThan(bytesAllowed)
  })

  it('goes with the young objects, however long it was waited for', async () => {
    const { askAll, server, holdBack } = await bench()
    await askAll()
    const answerAll = holdBack()
    const asked = askAll()
    await waitUntil('all have asked', () => server.requests.length === clientCount * 2 || undefined)
    collectTwice()
    const bytesBefore = process.memoryUsage().arrayBuffers
    answerAll()
    await asked
    expect(keptSince(bytesBefore)).toBeLessThan(bytesAllowed)
  })
})

/** What survives both is old. */
function collectTwice(): void {
  collect()
  collect()
}

function keptSince(bytesBefore: number): number {
  collect({ type: 'minor' })
  collect({ type: 'minor' })
  return process.memoryUsage().arrayBuffers - bytesBefore
}

/** Clients that ask once each, and a server whose answers can be held back. */
async function bench() {
  const packed = gzipSync(text)
  let gate = Promise.resolve()
  const server = await pageServer((_, response) => {
    void gate.then(() => {
      response.setHeader('Content-Encoding', 'gzip')
      response.end(packed)
    })
  })
  const resolver = new Resolver({ fs: nodeFileSystem, clock: systemClock })
  const made = { config: plainHttp, fs: nodeFileSystem, clock: systemClock, resolver }
  const clients = Array.from({ length: clientCount }, () => new HttpClient(made))
  onTestFinished(() => {
    for (const client of clients) client.close()
  })
  const request = { path: '/', headers: [], bodyBytesMax: 1e6, timeoutMs: 10_000 }
  const ask = async (client: HttpClient) => {
    const body = await decodeBody(await client.send(`http://${server.host}`, request), 1e6)
    expect(body.bodyBytes).toBe(text.length)
    body.release?.()
  }
  return {
    server,
    askAll: async () => {
      await Promise.all(clients.map(ask))
    },
    holdBack: () => {
      let open: () => void = () => undefined
      gate = new Promise((resolve) => {
        open = resolve
      })
      return () => open()
    },
  }
}
