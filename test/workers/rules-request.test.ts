import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { limits } from '../../src/base/limits.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { defaultEngineFlags } from '../../src/promql/engine-flags.ts'
import { unpackedVectors } from '../../src/storage/forwarded-vectors.ts'
import type { QueryReply, RulesRequest } from '../../src/storage/query-runner.ts'
import type { VectorAnswer, VectorAnswers } from '../../src/storage/vector-answers.ts'
import { WorkerPool } from '../../src/workers/pool.ts'
import type { FinishedQuery } from '../../src/workers/query-log.ts'
import { bundledWorker } from '../support/bundled-worker.ts'
import { fillDatabase, openDatabase } from '../support/open-database.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const endMs = Math.floor(Date.now() / 1000) * 1000

let source = ''
beforeAll(async () => {
  source = await bundledWorker()
})

async function startPool({ workersMax = 1, clock = systemClock, code = source } = {}) {
  const database = await openDatabase(temporaryDirectory())
  fillDatabase(database, 10, 100, endMs)
  const finished: FinishedQuery[] = []
  const pool = new WorkerPool({
    source: code,
    database,
    clock,
    logger: silentLogger,
    engine: defaultEngineFlags,
    workersMax,
    concurrencyMax: 20,
    observer: {
      started: () => undefined,
      ended: () => undefined,
      finished: (query) => finished.push(query),
    },
    failed: () => undefined,
  })
  onTestFinished(async () => {
    await pool.close()
    await database.close()
  })
  const run = (request: RulesRequest) => pool.run(request, new AbortController().signal)
  const ask = async (queries: readonly string[], more: Partial<RulesRequest> = {}) => {
    return vectorsOf(await run({ ...requestOf(queries), ...more }))
  }
  return { ask, run, database, finished, pool }
}

/** Two answers of the same, without how long they took. */
function rowsOf({ answers, values }: VectorAnswers): unknown {
  return { answers, values: [...values] }
}

function requestOf(queries: readonly string[]): RulesRequest {
  return {
    kind: 'rules',
    queries,
    known: queries.map(() => ''),
    timeMs: endMs,
    bounds: { timeoutMs: 60_000, lookbackMs: 300_000, samplesMax: 1e9, limit: 0 },
    origin: { kind: 'rule', file: 'f', group: 'g' },
    rowsMax: 1_000,
    reads: undefined,
  }
}

function vectorsOf(reply: QueryReply): VectorAnswers {
  if (!reply.ok || reply.vectors === undefined) throw new Error(JSON.stringify(reply))
  return reply.vectors
}

/** The only answer, which is told of at length. */
function toldOf({ answers: [answer] }: VectorAnswers): VectorAnswer {
  if (typeof answer !== 'object') throw new Error(`answered ${answer}`)
  return answer
}

/** What is at hand of each answer: rows, or the error's words. */
function summary({ answers }: VectorAnswers): readonly unknown[] {
  return answers.map((answer) =>
    typeof answer === 'number' ? answer : (answer.error?.message ?? answer.rows),
  )
}

