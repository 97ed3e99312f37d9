import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type AskOptions, ask, reply } from '../promql/ask.ts'
import { generatedQuery } from '../promql/generated-query.ts'
import { generatedStorage } from '../promql/generated-storage.ts'
import { freePort } from '../support/free-port.ts'
import type { MemoryStorage } from '../support/memory-storage.ts'
import { peer, peersAreAbsent } from '../support/peers.ts'
import { RealProcess } from '../support/real-process.ts'
import { remoteWriteBody, remoteWriteHeaders } from '../support/remote-write-body.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { askServer, difference } from './query-answers.ts'

/** Another seed or a longer run: NARTHEX_SEED, NARTHEX_QUERIES. */
const seed = Number(process.env.NARTHEX_SEED ?? 20_251)
const queries = Number(process.env.NARTHEX_QUERIES ?? 320)
const startMs = Math.floor(Date.now() / 60_000) * 60_000 - 3_600_000
const axis = { startMs: startMs + 600_000, endMs: startMs + 1_800_000, stepMs: 45_000 }

describe.skipIf(peersAreAbsent)('beside the real Prometheus', () => {
  it('generated queries answer the same, as range and as instant queries', {
    timeout: 240_000,
  }, async () => {
    const storage = generatedStorage(11, startMs)
    const prometheus = await startPrometheus()
    await write(prometheus, storage)
    const tally = { answered: 0, empty: 0, refused: 0 }
    const differing: string[] = []
    for (const query of fc.sample(generatedQuery, { seed, numRuns: queries })) {
      for (const at of [axis, { startMs: axis.endMs - 7_000 }]) {
        const difference = await compare(prometheus, storage, query, at, tally)
        if (difference !== undefined) differing.push(`${query}\n    ${difference}`)
      }
    }
    await prometheus.stop()
    console.log(`promql agreement: ${JSON.stringify(tally)} of ${2 * queries}`)
    expect(differing).toEqual([])
    // A set of queries without answers would agree about nothing.
    expect(tally.answered).toBeGreaterThan(queries)
  })
})

async function compare(
  prometheus: RealProcess,
  storage: MemoryStorage,
  query: string,
  at: AskOptions,
  tally: { answered: number; empty: number; refused: number },
): Promise<string | undefined> {
  const theirs = await askServer(prometheus.url, query, at)
  const engine = { subqueryStepMs: 60_000 }
  const ours = await reply(storage, query, { ...at, engine })
  if ('error' in theirs) {
    tally.refused++
    return ours.ok ? `they refuse it: ${theirs.error}` : undefined
  }
  if (!ours.ok) return `we refuse it: ${ours.message}`
  tally[theirs.series.length === 0 ? 'empty' : 'answered']++
  return difference(theirs, await ask(storage, query, { ...at, engine }))
}

async function startPrometheus(): Promise<RealProcess> {
  const directory = temporaryDirectory()
  const port = await freePort()
  const prometheus = new RealProcess(
    peer('prometheus'),
    [
      '--config.file=/dev/null',
      `--storage.tsdb.path=${directory}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--web.enable-remote-write-receiver',
    ],
    `http://127.0.0.1:${port}`,
  )
  await prometheus.ready('/-/ready')
  return prometheus
}

async function write(prometheus: RealProcess, storage: MemoryStorage): Promise<void> {
  const body = remoteWriteBody(
    storage.series.map(({ labels, timestampsMs, values, count }) => ({
      labels: [...labels.entries()],
      timestampsMs: [...timestampsMs.subarray(0, count)],
      values: values.subarray(0, count),
    })),
  )
  const response = await fetch(`${prometheus.url}/api/v1/write`, {
    method: 'POST',
    headers: remoteWriteHeaders,
    body,
  })
  expect(response.status, await response.text()).toBe(204)
}
