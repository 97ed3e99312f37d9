import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, it, onTestFinished } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { limits } from '../../src/base/limits.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { nodeFileSystem } from '../../src/base/node-file-system.ts'
import { defaultEngineFlags } from '../../src/promql/engine-flags.ts'
import type { ConsoleReply } from '../../src/rules/console-contract.ts'
import { RuleQueries } from '../../src/rules/rule-queries.ts'
import type { QueryReply, QueryRequest, QueryRunner } from '../../src/storage/query-runner.ts'
import { ConsoleHost, type ConsoleSettings } from '../../src/tool/console-host.ts'
import { ConsoleThread, type ConsoleThreadOptions } from '../../src/tool/console-thread.ts'
import { WorkerPool } from '../../src/workers/pool.ts'
import { SimClock } from '../sim/sim-clock.ts'
import { bundledWorker } from '../support/bundled-worker.ts'
import { consoleClient as client } from '../support/console-client.ts'
import { fillDatabase, openDatabase } from '../support/open-database.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { waitUntil } from '../support/wait-until.ts'

let source = ''
beforeAll(async () => {
  source = await bundledWorker('console')
})

const bounds = { timeoutMs: 60_000, lookbackMs: 300_000, samplesMax: 1e12, limit: 0 }
const never = new AbortController().signal

const noQueries: QueryRunner = { run: () => expect.fail('nothing is asked') }

function consolesOf(
  templates: Readonly<Record<string, string>>,
  options: Partial<ConsoleThreadOptions> = {},
): ConsoleThread {
  const directory = temporaryDirectory()
  const folders = { templates: join(directory, 'c'), libraries: join(directory, 'l') }
  for (const folder of Object.values(folders)) mkdirSync(folder)
  for (const [name, text] of Object.entries(templates))
    writeFileSync(join(folders.templates, name), text)
  const consoles = new ConsoleThread({
    folders,
    externalUrl: 'http://here',
    source: () => source,
    fs: nodeFileSystem,
    clock: systemClock,
    logger: silentLogger,
    runner: noQueries,
    settings: () => ({ bounds, externalLabels: [] }),
    ...options,
  })
  onTestFinished(() => consoles.close())
  return consoles
}

function text(reply: ConsoleReply): string {
  return reply.ok ? new TextDecoder().decode(reply.page) : `${reply.kind}: ${reply.message}`
}

async function ask(consoles: ConsoleThread, path: string, signal = never): Promise<string> {
  const parameters = new Map([['a', ['b', 'c']]])
  const request = { path, parameters, parametersFault: undefined, client, signal }
  return text(await consoles.page(request))
}

it('a page has its parameters, and what the configuration says when it is asked for', async () => {
  const settings: ConsoleSettings[] = ['old', 'new'].map((region) => ({
    bounds,
    externalLabels: [['region', region]],
  }))
  const x = '{{$rawParams.a}} {{$externalLabels.region}} ü'
  const consoles = consolesOf({ x }, { settings: () => settings.shift() ?? expect.fail('asked') })
  expect([consoles.has('/x'), consoles.has('/y')]).toEqual([true, false])
  expect(await ask(consoles, '/x')).toBe('[b c] old ü')
  expect(await ask(consoles, '/x')).toBe('[b c] new ü')
})

it('the thread that asks for the largest page goes on meanwhile', async () => {
  const part = '<a href="{{ .Path }}" title="{{ .Path }}" onclick="f({{ .Path }})">{{ .Path }}</a>'
  const large = part.repeat(Math.floor(limits.consoleBytesMax / part.length))
  const consoles = consolesOf({ small: 'x', large })
  expect(await ask(consoles, '/small')).toBe('x')
  const startedMs = performance.now()
  let [turnMs, longestMs] = [startedMs, 0]
  const turn = () => {
    const nowMs = performance.now()
    longestMs = Math.max(longestMs, nowMs - turnMs)
    turnMs = nowMs
    timer = setImmediate(turn)
  }
  let timer = setImmediate(turn)
  expect(await ask(consoles, '/large')).toContain('onclick="f(&#34;large&#34;)"')
  clearImmediate(timer)
  // Made here it would be one turn.
  expect(longestMs).toBeLessThan((performance.now() - startedMs) / 2)
})

it('queries of a page stand among those of other clients, and behind those of rules', async () => {
  const database = await openDatabase(temporaryDirectory())
  const endMs = Math.floor(Date.now() / 1_000) * 1_000
  fillDatabase(database, 2_000, 100, endMs)
  const answered: string[] = []
  const observer = {
    started: () => undefined,
    ended: () => undefined,
    finished: ({ request }: { request: { query: string; origin?: { kind: string } } }) =>
      answered.push(`${request.origin?.kind} ${request.query}`),
  }
  const pool = new WorkerPool({
    source: await bundledWorker(),
    database,
    clock: systemClock,
    logger: silentLogger,
    engine: defaultEngineFlags,
    workersMax: 1,
    concurrencyMax: 1,
    observer,
    failed: expect.fail,
  })
  onTestFinished(async () => {
    await pool.close()
    await database.close()
  })
  const instant = (query: string): QueryRequest => ({
    ...{ kind: 'instant', query, timeMs: endMs, bounds, stats: 'none', origin: client },
  })
  const running = new AbortController()
  // Minutes of work.
  const long = 'sum(max_over_time(rate(m[1m])[1d:1s]))'
  const asked: Promise<unknown>[] = [
    pool.run(instant(long), running.signal),
    pool.run(instant('1'), never),
  ]
  const consoles = consolesOf({ x: '{{query "2" | first | value}}' }, { runner: pool })
  const page = ask(consoles, '/x')
  await waitUntil("the page's query waits", () => pool.queries === 3 || undefined)
  asked.push(pool.run(instant('3'), never))
  const rules = new RuleQueries({ runner: pool, bounds: () => bounds })
  asked.push(rules.ask({ query: '4', timeMs: 0 }, { file: 'f', group: 'g' }, never))
  await waitUntil("the rule's query waits", () => pool.queries === 5 || undefined)
  running.abort()
  expect(await page).toBe('2')
  await Promise.all(asked)
  expect(answered).toEqual([`http ${long}`, 'rule 4', 'http 1', 'http 2', 'http 3'])
})