describe('queries of rules in one request', () => {
  it('each has its own answer or error, in order, and is told of as a query', async () => {
    const { ask, finished } = await startPool()
    const vectors = await ask(['sum(m)', 'm + on() m', '1 + 1', 'nothing', '"text"', 'm[1m]'])
    expect(summary(vectors)).toEqual([
      1,
      expect.stringContaining('found duplicate series'),
      1,
      0,
      'rule result is not a vector or scalar',
      'rule result is not a vector or scalar',
    ])
    expect([...vectors.values]).toEqual([1_000, 2])
    expect(finished.map(({ request, error }) => [request.query, error?.slice(0, 22)])).toEqual([
      ['sum(m)', undefined],
      ['m + on() m', 'found duplicate series'],
      ['1 + 1', undefined],
      ['nothing', undefined],
      ['"text"', 'rule result is not a v'],
      ['m[1m]', 'rule result is not a v'],
    ])
    expect(finished[0]?.statistics.samples.looked).toBe(10)
  })

  it('those that are handed on come in one piece, with errors and statistics beside it', async () => {
    const { ask, run, finished } = await startPool()
    const queries = ['m', 'm + on() m', 'nothing', '1', 'm * 1e300 * 1e300']
    const plain = await ask(queries)
    const counted = finished.splice(0)
    const reply = await run({ ...requestOf(queries), isForwarded: true })
    const beside = vectorsOf(reply)
    expect(beside.values).toHaveLength(0)
    expect(summary(beside)).toEqual([0, expect.stringContaining('found duplicate'), 0, 0, 0])
    expect(beside.answers.every((answer) => typeof answer === 'number' || !answer.labels)).toBe(
      true,
    )
    expect(finished.map(({ request, error }) => [request.query, error])).toEqual(
      counted.map(({ request, error }) => [request.query, error]),
    )
    const [packed = new Uint8Array(0)] = reply.ok ? reply.body : []
    expect(rowsOf(unpackedVectors(packed))).toEqual(rowsOf(plain))
    expect(await ask(queries)).toMatchObject({ answers: plain.answers })
  })

  it('label sets are told once, and again when they are others', async () => {
    const { ask, database } = await startPool()
    const first = toldOf(await ask(['m']))
    expect(first.labels?.pairs.length).toBe(10)
    const known = [first.labelsKey]
    expect((await ask(['m'], { known })).answers).toEqual([10])
    fillDatabase(database, 11, 1, endMs + 1)
    const third = toldOf(await ask(['m'], { known, timeMs: endMs + 1 }))
    expect(third.labels?.pairs.length).toBe(11)
    expect(third.labelsKey).not.toBe(known[0])
  })

  it('an answer without rows is told once, too, and is no other one', async () => {
    const { ask } = await startPool()
    const none = toldOf(await ask(['nothing']))
    expect([none.rows, none.labels?.pairs.length]).toEqual([0, 0])
    const some = toldOf(await ask(['m']))
    const known = [none.labelsKey, some.labelsKey]
    expect((await ask(['nothing', 'nothing'], { known })).answers).toMatchObject([0, { rows: 0 }])
  })

  it('reads what was foretold as it is now, and tells where others were read', async () => {
    const { ask, database } = await startPool()
    const first = await ask(['sum(m)', 'count(m)'])
    expect(first.reads?.length).toBe(10)
    const reads = first.reads
    fillDatabase(database, 10, 1, endMs + 1)
    const second = await ask(['sum(m)', 'count(m)'], { reads, timeMs: endMs + 1 })
    expect([second.values[1], second.reads]).toEqual([10, undefined])
    fillDatabase(database, 12, 1, endMs + 2)
    const third = await ask(['sum(m)', 'count(m)'], { reads, timeMs: endMs + 2 })
    expect([third.values[1], third.reads?.length]).toEqual([12, 12])
  })

  it('an answer of more rows than are taken is an error, the ones beside it are not', async () => {
    const { ask } = await startPool()
    const vectors = await ask(['m', 'sum(m)'], { rowsMax: 9 })
    expect(summary(vectors)).toEqual(['the answer has 10 series, limit 9', 1])
  })

  it('ends with the one that is out of time, and keeps what was answered before', async () => {
    const { ask } = await startPool()
    await ask(['1'])
    const bounds = { timeoutMs: 1_000, lookbackMs: 300_000, samplesMax: 1e12, limit: 0 }
    const heavy = 'sum(max_over_time(quantile_over_time(0.9, m[25m:100ms])[30m:100ms]))'
    const vectors = await ask(['1', heavy, '2'], { bounds })
    expect(summary(vectors)).toEqual([1, 'query timed out in expression evaluation'])
  })

  it('those that are asked at once have each its answer, and none waits for one that takes long', async () => {
    const { ask, finished } = await startPool()
    await ask(['1'])
    const ended: string[] = []
    const noted = async (name: string, queries: readonly string[]) => {
      const vectors = await ask(queries, { origin: { kind: 'rule', file: 'f', group: name } })
      ended.push(name)
      return summary(vectors)
    }
    const slow = 'sum(max_over_time(quantile_over_time(0.9, m[2m:100ms])[2m:100ms]))'
    const together = [noted('slow', [slow]), noted('a', ['m', '1 +']), noted('b', ['sum(m)'])]
    const answers = await Promise.all(together)
    expect(answers).toEqual([[1], [10, expect.stringContaining('parse error')], [1]])
    expect(ended.at(-1)).toBe('slow')
    const groups = finished.map(
      ({ request: { origin } }) => origin?.kind === 'rule' && origin.group,
    )
    expect(groups).toEqual(['g', 'a', 'b', 'slow'])
  })

  it('one that is given up before it is sent costs those beside it nothing', async () => {
    const { ask, pool } = await startPool()
    await ask(['1'])
    const canceled = new AbortController()
    const bounds = { timeoutMs: 60_000, lookbackMs: 300_000, samplesMax: 1e9, limit: 0 }
    const asked: RulesRequest = {
      kind: 'rules',
      queries: ['sum(m)', 'sum(m)'],
      known: ['', ''],
      timeMs: endMs,
      bounds,
      origin: { kind: 'rule', file: 'f', group: 'g' },
      rowsMax: 1_000,
      reads: undefined,
    }
    const given = pool.run(asked, canceled.signal)
    const others = [ask(['sum(m)']), ask(['m'])]
    canceled.abort()
    expect((await Promise.all(others)).map(summary)).toEqual([[1], [10]])
    const words = 'query was canceled in expression evaluation'
    expect(summary(vectorsOf(await given))).toEqual([words])
  })

  it('those that are asked at once cross in one message, and so do their answers', async () => {
    const telling = `
      const { parentPort } = require('node:worker_threads')
      let messages = 0
      parentPort.on('message', ({ kind, id, queries }) => {
        const said = kind + ' ' + (queries ?? [1]).length + ', message ' + ++messages
        const replies = (queries ?? [{ id }]).map(({ id }) => ({
          kind: 'reply',
          id,
          isOpen: false,
          reply: { ok: false, errorType: 'execution', message: said },
        }))
        parentPort.postMessage({ kind: 'replies', replies })
      })`
    const { ask } = await startPool({ code: telling })
    const told = async (asked: Promise<unknown>) =>
      await asked.then(
        () => 'no error',
        ({ message }: Error) => /"message":"(.*)"/.exec(message)?.[1],
      )
    const together = await Promise.all([told(ask(['1'])), told(ask(['2'])), told(ask(['3']))])
    const alone = await told(ask(['4']))
    expect([...together, alone]).toEqual([
      'queries 3, message 1',
      'queries 3, message 1',
      'queries 3, message 1',
      'query 1, message 2',
    ])
  })

  it('those of groups that are due together stay with one worker, until it falls behind', async () => {
    let aheadMs = 0
    const clock = { ...systemClock, monotonicMs: () => systemClock.monotonicMs() + aheadMs }
    const { ask, pool } = await startPool({ workersMax: 2, clock })
    await ask(['1'])
    const together = Array.from({ length: 12 }, () => ask(['sum(m)']))
    expect(pool.workers).toBe(1)
    aheadMs = limits.ruleBacklogMs
    const late = ask(['sum(m)'])
    expect(pool.workers).toBe(2)
    expect(await Promise.all([...together, late])).toHaveLength(13)
  })
})
