import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Asked, type AskOptions, ask, reply } from '../promql/ask.ts'
import { generatedQuery } from '../promql/generated-query.ts'
import { generatedStorage } from '../promql/generated-storage.ts'
import { freePort } from '../support/free-port.ts'
import type { MemoryStorage } from '../support/memory-storage.ts'
import { peer, peersAreAbsent } from '../support/peers.ts'
import { RealProcess } from '../support/real-process.ts'
import { remoteWriteBody, remoteWriteHeaders } from '../support/remote-write-body.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

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
  const theirs = await askPeer(prometheus, query, at)
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

function difference(theirs: Asked, ours: Asked): string | undefined {
  if (theirs.type !== ours.type) return `type ${ours.type}, theirs ${theirs.type}`
  const left = byLabels(theirs)
  const right = byLabels(ours)
  for (const key of new Set([...left.keys(), ...right.keys()])) {
    const a = left.get(key)
    const b = right.get(key)
    if (a === undefined) return `series ${key} only here: ${JSON.stringify(b?.slice(0, 3))}`
    if (b === undefined) return `series ${key} only there: ${JSON.stringify(a.slice(0, 3))}`
    if (a.length !== b.length) return `${key}: ${b.length} points, theirs ${a.length}`
    for (const [index, [seconds, value]] of a.entries()) {
      const [ourSeconds, ourValue] = b[index] ?? [0, '']
      if (seconds !== ourSeconds) return `${key}: a point at ${ourSeconds}, theirs at ${seconds}`
      if (!near(value, ourValue)) return `${key} at ${seconds}: ${ourValue}, theirs ${value}`
    }
  }
  return undefined
}

function byLabels({ series }: Asked) {
  return new Map(
    series.map(({ metric, values }) => [JSON.stringify(Object.entries(metric).sort()), values]),
  )
}

function near(theirs: string, ours: string): boolean {
  if (theirs === ours) return true
  const [a, b] = [Number(theirs), Number(ours)]
  return Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b))
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

interface PeerAnswer {
  readonly status: string
  readonly error?: string
  readonly data: { readonly resultType: string; readonly result: readonly PeerSeries[] }
}

type Point = readonly [seconds: number, value: string]

interface PeerSeries {
  readonly metric: Readonly<Record<string, string>>
  readonly value?: Point
  readonly values?: readonly Point[]
}

async function askPeer(
  prometheus: RealProcess,
  query: string,
  at: AskOptions,
): Promise<Asked | { readonly error: string }> {
  const times =
    at.endMs === undefined
      ? { time: String(at.startMs / 1000) }
      : {
          start: String(at.startMs / 1000),
          end: String(at.endMs / 1000),
          step: String((at.stepMs ?? 0) / 1000),
        }
  const path = at.endMs === undefined ? 'query' : 'query_range'
  const response = await fetch(`${prometheus.url}/api/v1/${path}`, {
    method: 'POST',
    body: new URLSearchParams({ query, ...times }),
  })
  const answer = (await response.json()) as PeerAnswer
  if (answer.status !== 'success') return { error: answer.error ?? '' }
  const { resultType, result } = answer.data
  const series = result.map((one) => ({
    metric: one.metric,
    values: one.values ?? (one.value === undefined ? [] : [one.value]),
  }))
  return { type: resultType, series, warnings: [], infos: [] }
}
