import { chmodSync, cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { silentLogger } from '../../../src/base/logger.ts'
import { nodeFileSystem } from '../../../src/base/node-file-system.ts'
import type { Queryable } from '../../../src/storage/querier.ts'
import { Database } from '../../../src/tsdb/db.ts'
import { ask } from '../../promql/ask.ts'
import { SimClock } from '../../sim/sim-clock.ts'
import { localQuerier, readerOf } from '../../support/local-querier.ts'
import type { CaseResult } from '../area.ts'
import { caseFile, caseName } from '../case-file.ts'
import { dumpLines, samplesPerMetric } from '../dump-lines.ts'
import { factDifference, type QueryFact } from '../query-fact.ts'

/** One change of a copy of wal-data; see the README of the data. */
interface Damage {
  readonly name: string
  readonly file?: string
  readonly truncate_to?: number
  readonly xor_at?: number
  readonly xor_with?: number
  readonly remove?: string
  readonly samples_per_metric: Readonly<Record<string, number>>
}

interface LogFacts {
  readonly killed_ms: number
  readonly query_facts: readonly QueryFact[]
  readonly per_metric: readonly { readonly metric: string; readonly samples: string }[]
}

/** What Prometheus answered over the log and head chunks of a killed server (wal-data.json). */
export async function logFacts(directory: string): Promise<readonly CaseResult[]> {
  const file = 'wal-data.json'
  const facts = caseFile<never, LogFacts>(directory, file)
  return await withLogCopy(directory, facts.killed_ms, undefined, async (database) => {
    const queryable = queryableOf(database)
    const results: CaseResult[] = []
    for (const [index, fact] of facts.query_facts.entries()) {
      const name = caseName(file, index, `${fact.query} at ${fact.time}`)
      const detail = await differenceOf(queryable, fact)
      results.push({ name, passed: detail === undefined, detail: detail ?? '' })
    }
    return results
  })
}

async function differenceOf(queryable: Queryable, fact: QueryFact): Promise<string | undefined> {
  try {
    return factDifference(await ask(queryable, fact.query, { startMs: fact.time * 1000 }), fact)
  } catch (thrown) {
    return String(thrown)
  }
}

/**
 * Damaged copies (wal-damage.json): the database opens, holds at least what Prometheus recovers of
 * each metric and at most what was there, and every sample of it is one of the undamaged log's.
 */
export async function damageFacts(directory: string): Promise<readonly CaseResult[]> {
  const file = 'wal-damage.json'
  const { cases } = caseFile<Damage>(directory, file)
  const facts = caseFile<never, LogFacts>(directory, 'wal-data.json')
  const results: CaseResult[] = []
  for (const [index, damage] of cases.entries()) {
    const faults = await withLogCopy(directory, facts.killed_ms, damage, async (database) => [
      ...(await missing(database, damage, facts)),
      ...(await invented(database, directory)),
    ])
    const name = caseName(file, index, damage.name)
    results.push({ name, passed: faults.length === 0, detail: faults.slice(0, 5).join('; ') })
  }
  return results
}

async function missing(database: Database, damage: Damage, facts: LogFacts): Promise<string[]> {
  const found = await samplesPerMetric(localQuerier(database))
  return facts.per_metric.flatMap(({ metric, samples }) => {
    const [count, least] = [found.get(metric) ?? 0, damage.samples_per_metric[metric] ?? 0]
    if (count >= least && count <= Number(samples)) return []
    return [`${metric} has ${count} samples, wanted ${least} to ${samples}`]
  })
}

async function invented(database: Database, directory: string): Promise<string[]> {
  const known = new Set(givenDump(directory))
  const found = await dumpLines(localQuerier(database))
  if (new Set(found).size < found.length) return ['a sample is there twice']
  return found.filter((line) => !known.has(line)).map((line) => `never written: ${line}`)
}

/** Every float sample of the undamaged log, as promtool printed them. */
export function givenDump(directory: string): readonly string[] {
  const text = gunzipSync(readFileSync(join(directory, 'wal-data.dump.gz'))).toString('utf8')
  return text.split('\n').filter((line) => line !== '')
}

function queryableOf(database: Database): Queryable {
  const reader = readerOf(database)
  return { querier: async (range) => localQuerier(database, reader, range) }
}

/** Opens a copy of wal-data, damaged where it is said how, and removes it afterwards. */
export async function withLogCopy<T>(
  directory: string,
  nowMs: number,
  damage: Damage | undefined,
  use: (database: Database) => Promise<T>,
): Promise<T> {
  const copy = await mkdtemp(join(tmpdir(), 'narthex-log-'))
  try {
    cpSync(join(directory, 'wal-data'), copy, { recursive: true })
    makeWritable(copy)
    if (damage !== undefined) apply(damage, copy)
    const database = await Database.open({
      directory: copy,
      fileSystem: nodeFileSystem,
      clock: new SimClock(nowMs),
      logger: silentLogger,
      lock: async () => ({ release: () => undefined }),
      blockReloadIntervalMs: 10 ** 9,
    })
    try {
      return await use(database)
    } finally {
      await database.close()
    }
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}

function apply({ file, truncate_to, xor_at, xor_with, remove }: Damage, copy: string): void {
  if (remove !== undefined) rmSync(join(copy, remove), { recursive: true })
  if (file === undefined) return
  const path = join(copy, file)
  const bytes = readFileSync(path)
  if (xor_at !== undefined) bytes.writeUInt8((bytes[xor_at] ?? 0) ^ (xor_with ?? 0), xor_at)
  writeFileSync(path, bytes.subarray(0, truncate_to))
}

/** The given data may be read-only, and its copy with it. */
function makeWritable(folder: string): void {
  chmodSync(folder, 0o755)
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) makeWritable(path)
    else chmodSync(path, 0o644)
  }
}
