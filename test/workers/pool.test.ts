import { setTimeout as pause } from 'node:timers/promises'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { limits } from '../../src/base/limits.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { defaultEngineFlags } from '../../src/promql/engine-flags.ts'
import type { QueryReply, QueryRequest } from '../../src/storage/query-runner.ts'
import { WorkerPool } from '../../src/workers/pool.ts'
import { bundledWorker } from '../support/bundled-worker.ts'
import { fillDatabase, openDatabase } from '../support/open-database.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

let source = ''
beforeAll(async () => {
  source = await bundledWorker()
})

const endMs = Math.floor(Date.now() / 1000) * 1000

async function startPool(
  options: { series?: number; source?: string; concurrencyMax?: number; workersMax?: number } = {},
) {
  const database = await openDatabase(temporaryDirectory())
  fillDatabase(database, options.series ?? 10, 100, endMs)
  const failures: string[] = []
  const pool = new WorkerPool({
    source: options.source ?? source,
    database,
    clock: systemClock,
    logger: silentLogger,
    engine: defaultEngineFlags,
    workersMax: options.workersMax ?? 2,
    concurrencyMax: options.concurrencyMax ?? 20,
    failed: (reason) => failures.push(reason),
  })
  onTestFinished(async () => {
    await pool.close()
    await database.close()
  })
  return { pool, database, failures }
}

function instant(query: string, timeoutMs = 60_000): QueryRequest {
  const bounds = { timeoutMs, lookbackMs: 300_000, samplesMax: 1e12, limit: 0 }
  return { kind: 'instant', query, timeMs: endMs, bounds, stats: 'none' }
}

/** Minutes of work: a subquery of many steps over all series. */
const heavy = 'sum(max_over_time(rate(m[1m])[1d:1s]))'

function text(reply: QueryReply): string {
  if (!reply.ok) return `${reply.errorType}: ${reply.message}`
  return Buffer.concat(reply.body).toString()
}

/** Ends with the size of its young generation when much has come and gone. */
const allocating = `
const { parentPort } = require('node:worker_threads')
const { getHeapSpaceStatistics } = require('node:v8')
parentPort.on('message', () => {
  const kept = []
  for (let made = 0; made < 3e6; made++) kept[made % 2e5] = { made }
  const young = getHeapSpaceStatistics().find((space) => space.space_name === 'new_space')
  throw new Error('young MiB: ' + young.space_size / 2 ** 20)
})`

