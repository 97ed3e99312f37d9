import { readFileSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { parentPort, workerData } from 'node:worker_threads'
import { Labels } from '../../src/model/labels.ts'
import { defaultEngineFlags } from '../../src/promql/engine-flags.ts'
import { defaultParseOptions } from '../../src/promql/parse/parse-options.ts'
import type { QueryRequest } from '../../src/storage/query-runner.ts'
import type { Database } from '../../src/tsdb/db.ts'
import { answerRequest } from '../../src/workers/answer-request.ts'
import { readerOf } from '../support/local-querier.ts'
import { openDatabase } from '../support/open-database.ts'
import { BundledCode } from './bundled-code.ts'
import { StretchCounter, type Stretches } from './stretch-counter.ts'

// Answers requests over many series in an isolate of its own, and tells how often the code ran
// between two looks at the control.

export interface StretchesStart {
  readonly directory: string
  /** Where this code is. */
  readonly script: string
  readonly seriesCount: number
  readonly endMs: number
  readonly requests: readonly QueryRequest[]
}

export interface Answered {
  /** How many bytes, or what was wrong. */
  readonly answer: number | string
  readonly stretches: Stretches
}

// What V8 has put into its callers is not counted any more, as soon as they are compiled.
setFlagsFromString('--no-turbo-inlining')

const start: StretchesStart = workerData
const counter = new StretchCounter(
  start.script,
  new BundledCode(readFileSync(start.script, 'utf8')),
)

/** As many series in a block as in the head, of which half are the same. */
async function fill(database: Database): Promise<void> {
  const { seriesCount, endMs } = start
  append(database, 0, seriesCount, endMs - 5 * 3_600_000)
  append(database, seriesCount / 2, seriesCount * 1.5, endMs - 60_000)
  await database.maintain()
  append(database, seriesCount / 2, seriesCount * 1.5, endMs)
}

/** A sample to each of some series of two metrics. */
function append(database: Database, from: number, to: number, timeMs: number): void {
  const appender = database.appender()
  const ids = new Uint32Array((to - from) * 2)
  for (let index = 0; index < to - from; index++) {
    const n = String(from + index)
    const others = { group: `g${(from + index) % 7}`, job: 'j', instance: n }
    ids[index * 2] = appender.series(Labels.of({ __name__: 'm', n, ...others }))
    ids[index * 2 + 1] = appender.series(Labels.of({ __name__: 'h_bucket', le: n, ...others }))
  }
  const values = Float64Array.from(ids, (_, index) => (index * 7_919) % 10_007)
  appender.append(ids, new Float64Array(ids.length).fill(timeMs), values, ids.length)
  appender.commit()
}

async function answers(): Promise<readonly Answered[]> {
  const database = await openDatabase(start.directory)
  await fill(database)
  const reader = readerOf(database)
  const { control } = counter
  const language = {
    ...defaultParseOptions,
    experimentalFunctions: true,
    binopFillModifiers: true,
  }
  const port = {
    snapshot: async (ids: Uint32Array, count: number, since: number) =>
      counter.apart(() => database.snapshot(ids, count, since)),
  }
  const found: Answered[] = []
  for (const request of start.requests) {
    reader.apply(database.updateSince(reader.version))
    counter.take()
    const reply = await answerRequest(request, {
      queryable: { querier: async (range) => reader.querier(range, port, control.looks) },
      control,
      engine: { ...defaultEngineFlags, language },
      queuedMs: 0,
      mayStream: true,
    })
    let bytes = 0
    for (const piece of reply.ok ? reply.body : []) bytes += piece.length
    for await (const piece of (reply.ok && reply.more) || []) bytes += piece.length
    const rows = reply.ok ? (reply.vectors?.values.length ?? 0) : 0
    found.push({ answer: reply.ok ? bytes + rows : reply.message, stretches: counter.take() })
  }
  await database.close()
  return found
}

void answers().then((found) => parentPort?.postMessage(found))
