import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { limits } from '../../src/base/limits.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { MetricsRegistry } from '../../src/base/self-metrics.ts'
import { GrowingColumns } from '../../src/model/growing-columns.ts'
import { Matcher } from '../../src/model/matcher.ts'
import { WriteReceiver } from '../../src/remote/write-receiver.ts'
import type { Database } from '../../src/tsdb/db.ts'
import { startApi } from '../support/api-server.ts'
import { allTime, localQuerier } from '../support/local-querier.ts'
import { openDatabase } from '../support/open-database.ts'
import { bodyV2 } from '../support/remote-write-body-v2.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { Random } from '../tsdb/chunk/chunk-series.ts'

const nowMs = Math.floor(Date.now() / 1000) * 1000
const senders = 200
const seriesEach = 200

/** What a sender says of its body, and does: every fourth tells the truth. */
const kinds = ['whole', 'breaks off', 'says less', 'says more'] as const

const kindOf = (sender: number) => kinds[sender % kinds.length] ?? 'whole'
const sampleOf = (sender: number, series: number) => Math.sqrt(sender * 1_000 + series)

function bodyOf(sender: number): Uint8Array {
  const all = Array.from({ length: seriesEach }, (_, series) => ({
    labels: ['__name__', 'sent', 'n', String(1_000 + series), 'sender', `s${sender}`],
    samples: [[nowMs, sampleOf(sender, series)] as const],
  }))
  return bodyV2(...all)
}

/** One sender: each call of `next` sends a little more, false behind the last. */
function senderTo(port: number, sender: number) {
  const socket = connect(port, '127.0.0.1').setNoDelay(true)
  onTestFinished(() => {
    socket.destroy()
  })
  let answer = ''
  socket.on('data', (piece) => {
    answer += piece.toString('latin1')
  })
  socket.on('error', () => undefined)
  const closed = new Promise<string>((resolve) => socket.on('close', () => resolve(answer)))
  const kind = kindOf(sender)
  const body = bodyOf(sender)
  const said = body.length + (kind === 'says less' ? -20 : kind === 'says more' ? 20 : 0)
  const head = [
    'POST /api/v1/write HTTP/1.1',
    'Host: x',
    'Connection: close',
    'Content-Type: application/x-protobuf;proto=io.prometheus.write.v2.Request',
    'Content-Encoding: snappy',
    `Content-Length: ${said}`,
  ].join('\r\n')
  const bytes = Buffer.concat([Buffer.from(`${head}\r\n\r\n`), body])
  const random = new Random(sender)
  let at = 0
  const end = kind === 'breaks off' ? bytes.length - 30 : bytes.length
  const next = async (): Promise<boolean> => {
    const until = Math.min(end, at + 1 + random.below(700))
    await new Promise((resolve) => socket.write(bytes.subarray(at, until), resolve))
    at = until
    if (at < end) return true
    if (kind === 'breaks off') socket.destroy()
    else if (kind === 'says more') socket.end()
    return false
  }
  return { socket, closed, next }
}

async function valuesOf(database: Database, sender: number): Promise<readonly number[]> {
  const querier = localQuerier(database)
  const matchers = [new Matcher('=', 'sender', `s${sender}`)]
  const set = await querier.select({ matchers, ...allTime, sorted: true })
  const columns = new GrowingColumns(8)
  let count = 0
  for (let series = 0; series < set.seriesCount; series++) {
    count = set.readFloats(series, allTime.minTimeMs, allTime.maxTimeMs, columns, count)
  }
  querier.close()
  return [...columns.values.subarray(0, count)]
}

async function receiving(options: { readonly readTimeoutMs?: number } = {}) {
  const database = await openDatabase(temporaryDirectory())
  onTestFinished(() => database.close())
  const metrics = new MetricsRegistry()
  const receiver = new WriteReceiver({ appendable: database, logger: silentLogger, metrics })
  const pieces: number[] = []
  const writeReceiver: () => Pick<WriteReceiver, 'receive'> = () => ({
    receive(body, headers) {
      pieces.push(body instanceof Uint8Array ? 1 : body.length)
      return receiver.receive(body, headers)
    },
  })
  const api = await startApi({ ...options, clock: systemClock, writeReceiver })
  return { database, port: api.port, pieces }
}

it(`of ${senders} senders whose bodies come in turns, cut anywhere, each whole body is kept and none of the others`, async () => {
  const { database, port, pieces } = await receiving()
  const all = Array.from({ length: senders }, (_, sender) => senderTo(port, sender))
  await Promise.all(all.map(({ socket }) => once(socket, 'connect')))
  for (let sending = all; sending.length > 0; ) {
    const going = await Promise.all(sending.map(({ next }) => next()))
    sending = sending.filter((_, index) => going[index])
    // The server reads what came between two rounds.
    await new Promise((resolve) => setImmediate(resolve))
  }
  for (const [sender, { closed }] of all.entries()) {
    const isWhole = kindOf(sender) === 'whole'
    const status = (await closed).slice(0, 'HTTP/1.1 204'.length)
    expect(isWhole ? ['HTTP/1.1 204'] : ['HTTP/1.1 400', '']).toContain(status)
    const kept = isWhole ? Array.from({ length: seriesEach }, (_, n) => sampleOf(sender, n)) : []
    expect(await valuesOf(database, sender)).toEqual(kept)
  }
  expect(Math.max(...pieces)).toBeGreaterThan(1)
})

it('a sender that stops in its body is ended when its time is over, and others are taken before and behind', async () => {
  const { database, port } = await receiving({ readTimeoutMs: 500 })
  const silent = senderTo(port, 0)
  await once(silent.socket, 'connect')
  await silent.next()
  const send = async (sender: number) => {
    const other = senderTo(port, sender)
    while (await other.next());
    return (await other.closed).split('\r\n')[0]
  }
  expect(await send(4)).toBe('HTTP/1.1 204 No Content')
  const startedMs = performance.now()
  expect(await silent.closed).toMatch(/^(HTTP\/1\.1 408|$)/)
  expect(performance.now() - startedMs).toBeLessThan(500 + limits.httpTimeoutCheckMs + 2_000)
  expect(await send(8)).toBe('HTTP/1.1 204 No Content')
  expect(await valuesOf(database, 0)).toEqual([])
  expect(await valuesOf(database, 8)).toHaveLength(seriesEach)
})
