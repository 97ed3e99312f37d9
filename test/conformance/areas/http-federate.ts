import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defaultEngineFlags } from '../../../src/promql/engine-flags.ts'
import type { QueryRunner } from '../../../src/storage/query-runner.ts'
import { unstoppable } from '../../../src/storage/unstoppable.ts'
import { answerRequest } from '../../../src/workers/answer-request.ts'
import { SimClock } from '../../sim/sim-clock.ts'
import { startApi } from '../../support/api-server.ts'
import type { CaseResult } from '../area.ts'
import { caseFile, caseName, difference } from '../case-file.ts'
import { readScript } from '../promql/script.ts'
import { TestDatabase } from '../promql/test-database.ts'

interface FederateCase {
  readonly name: string
  readonly query_string: string
  readonly external_labels: Readonly<Record<string, string>>
  readonly status: number
  readonly body: string
}

interface Head {
  readonly load: string
  readonly now_ms: number
}

/** Pages of /federate over a loaded database. */
export async function federated(directory: string): Promise<readonly CaseResult[]> {
  const file = 'federate.json'
  const { cases, load, now_ms: nowMs } = caseFile<FederateCase, Head>(directory, file)
  const database = await loaded(load)
  const results: CaseResult[] = []
  for (const [index, one] of cases.entries()) {
    const detail = await faultOf(database, nowMs, one)
    const name = caseName(file, index, one.name)
    results.push({ name, passed: detail === undefined, detail: detail ?? '' })
  }
  await database.close()
  return results
}

async function loaded(text: string): Promise<TestDatabase> {
  const folder = mkdtempSync(join(tmpdir(), 'narthex-conformance-'))
  const path = join(folder, 'load.test')
  writeFileSync(path, text)
  const database = await TestDatabase.open()
  for (const command of readScript(path)) if (command.kind === 'load') database.load(command)
  rmSync(folder, { recursive: true })
  return database
}

async function faultOf(
  { queryable }: TestDatabase,
  nowMs: number,
  one: FederateCase,
): Promise<string | undefined> {
  const control = unstoppable
  const tools = { queryable, control, engine: defaultEngineFlags, queuedMs: 0 }
  const runner: QueryRunner = { run: (request) => answerRequest(request, tools) }
  const ends: (() => void | Promise<void>)[] = []
  try {
    const { url } = await startApi(
      {
        clock: new SimClock(nowMs),
        runner: () => runner,
        externalLabels: () => Object.entries(one.external_labels),
      },
      (end) => ends.push(end),
    )
    const response = await fetch(`${url}/federate?${one.query_string}`)
    const page = await response.text()
    const found = { status: response.status, body: sortedLines(page) }
    return difference(found, { status: one.status, body: sortedLines(one.body) })
  } finally {
    for (const end of ends) await end()
  }
}

/** As upstream compares them: the series of each family in any order. */
function sortedLines(page: string): string {
  return page
    .split(/(?=^# TYPE )/m)
    .map((family) => {
      const [head = '', ...lines] = family.split('\n').filter((line) => line !== '')
      return [head, ...lines.sort()].join('\n')
    })
    .join('\n')
}
