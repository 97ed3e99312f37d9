import { cpSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../../src/base/clock.ts'
import { silentLogger } from '../../../src/base/logger.ts'
import { nodeFileSystem } from '../../../src/base/node-file-system.ts'
import { readCommandLine } from '../../../src/tool/flags.ts'
import { Database } from '../../../src/tsdb/db.ts'
import { startApi } from '../../support/api-server.ts'
import { DirectRunner } from '../../support/direct-runner.ts'
import type { CaseResult } from '../area.ts'
import { caseFile, caseName, difference } from '../case-file.ts'
import { askHttp, type HttpAnswer, type HttpCase, jsonOf, mediaOf } from '../http-answer.ts'

interface StaticCase extends HttpCase {
  readonly id: number
  readonly body?: Body
  readonly body_in_3x?: Body
  readonly error_in_3x?: string
  readonly differs_in_3x?: string
  readonly volatile?: readonly string[]
}

interface Body {
  readonly status: string
  readonly data?: unknown
  readonly errorType?: string
  readonly error?: string
}

/** 3.14 names the parameter here; the record is older. */
const namesParameter = 48
/** Where no body of 3.x is recorded, those of these are known from its source. */
const bodiesIn3x: Readonly<Record<string, Body>> = {
  '/api/v1/label/bad-name/values': { status: 'success', data: [] },
}

/** Runs `ask` against a server that has the blocks of the data and nothing else. */
export async function withBlocks<T>(
  directory: string,
  externalLabels: readonly (readonly [string, string])[],
  ask: (url: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'narthex-conformance-'))
  const ends: (() => void | Promise<void>)[] = []
  try {
    cpSync(join(directory, '..', 'tsdb', 'blocks'), folder, { recursive: true })
    const database = await Database.open({
      directory: folder,
      fileSystem: nodeFileSystem,
      clock: systemClock,
      logger: silentLogger,
      lock: async () => ({ release: () => undefined }),
    })
    ends.unshift(() => database.close())
    const line = readCommandLine([])
    if (line.kind !== 'serve') throw new Error('no flags')
    const { flags } = line
    const runner = new DirectRunner(database)
    const { url } = await startApi(
      {
        runner: () => runner,
        externalLabels: () => externalLabels,
        statistics: () => database.statistics,
        head: () => database.stats(),
        flags: flags.all,
      },
      (end) => ends.unshift(end),
    )
    return await ask(url)
  } finally {
    for (const end of ends) await end()
    await rm(folder, { recursive: true })
  }
}

/** Answers of a real server over given blocks, asked of ours over the same blocks. */
export async function staticAnswers(directory: string): Promise<readonly CaseResult[]> {
  const file = 'static.json'
  const { cases } = caseFile<StaticCase>(directory, file)
  return await withBlocks(directory, [['cluster', 'static']], async (url) => {
    const results: CaseResult[] = []
    for (const [index, one] of cases.entries()) {
      const detail = faultOf(await askHttp(url, one), one)
      const name = caseName(file, index, one.request)
      results.push({ name, passed: detail === undefined, detail: detail ?? '' })
    }
    return results
  })
}

function faultOf(answer: HttpAnswer, expected: StaticCase): string | undefined {
  const { volatile = [], differs_in_3x: differs } = expected
  const known = expected.body_in_3x ?? bodiesIn3x[expected.request.path]
  if (differs !== undefined && known === undefined && volatile.length === 0) return undefined
  const status = known === undefined ? expected.status : known.status === 'success' ? 200 : 400
  if (answer.status !== status) return `answered ${answer.status}, wanted ${status}: ${answer.text}`
  const type = expected.content_type
  const media =
    type === null || type === undefined ? undefined : difference(mediaOf(answer.contentType), type)
  if (media !== undefined) return `content type: ${media}`
  if (expected.body_text !== undefined) return difference(answer.text, expected.body_text)
  const body = jsonOf(answer.text)
  if (!isBody(body)) return `no JSON answer: ${answer.text.slice(0, 200)}`
  if (volatile.includes('data')) return faultOfKeys(body, expected.body)
  if (status === 422) return difference(body.errorType, 'execution')
  return difference(ordered(body), ordered(wanted(expected, known)))
}

function isBody(value: unknown): value is Body {
  return typeof value === 'object' && value !== null && 'status' in value
}

/** Every field of the record that 3.x still has must be there. */
function faultOfKeys(body: Body, recorded: Body | undefined): string | undefined {
  const [found, kept] = [Object.keys(Object(body.data)), Object.keys(Object(recorded?.data))]
  const lacking = kept.filter((key) => !found.includes(key) && !removedIn3x.includes(key))
  return lacking.length === 0 ? undefined : `lacks ${lacking.join(', ')}`
}

/** Flags of 2.42 that 3.x has no more. */
const removedIn3x = [
  'alertmanager.timeout',
  'storage.tsdb.allow-overlapping-blocks',
  'storage.tsdb.retention',
  'storage.tsdb.use-lockfile',
  'storage.agent.use-lockfile',
  // Debian's own.
  'web.local-assets',
]

function wanted(expected: StaticCase, known: Body | undefined): Body | undefined {
  const body = known ?? expected.body
  if (body?.error === undefined) return body
  const prefix = expected.id === namesParameter ? 'invalid parameter "query": ' : ''
  return { ...body, error: prefix + (expected.error_in_3x ?? body.error) }
}

/** Series in one order, numbers to nine digits; 3.x may add infos and warnings. */
function ordered(body: Body | undefined): unknown {
  if (body === undefined) return undefined
  const { status, data, errorType, error } = body
  return { status, data: orderedData(data), errorType, error }
}

function orderedData(data: unknown): unknown {
  if (typeof data !== 'object' || data === null || !('result' in data)) return data
  const { result } = data
  if (!Array.isArray(result) || typeof result[0] !== 'object') return data
  const series = result.map((one) => JSON.stringify(one, rounded)).sort()
  return { ...data, result: series.map((one) => JSON.parse(one)) }
}

function rounded(_key: string, value: unknown): unknown {
  const isNumber = typeof value === 'string' && /^-?[\d.]+(e[+-]?\d+)?$/.test(value)
  return isNumber ? String(Number(Number(value).toPrecision(9))) : value
}