it('the query of a page that nobody waits for any more is stopped', async () => {
  const stopped: string[] = []
  const runner: QueryRunner = {
    run: (request, signal) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          stopped.push(request.kind)
          resolve({ ok: false, errorType: 'canceled', message: 'stopped' })
        })
        reader.abort()
      }),
  }
  const reader = new AbortController()
  const consoles = consolesOf({ x: '{{query "1"}}', y: 'y' }, { runner })
  expect(await ask(consoles, '/x', reader.signal)).toMatch(/error calling query: stopped$/)
  expect(stopped).toEqual(['rules'])
  expect(await ask(consoles, '/y', reader.signal)).toMatch(/^failed: nobody waits/)
  expect(await ask(consoles, '/y')).toBe('y')
})

it('pages begin one by one, and those that nobody waits for by then are not made', async () => {
  const directory = temporaryDirectory()
  writeFileSync(join(directory, 'x'), 'x')
  const made: string[] = []
  const host = new ConsoleHost({
    start: {
      folders: { templates: directory, libraries: directory },
      externalUrl: '',
      settings: { bounds, externalLabels: [] },
    },
    fileSystem: nodeFileSystem,
    clock: systemClock,
    send: (message) => {
      if (message.kind !== 'page') return
      made.push(`${message.id} ${text(message.reply)}`)
      if (message.id === 0) void host.receive({ kind: 'gone', id: 2 })
    },
  })
  const settings = { bounds, externalLabels: [] }
  const request = { path: '/x', parameters: new Map(), parametersFault: undefined, client }
  const pages = [0, 1, 2].map((id) => host.receive({ kind: 'page', id, request, settings }))
  await host.receive({ kind: 'gone', id: 1 })
  await Promise.all(pages)
  const unwanted = 'failed: nobody waits for the page any more'
  expect(made).toEqual(['0 x', `1 ${unwanted}`, `2 ${unwanted}`])
})

it('rows of queries cross the thread that asks in one piece', async () => {
  const database = await openDatabase(temporaryDirectory())
  const endMs = Math.floor(Date.now() / 1_000) * 1_000
  fillDatabase(database, 2_000, 1, endMs)
  const pool = new WorkerPool({
    ...{ source: await bundledWorker(), database, clock: systemClock, logger: silentLogger },
    ...{ engine: defaultEngineFlags, workersMax: 1, concurrencyMax: 1, failed: expect.fail },
  })
  onTestFinished(async () => {
    await pool.close()
    await database.close()
  })
  const replies: QueryReply[] = []
  const run = async (request: QueryRequest, signal: AbortSignal) => {
    const reply = await pool.run(request, signal)
    replies.push(structuredClone(reply))
    return reply
  }
  const template =
    '{{range query "sort(m * 2)"}}{{.Labels.n}}={{.Value}} {{end}}{{query "-1/0" | first | value}}'
  const page = await ask(consolesOf({ x: template }, { runner: { run } }), '/x')
  expect(page.split(' ')).toHaveLength(2_001)
  expect(page).toMatch(/^0=2 1=2 .* 1999=2 -Inf$/)
  const shapes = replies.map(
    (reply) => reply.ok && [reply.body.length, reply.vectors?.values.length],
  )
  expect(shapes).toEqual([
    [1, 0],
    [1, 0],
  ])
})

it('a query that cannot be run fails its page', async () => {
  const runner = { run: () => Promise.reject(new Error('not yet')) }
  const consoles = consolesOf({ x: '{{query "1"}}' }, { runner })
  expect(await ask(consoles, '/x')).toMatch(/error calling query: not yet$/)
})

it('a thread that dies fails its pages, and the next page has another', async () => {
  const dying =
    "require('node:worker_threads').parentPort.on('message', () => { throw new Error('broken') })"
  const sources = [dying, source]
  const consoles = consolesOf({ x: 'x' }, { source: () => sources.shift() ?? '' })
  const failed = 'failed: the thread of consoles ended: broken'
  expect(await Promise.all([ask(consoles, '/x'), ask(consoles, '/x')])).toEqual([failed, failed])
  expect(await ask(consoles, '/x')).toBe('x')
})

it('a thread without pages ends, and is started for the next one', async () => {
  const clock = new SimClock()
  let starts = 0
  const counted = () => {
    starts++
    return source
  }
  const consoles = consolesOf({ x: 'x' }, { clock, source: counted })
  for (const [pauseMs, wanted] of [
    [0, 1],
    [limits.consoleThreadIdleMs - 1, 1],
    [limits.consoleThreadIdleMs - 1, 1],
    [limits.consoleThreadIdleMs, 2],
  ] as const) {
    await clock.advance(pauseMs)
    expect(await ask(consoles, '/x')).toBe('x')
    expect(starts).toBe(wanted)
  }
})

it('pages that are being made fail when the server stops', async () => {
  const runner: QueryRunner = {
    run: async (_request, signal) => {
      void consoles.close()
      expect(signal.aborted).toBe(true)
      return { ok: false, errorType: 'canceled', message: 'stopped' }
    },
  }
  const consoles = consolesOf({ x: '{{query "1"}}' }, { runner })
  expect(await ask(consoles, '/x')).toBe('failed: the server is being stopped')
})