describe('the worker pool', () => {
  it('gives its workers young generations that take little memory', async () => {
    const { pool } = await startPool({ source: allocating })
    const reply = text(await pool.run(instant('m'), new AbortController().signal))
    expect(Number(/young MiB: (.+)/.exec(reply)?.[1])).toBeLessThan(9)
  })

  it('answers the bytes of the whole envelope', async () => {
    const { pool } = await startPool()
    const reply = await pool.run(instant('sum(m)'), new AbortController().signal)
    expect(text(reply)).toBe(
      `{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[${endMs / 1000},"1000"]}]}}`,
    )
  })

  it('sees what was appended before the query, at once', async () => {
    const { pool, database } = await startPool()
    for (let round = 1; round <= 20; round++) {
      fillDatabase(database, 10 + round * 50, 1, endMs + round)
      const request = { ...instant('count(m)'), timeMs: endMs + round }
      expect(text(await pool.run(request, new AbortController().signal))).toContain(
        `"${10 + round * 50}"]`,
      )
    }
  })

  it('memory of snapshots goes to the worker and leaves no garbage on the main thread', async () => {
    const { pool, database } = await startPool()
    const seen: Uint32Array[] = []
    const take = database.snapshot.bind(database)
    database.snapshot = (ids, count, sinceVersion) => {
      const snapshot = take(ids, count, sinceVersion)
      seen.push(snapshot.words, ids)
      return snapshot
    }
    // The first is asked for, and its ids are kept, with which the second one is foretold.
    const federate: QueryRequest = {
      ...{ kind: 'federate', matches: ['m'], timeMs: endMs, bounds: instant('m').bounds },
      ...{ format: 'text', escaping: 'underscores', externalLabels: [] },
    }
    for (const request of [instant('m'), instant('m'), federate])
      await pool.run(request, new AbortController().signal)
    expect(seen.map(({ length }) => length)).toEqual([0, 10, 0, 10, 0, 0])
  })

  it('a canceled query stops by itself, long before its worker would be ended, and the worker goes on', async () => {
    const { pool } = await startPool({ series: 2_000 })
    const controller = new AbortController()
    const running = pool.run(instant(heavy), controller.signal)
    await pause(300)
    const canceledMs = performance.now()
    controller.abort()
    // In the engine's words: a worker that had to be ended answers in the pool's.
    expect(text(await running)).toBe('canceled: query was canceled in expression evaluation')
    console.log(`stopped ${(performance.now() - canceledMs).toFixed(0)} ms after its cancellation`)
    expect(text(await pool.run(instant('1'), new AbortController().signal))).toContain('success')
  })

  it("stops a query at its timeout with upstream's words", async () => {
    const { pool } = await startPool({ series: 2_000 })
    const reply = await pool.run(instant(heavy, 300), new AbortController().signal)
    expect(text(reply)).toBe('timeout: query timed out in expression evaluation')
  })

  it('answers a cheap query while heavy ones run on every worker', async () => {
    const { pool } = await startPool({ series: 2_000 })
    const controller = new AbortController()
    const heavies = [1, 2, 3, 4].map(() => pool.run(instant(heavy), controller.signal))
    await pause(300)
    const first = await Promise.race([
      pool.run(instant('1 + 1'), new AbortController().signal),
      ...heavies,
    ])
    expect(text(first)).toContain('"2"')
    controller.abort()
    for (const reply of await Promise.all(heavies)) expect(text(reply)).toMatch(/^canceled/)
  })

  it('queues what is over the concurrency, and refuses what is over the queue', async () => {
    const { pool } = await startPool({ series: 2_000, concurrencyMax: 1 })
    const controller = new AbortController()
    const first = pool.run(instant(heavy), controller.signal)
    const queued = Array.from({ length: limits.queryQueueMax }, () =>
      pool.run(instant('1'), new AbortController().signal),
    )
    expect(text(await pool.run(instant('1'), new AbortController().signal))).toMatch(
      /^unavailable: .* limit 200/,
    )
    controller.abort()
    expect(text(await first)).toMatch(/^canceled/)
    for (const reply of await Promise.all(queued)) expect(text(reply)).toContain('success')
  })

  it('a worker that dies takes only its queries with it, and is replaced', async () => {
    const dying = `const { parentPort } = require('node:worker_threads'); parentPort.on('message', () => { throw new Error('broken') })`
    const { pool, failures } = await startPool({ source: dying })
    for (let death = 0; death < limits.workerDeathsMax - 1; death++) {
      expect(text(await pool.run(instant('1'), new AbortController().signal))).toBe(
        'internal: the query worker ended: broken',
      )
      expect(failures).toEqual([])
    }
    await pool.run(instant('1'), new AbortController().signal)
    await expect
      .poll(() => failures)
      .toEqual([`${limits.workerDeathsMax} query workers ended within a minute: broken`])
  })

  it('tells a worker that asks for it when its own thread has time to spare', async () => {
    const asking = `const { parentPort } = require('node:worker_threads')
      parentPort.postMessage({ kind: 'spare-time' })
      parentPort.on('message', ({ kind }) => { throw new Error('heard of ' + kind) })`
    const { failures } = await startPool({ source: asking })
    await expect
      .poll(() => failures)
      .toEqual([
        `${limits.workerDeathsMax} query workers ended within a minute: heard of spare-time`,
      ])
  })

  it('ends a worker that does not react to a cancellation', async () => {
    const deaf = `const { parentPort } = require('node:worker_threads'); parentPort.on('message', () => { for (;;); })`
    const { pool, failures } = await startPool({ source: deaf })
    const controller = new AbortController()
    const running = [1, 2, 3, 4].map(() => pool.run(instant('1'), controller.signal))
    controller.abort()
    for (const reply of await Promise.all(running)) {
      expect(text(reply)).toBe('canceled: query was canceled')
    }
    // That is no death of the kind that ends the server.
    expect(failures).toEqual([])
  })

  it('leaves a worker alone that works on the long loop of another query', async () => {
    const looking = `const { parentPort, workerData } = require('node:worker_threads')
      parentPort.on('message', ({ id, kind, request }) => {
        if (kind !== 'query' || request.query !== 'long') return
        const endMs = Date.now() + 1_500
        while (Date.now() < endMs) Atomics.add(new Int32Array(workerData.beat), 0, 1)
        parentPort.postMessage({ kind: 'reply', id, reply: { ok: true, body: [] } })
      })`
    const { pool } = await startPool({ source: looking, workersMax: 1 })
    const controller = new AbortController()
    const long = pool.run(instant('long'), new AbortController().signal)
    const stopped = pool.run(instant('stopped'), controller.signal)
    controller.abort()
    expect(await long).toEqual({ ok: true, body: [] })
    await pool.close()
    expect(text(await stopped)).toBe('canceled: query was canceled')
  })

  it.each(['deaf', 'dying'])(
    'who waits behind a query that is %s is answered by another worker',
    async (end) => {
      const source = `const { parentPort } = require('node:worker_threads')
      parentPort.on('message', ({ id, request: { query } }) => {
        while (query === 'deaf') {}
        if (query === 'dying') throw new Error('broken')
        parentPort.postMessage({ kind: 'reply', id, reply: { ok: true, body: [] } })
      })`
      const { pool } = await startPool({ source, concurrencyMax: 1 })
      const controller = new AbortController()
      const first = pool.run(instant(end), controller.signal)
      const waiting = pool.run(instant('1'), new AbortController().signal)
      if (end === 'deaf') controller.abort()
      expect(text(await first)).toMatch(/^(canceled|internal)/)
      expect(await waiting).toEqual({ ok: true, body: [] })
    },
  )
})
