import { gunzipSync } from 'node:zlib'
import { beforeAll, expect, it, onTestFinished } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { limits } from '../../src/base/limits.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { Labels } from '../../src/model/labels.ts'
import { defaultEngineFlags } from '../../src/promql/engine-flags.ts'
import type { QueryReply, QueryRequest } from '../../src/storage/query-runner.ts'
import type { Database } from '../../src/tsdb/db.ts'
import { AnswerStream, PieceCredit } from '../../src/workers/answer-stream.ts'
import { WorkerPool } from '../../src/workers/pool.ts'
import { SimClock } from '../sim/sim-clock.ts'
import { bundledWorker } from '../support/bundled-worker.ts'
import { DirectRunner } from '../support/direct-runner.ts'
import { openDatabase } from '../support/open-database.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

let source = ''
beforeAll(async () => {
  source = await bundledWorker()
})

const endMs = 1_700_000_000_000
const never = new AbortController().signal

const seriesCount = 3_000

/** Their labels take more than the pieces that are made ahead. */
function fill(database: Database): void {
  const appender = database.appender()
  const ids = Uint32Array.from({ length: seriesCount }, (_, n) =>
    appender.series(Labels.of({ __name__: 'm', n: String(n).padStart(1_000, 'x') })),
  )
  const column = (value: number) => new Float64Array(seriesCount).fill(value)
  appender.append(ids, column(endMs), column(1), seriesCount)
  appender.commit()
}

async function start(clock = systemClock) {
  const database = await openDatabase(temporaryDirectory())
  fill(database)
  const failures: string[] = []
  const pool = new WorkerPool({
    source,
    database,
    clock,
    logger: silentLogger,
    engine: defaultEngineFlags,
    workersMax: 1,
    concurrencyMax: 20,
    failed: (reason) => failures.push(reason),
  })
  onTestFinished(async () => {
    await pool.close()
    await database.close()
  })
  return { pool, database, failures }
}

function series(matches = ['m'], limit = 0): QueryRequest {
  const bounds = { timeoutMs: 60_000, lookbackMs: 300_000, samplesMax: 1e12, limit }
  return { kind: 'series', matches, startMs: endMs - 60_000, endMs, bounds }
}

/** As a client asks for it. */
function evaluated(query: string, timeoutMs = 60_000) {
  const bounds = { timeoutMs, lookbackMs: 300_000, samplesMax: 1e12, limit: 0 }
  const origin = { kind: 'http', clientAddress: '', method: 'GET', path: '/api/v1/query' } as const
  return { kind: 'instant', query, timeMs: endMs, bounds, origin, stats: 'totals' } as const
}

async function bytesOf(reply: QueryReply): Promise<Buffer> {
  if (!reply.ok) throw new Error(reply.message)
  const pieces = [...reply.body]
  for await (const piece of reply.more ?? []) pieces.push(piece)
  expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThanOrEqual(
    limits.httpWritePieceBytesMax,
  )
  return Buffer.concat(pieces)
}

it('a long answer comes piece by piece, compressed or not, and is the one that comes at once', async () => {
  const { pool, database } = await start()
  const direct = new DirectRunner(database)
  const request = series(['m', '{__name__="m"}'])
  const whole = await bytesOf(await direct.run(request, never))
  expect(JSON.parse(whole.toString()).data).toHaveLength(seriesCount)
  const streamed = await pool.run(request, never)
  expect(streamed.ok && streamed.more !== undefined).toBe(true)
  expect((await bytesOf(streamed)).equals(whole)).toBe(true)
  const packed = await pool.run({ ...request, coding: 'gzip' }, never)
  expect(gunzipSync(await bytesOf(packed)).equals(whole)).toBe(true)
  const short = await pool.run(series(['m'], 10), never)
  expect(short.ok && short.more).toBe(undefined)
  expect(JSON.parse((await bytesOf(short)).toString()).warnings).toEqual([
    'results truncated due to limit',
  ])
})

/** Without what the statistics measure. */
const untimed = (answer: Buffer) => answer.toString().replace(/"timings":\{[^}]*\}/, '')

it('the answer of a query is encoded as it is taken, is the whole one, and may take longer than the query', async () => {
  const clock = new SimClock(endMs)
  const { pool, database } = await start(clock)
  for (const query of ['m', 'm[1m]', 'sort_desc(m)']) {
    const request = evaluated(query, 10_000)
    const whole = untimed(await bytesOf(await new DirectRunner(database).run(request, never)))
    expect(JSON.parse(whole.replace(',"stats":{,', ',"stats":{')).data.result).toHaveLength(
      seriesCount,
    )
    const streamed = await pool.run(request, never)
    expect(streamed.ok && streamed.body.length).toBe(limits.answerPiecesAhead)
    expect(pool.queries).toBe(0)
    await clock.advance(11_000)
    expect(untimed(await bytesOf(streamed)) === whole).toBe(true)
    const packed = await pool.run({ ...request, coding: 'gzip' }, never)
    expect(untimed(gunzipSync(await bytesOf(packed))) === whole).toBe(true)
  }
  const origin = { kind: 'rule', file: 'f', group: 'g' } as const
  const reply = await pool.run({ ...evaluated('m'), origin }, never)
  expect(reply.ok && reply.more).toBe(undefined)
})

it('a client that goes away in the middle costs nobody else anything', async () => {
  const { pool, failures } = await start()
  for (let count = 0; count < limits.lookupConcurrencyMax + 2; count++) {
    const controller = new AbortController()
    const reply = await pool.run(series(), controller.signal)
    expect(reply.ok).toBe(true)
    controller.abort()
  }
  expect((await bytesOf(await pool.run(series(), never))).length).toBeGreaterThan(1 << 20)
  expect(failures).toEqual([])
})

it('an answer whose worker ends in its middle fails, and is not taken for a whole one', async () => {
  const { pool } = await start()
  const reply = await pool.run(series(), never)
  await pool.close()
  await expect(bytesOf(reply)).rejects.toThrow('the query worker ended: exit code 1')
})

it('a worker makes so many pieces ahead of who reads, and another for each that is taken', async () => {
  const credit = new PieceCredit()
  for (let count = 0; count < limits.answerPiecesAhead; count++) await credit.take()
  let isThere = false
  const next = credit.take().then(() => {
    isThere = true
  })
  await Promise.resolve()
  expect(isThere).toBe(false)
  credit.give()
  await next
})

it('who takes nothing for half a minute is given up; who takes a piece now and then is not', async () => {
  const clock = new SimClock(endMs)
  const calls: string[] = []
  const stream = new AnswerStream(clock, {
    taken: () => calls.push('taken'),
    stalled: () => calls.push('stalled'),
  })
  const pieces = stream[Symbol.asyncIterator]()
  stream.push(Uint8Array.of(1))
  stream.push(Uint8Array.of(2))
  await clock.advance(limits.answerStallMs - 1)
  expect((await pieces.next()).value).toEqual(Uint8Array.of(1))
  await clock.advance(limits.answerStallMs - 1)
  expect(calls).toEqual(['taken'])
  await clock.advance(1)
  expect(calls).toEqual(['taken', 'stalled'])
  stream.end('query was canceled')
  expect((await pieces.next()).value).toEqual(Uint8Array.of(2))
  await expect(pieces.next()).rejects.toThrow('query was canceled')
})
