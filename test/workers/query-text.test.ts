import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { defaultEngineFlags } from '../../src/promql/engine-flags.ts'
import type { QueryTextRequest } from '../../src/storage/query-runner.ts'
import { WorkerPool } from '../../src/workers/pool.ts'
import { startApi } from '../support/api-server.ts'
import { bundledWorker } from '../support/bundled-worker.ts'
import { openDatabase } from '../support/open-database.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

let source = ''
beforeAll(async () => {
  source = await bundledWorker()
})

async function startPool(): Promise<WorkerPool> {
  const database = await openDatabase(temporaryDirectory())
  const pool = new WorkerPool({
    source,
    database,
    clock: systemClock,
    logger: silentLogger,
    engine: defaultEngineFlags,
    workersMax: 1,
    concurrencyMax: 2,
    failed: (reason) => {
      throw new Error(reason)
    },
  })
  onTestFinished(async () => {
    await pool.close()
    await database.close()
  })
  return pool
}

const bounds = { timeoutMs: 60_000, lookbackMs: 300_000, samplesMax: 1e6, limit: 0 }

async function told(pool: WorkerPool, wanted: QueryTextRequest['wanted'], query: string) {
  const request = { kind: 'query-text', query, wanted, bounds } as const
  const reply = await pool.run(request, new AbortController().signal)
  return reply.ok ? Buffer.concat(reply.body).toString() : `${reply.errorType}: ${reply.message}`
}

function nested(depth: number): string {
  return `${'('.repeat(depth)}a${')'.repeat(depth)}`
}

describe('a query text that is not evaluated', () => {
  it('may nest as deep as one that is: 2,000 parentheses', async () => {
    const pool = await startPool()
    const tree = await told(pool, 'tree', nested(2_000))
    expect(tree.split('{"type":"parenExpr","expr":')).toHaveLength(2_001)
    expect(tree.endsWith('}'.repeat(2_002))).toBe(true)
    const selectors = await told(pool, 'selectors', nested(2_000))
    expect(selectors).toBe('[[["=","__name__","a"]]]')
    const formatted: { data: string } = JSON.parse(await told(pool, 'formatted', nested(2_000)))
    expect(formatted.data.replaceAll(/\s/g, '')).toBe(nested(2_000))
    const answered = await pool.run(
      { kind: 'instant', query: nested(2_000), timeMs: 0, bounds, stats: 'none' },
      new AbortController().signal,
    )
    expect(answered.ok).toBe(true)
    expect(await told(pool, 'tree', nested(2_001))).toBe(
      'bad_data: 1:2001: parse error: nesting of 2001 parentheses, limit 2000',
    )
  }, 30_000)

  it('tells the matchers of every selector, also in what is nested and in byte strings', async () => {
    const query = `sum by (x) (rate(b{c!~"d.*"}[1m])) + a{e="\\xff"} or (topk(2, f)) unless avg_over_time(g[5m:1m])`
    expect(await told(await startPool(), 'selectors', query)).toBe(
      JSON.stringify([
        [
          ['!~', 'c', 'd.*'],
          ['=', '__name__', 'b'],
        ],
        [
          ['=', 'e', '\udcff'],
          ['=', '__name__', 'a'],
        ],
        [['=', '__name__', 'f']],
        [['=', '__name__', 'g']],
      ]),
    )
  })

  it('is answered over HTTP with the error and the envelope of a query', async () => {
    const pool = await startPool()
    const { url } = await startApi({ runner: () => pool })
    const ask = async (path: string, query: string) => {
      const body = new URLSearchParams({ query })
      const response = await fetch(`${url}/api/v1/${path}`, { method: 'POST', body })
      return `${response.status} ${await response.text()}`
    }
    const refusal = '1:2001: parse error: nesting of 2001 parentheses, limit 2000'
    const ofParameter = `invalid parameter \\"query\\": ${refusal}`
    for (const path of ['format_query', 'parse_query', 'query']) {
      expect(await ask(path, nested(2_001))).toBe(
        `400 {"status":"error","errorType":"bad_data","error":"${ofParameter}"}`,
      )
      expect(await ask(path, nested(1_000))).toMatch(/^200 \{"status":"success","data":/)
    }
    expect(await ask('query_exemplars', nested(1_000))).toBe('200 {"status":"success","data":[]}')
    expect(await ask('query_exemplars', nested(2_001))).toBe(
      `400 {"status":"error","errorType":"bad_data","error":"${refusal}"}`,
    )
  }, 30_000)
})
