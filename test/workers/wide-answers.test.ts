import { beforeAll, expect, it, onTestFinished } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { limits } from '../../src/base/limits.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { Labels } from '../../src/model/labels.ts'
import { defaultEngineFlags } from '../../src/promql/engine-flags.ts'
import type { QueryReply, QueryRequest } from '../../src/storage/query-runner.ts'
import type { Database } from '../../src/tsdb/db.ts'
import { WorkerPool } from '../../src/workers/pool.ts'
import { bundledWorker } from '../support/bundled-worker.ts'
import { openDatabase } from '../support/open-database.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

let source = ''
beforeAll(async () => {
  source = await bundledWorker()
})

const endMs = 1_700_000_000_000
const never = new AbortController().signal
const seriesCount = 1_500
const labelBytes = 3_000
const answerBytesMin = seriesCount * labelBytes

function fill(database: Database): void {
  const appender = database.appender()
  const ids = Uint32Array.from({ length: seriesCount }, (_, n) =>
    appender.series(Labels.of({ __name__: 'm', n: String(n).padStart(labelBytes, 'x') })),
  )
  const column = (value: number) => new Float64Array(seriesCount).fill(value)
  appender.append(ids, column(endMs), column(1), seriesCount)
  appender.commit()
}

const bounds = { timeoutMs: 120_000, lookbackMs: 300_000, samplesMax: 1e12, limit: 0 }
const range = { startMs: endMs - 60_000, endMs }
const origin = { kind: 'http', clientAddress: '', method: 'GET', path: '' } as const
/** Every kind of answer that may be as wide as the database. */
const requests: readonly QueryRequest[] = [
  { kind: 'series', matches: ['m'], ...range, bounds },
  { kind: 'label-values', label: 'n', matches: [], ...range, bounds },
  {
    kind: 'federate',
    matches: ['m'],
    timeMs: endMs,
    bounds,
    format: 'text',
    escaping: 'allow-utf-8',
    externalLabels: [],
  },
  { kind: 'instant', query: 'm', timeMs: endMs, bounds, origin, stats: 'none' },
  { kind: 'range', query: 'm', ...range, stepMs: 60_000, bounds, origin, stats: 'none' },
]

async function bytesOf(reply: QueryReply): Promise<number> {
  if (!reply.ok) throw new Error(reply.message)
  let bytes = reply.body.reduce((sum, { length }) => sum + length, 0)
  for await (const { length } of reply.more ?? []) bytes += length
  return bytes
}

it('ten answers as wide as the database begin with some pieces each, and go on as they are read', async () => {
  const database = await openDatabase(temporaryDirectory())
  fill(database)
  const pool = new WorkerPool({
    source,
    database,
    clock: systemClock,
    logger: silentLogger,
    engine: defaultEngineFlags,
    workersMax: 2,
    concurrencyMax: 20,
    failed: () => undefined,
  })
  onTestFinished(async () => {
    await pool.close()
    await database.close()
  })
  const controller = new AbortController()
  const ten = [...requests, ...requests]
  const replies = await Promise.all(ten.map((request) => pool.run(request, controller.signal)))
  for (const [index, reply] of replies.entries()) {
    expect(reply.ok && reply.more !== undefined).toBe(true)
    expect(reply.ok && reply.body.length).toBe(limits.answerPiecesAhead)
    if (index < requests.length) expect(await bytesOf(reply)).toBeGreaterThan(answerBytesMin)
  }
  controller.abort()
  // And they cost nobody anything who comes later.
  const [first] = requests
  if (first !== undefined) expect(await bytesOf(await pool.run(first, never))).toBeGreaterThan(0)
})
