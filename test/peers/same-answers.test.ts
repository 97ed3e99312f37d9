import { cpSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isUlid } from '../../src/tsdb/block/ulid.ts'
import { generatedQuery } from '../promql/generated-query.ts'
import { generatedStorage } from '../promql/generated-storage.ts'
import { startBuiltServer } from '../support/built-server.ts'
import type { MemoryStorage } from '../support/memory-storage.ts'
import { peersAreAbsent } from '../support/peers.ts'
import type { RealProcess } from '../support/real-process.ts'
import { startPrometheus } from '../support/real-prometheus.ts'
import { remoteWriteBody, remoteWriteHeaders } from '../support/remote-write-body.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { waitUntil } from '../support/wait-until.ts'
import { askServer, difference, mayDiffer } from './query-answers.ts'

/** Another seed or a longer run: NARTHEX_SEED, NARTHEX_QUERIES. */
const seed = Number(process.env.NARTHEX_SEED ?? 31_415)
const soakQueries = process.env.NARTHEX_SOAK === undefined ? 200 : 4_000
const queries = Number(process.env.NARTHEX_QUERIES ?? soakQueries)
const minuteMs = 60_000
/** So that the head begins a range and a half before the end, with a full chunk in it. */
const startMs = (Math.floor(Date.now() / (5 * minuteMs)) - 12) * 5 * minuteMs + 2 * minuteMs
const dataMs = 40 * minuteMs
/** Blocks of five minutes, and of fifteen: a 40-minute history has several of them. */
const flags = [
  '--storage.tsdb.min-block-duration=5m',
  '--storage.tsdb.max-block-duration=15m',
  '--web.enable-remote-write-receiver',
  '--log.level=warn',
]

type Start = (directory: string) => Promise<RealProcess>
const prometheus: Start = (directory) => startPrometheus(directory, flags)
const narthex: Start = (directory) => startBuiltServer({ directory, flags })

describe.skipIf(peersAreAbsent)(`${queries} generated queries answer the same`, () => {
  it.each([
    ['of ours, from the real Prometheus', narthex, 'SIGKILL', prometheus],
    // It writes head chunk files once a minute, and when it ends.
    ['of the real Prometheus, from us', prometheus, 'SIGTERM', narthex],
  ] as const)(
    'over a directory %s',
    async (_, writer, signal, reader) => {
      const directory = temporaryDirectory()
      const first = await writer(directory)
      await write(first, generatedStorage(11, startMs))
      await waitUntil('blocks were merged', () => (blocksOf(directory) < 3 ? undefined : true))
      await first.stop(signal)
      expectEveryPart(join(directory, 'data'))

      const copy = temporaryDirectory()
      cpSync(join(directory, 'data'), join(copy, 'data'), { recursive: true })
      const own = await writer(directory)
      const other = await reader(copy)
      const tally = { answered: 0, empty: 0, refused: 0 }
      const differing: string[] = []
      for (const query of fc.sample(generatedQuery, { seed, numRuns: queries })) {
        const found = await differences(own, other, query, tally)
        differing.push(...found.map((words) => `${query}\n    ${words}`))
      }
      console.log(`answers over one directory: ${JSON.stringify(tally)}`)
      expect(differing).toEqual([])
      expect(tally.answered).toBeGreaterThan(queries)
    },
    300_000 + queries * 100,
  )
})

/** As a range over head and blocks, and at two moments: one in the blocks, one in the head. */
async function differences(
  own: RealProcess,
  other: RealProcess,
  query: string,
  tally: { answered: number; empty: number; refused: number },
): Promise<readonly string[]> {
  const range = { startMs: startMs + 2 * minuteMs, endMs: startMs + dataMs, stepMs: 97_000 }
  const found: string[] = []
  for (const at of [range, { startMs: startMs + 9 * minuteMs }, { startMs: startMs + dataMs }]) {
    const [ours, theirs] = [
      await askServer(own.url, query, at),
      await askServer(other.url, query, at),
    ]
    if ('error' in ours || 'error' in theirs) {
      tally.refused++
      if ('error' in ours !== 'error' in theirs) found.push(JSON.stringify([ours, theirs]))
      continue
    }
    tally[ours.series.length === 0 ? 'empty' : 'answered']++
    const fault = difference(theirs, ours)
    if (fault !== undefined && !mayDiffer(query)) found.push(fault)
  }
  return found
}

function blocksOf(directory: string): number {
  return readdirSync(join(directory, 'data')).filter(isUlid).length
}

/** Log, head chunk files and several blocks: the answers go over each of them. */
function expectEveryPart(data: string): void {
  expect(readdirSync(data)).toEqual(expect.arrayContaining(['chunks_head', 'wal']))
  expect(readdirSync(join(data, 'chunks_head')).length).toBeGreaterThan(0)
  expect(readdirSync(join(data, 'wal')).length).toBeGreaterThan(0)
}

/** In order of time, two minutes a request. */
async function write({ url }: RealProcess, storage: MemoryStorage): Promise<void> {
  for (let fromMs = startMs; fromMs < startMs + dataMs; fromMs += 2 * minuteMs) {
    const body = remoteWriteBody(
      storage.series.flatMap(({ labels, timestampsMs, values, count }) => {
        const times = [...timestampsMs.subarray(0, count)]
        const first = times.findIndex((timeMs) => timeMs >= fromMs)
        const end = times.findLastIndex((timeMs) => timeMs < fromMs + 2 * minuteMs) + 1
        if (first < 0 || end <= first) return []
        const timestamps = times.slice(first, end)
        return [
          {
            labels: [...labels.entries()],
            timestampsMs: timestamps,
            values: values.slice(first, end),
          },
        ]
      }),
    )
    const headers = remoteWriteHeaders
    const response = await fetch(`${url}/api/v1/write`, { method: 'POST', headers, body })
    expect(response.status, await response.text()).toBe(204)
  }
}
