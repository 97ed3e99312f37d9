import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isUlid } from '../../src/tsdb/block/ulid.ts'
import type { Asked, AskOptions } from '../promql/ask.ts'
import { generatedHistogramQuery } from '../promql/generated-histogram-query.ts'
import { generatedHistograms } from '../promql/generated-histograms.ts'
import { generatedQuery } from '../promql/generated-query.ts'
import { generatedStorage, randoms } from '../promql/generated-storage.ts'
import { startBuiltServer } from '../support/built-server.ts'
import { peersAreAbsent } from '../support/peers.ts'
import type { RealProcess } from '../support/real-process.ts'
import { startPrometheus } from '../support/real-prometheus.ts'
import { remoteWriteBody, remoteWriteHeaders } from '../support/remote-write-body.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { waitUntil } from '../support/wait-until.ts'
import { histogramBody } from '../support/written-histogram.ts'
import { askServer, difference, mayDiffer } from './query-answers.ts'

/** Another seed or a longer run: NARTHEX_SEED, NARTHEX_QUERIES. */
const seed = Number(process.env.NARTHEX_SEED ?? 27_182)
const soakQueries = process.env.NARTHEX_SOAK === undefined ? 450 : 10_000
const queries = Number(process.env.NARTHEX_QUERIES ?? soakQueries)
const minuteMs = 60_000
const startMs = (Math.floor(Date.now() / (5 * minuteMs)) - 12) * 5 * minuteMs + 2 * minuteMs
const dataMs = 40 * minuteMs
/** A request; samples that are late come this many requests later. */
const turnMs = 2 * minuteMs
const lateTurns = 3
const turns = dataMs / turnMs

const config = 'storage:\n  tsdb:\n    out_of_order_time_window: 30m\n'
const flags = [
  '--storage.tsdb.min-block-duration=5m',
  '--storage.tsdb.max-block-duration=15m',
  '--web.enable-remote-write-receiver',
  '--log.level=warn',
]

/** So that every window has more than one sample: what topk makes of ties is nobody's promise. */
const firstTurn = 4

/**
 * How often the real one is asked again where it differs. A 3.5 reuses the histograms of windows
 * while they are still read, and then answers otherwise from one time to the next; a steady answer
 * that is not ours is our fault.
 */
const repeats = 12

/** 3.5 refuses such a ratio only beside a series that it would apply to; 3.14 always. */
const refusedSince = 'Ratio value is NaN'

/** Where a sign made labels equal, 3.14 merges series that have no sample at the same time; 3.5 refuses them. */
const mergedSince = 'vector cannot contain metrics with the same labelset'

/** Where reset hints collide, 3.14 leaves the sum out with this warning; 3.5 adds. */
const collidesSince = 'conflicting counter resets during histogram'

interface Tally {
  answered: number
  unsteady: number
  histograms: number
  empty: number
  refused: number
}

describe.skipIf(peersAreAbsent)('the real Prometheus and we, fed alike,', () => {
  it(`answer ${queries} generated queries the same while data comes, late samples too`, {
    timeout: 240_000 + queries * 500,
  }, async () => {
    const directory = temporaryDirectory()
    const experimental = 'promql-experimental-functions'
    const ours = await startBuiltServer({
      directory,
      config,
      flags: [...flags, `--enable-feature=${experimental}`],
    })
    const theirs = await startPrometheus(
      temporaryDirectory(),
      [...flags, `--enable-feature=native-histograms,${experimental}`],
      config,
    )
    const asked = sampledQueries()
    const tally: Tally = { answered: 0, unsteady: 0, histograms: 0, empty: 0, refused: 0 }
    const differing: string[] = []
    const bodies = requests()
    for (let turn = 0; turn < turns + lateTurns; turn++) {
      for (const body of bodies[turn] ?? []) {
        for (const server of [ours, theirs]) await write(server, body)
      }
      // Most of them when everything is there.
      const share = turn < firstTurn ? 0 : Math.ceil(queries / turns / 3)
      const count = turn < turns ? share : queries
      for (const query of asked.splice(0, count)) {
        const found = await differences(ours, theirs, query, turn, tally)
        differing.push(...found.map((words) => `${query}\n    ${words}`))
      }
      if (turn === turns - 1) {
        await waitUntil('blocks were merged', () => (blocksOf(directory) < 3 ? undefined : true))
      }
    }
    console.log(`differential: ${JSON.stringify(tally)}`)
    expect(asked).toEqual([])
    expect(differing).toEqual([])
    expect(tally.answered).toBeGreaterThan(queries)
    expect(tally.histograms).toBeGreaterThan(queries / 4)
    expect(tally.unsteady).toBeLessThan(queries / 10)
  })
})

function sampledQueries(): string[] {
  const floats = fc.sample(generatedQuery, { seed, numRuns: Math.floor(queries / 3) })
  const others = fc.sample(generatedHistogramQuery, { seed, numRuns: queries - floats.length })
  // In turns, so that every state of the data sees both.
  return others.flatMap((query, index) =>
    index % 2 === 0 && floats[index / 2] !== undefined ? [query, floats[index / 2] ?? ''] : [query],
  )
}

/** As a range over all that is there, and at two moments of it. */
async function differences(
  ours: RealProcess,
  theirs: RealProcess,
  query: string,
  turn: number,
  tally: Tally,
): Promise<readonly string[]> {
  const endMs = startMs + (Math.min(turn, turns) + 1) * turnMs
  const range = { startMs: startMs + 3 * turnMs, endMs, stepMs: 97_000 }
  const found: string[] = []
  const moments: AskOptions[] = [
    range,
    { startMs: endMs - 7_000 },
    { startMs: startMs + 7 * minuteMs },
  ]
  for (const at of moments) {
    const [our, their] = [
      await askServer(ours.url, query, at),
      await askServer(theirs.url, query, at),
    ]
    if ('error' in our || 'error' in their) {
      tally.refused++
      const isSince =
        'error' in our
          ? our.error.includes(refusedSince)
          : 'error' in their && their.error === mergedSince && query.includes('-(')
      if ('error' in our !== 'error' in their && !isSince)
        found.push(JSON.stringify([our, their]).slice(0, 400))
      continue
    }
    tally[their.series.length === 0 ? 'empty' : 'answered']++
    if (their.series.some(({ histograms }) => histograms !== undefined)) tally.histograms++
    const fault = difference(their, our)
    if (fault === undefined || mayDiffer(query)) continue
    if (our.warnings.some((text) => text.includes(collidesSince))) continue
    if (await isUnsteady(theirs, query, at, their)) tally.unsteady++
    else found.push(`${JSON.stringify(at)} ${fault}`)
  }
  return found
}

async function isUnsteady(
  { url }: RealProcess,
  query: string,
  at: AskOptions,
  first: Asked,
): Promise<boolean> {
  for (let again = 0; again < repeats; again++) {
    const next = await askServer(url, query, at)
    if ('error' in next || difference(first, next) !== undefined) return true
  }
  return false
}

function blocksOf(directory: string): number {
  return readdirSync(join(directory, 'data')).filter(isUlid).length
}

/** The bodies of each turn: what lies in it, and of what was held back three turns before. */
function requests(): readonly (readonly Uint8Array[])[] {
  const floats = generatedStorage(11, startMs).series
  const histograms = generatedHistograms(12, startMs)
  const random = randoms(13)
  const turnOf = (timeMs: number, isLate: boolean) =>
    Math.floor((timeMs - startMs) / turnMs) + (isLate ? lateTurns : 0)
  const late = new Set<string>()
  const isLate = (labels: unknown, timeMs: number) => {
    const key = `${JSON.stringify(labels)} ${timeMs}`
    if (random.next().value < 0.06) late.add(key)
    return late.has(key)
  }
  const placedFloats = floats.map(({ labels, timestampsMs, values, count }) => ({
    labels: [...labels.entries()],
    values,
    turns: Array.from(timestampsMs.subarray(0, count), (timeMs) =>
      turnOf(timeMs, isLate([...labels.entries()], timeMs)),
    ),
    timestampsMs,
  }))
  const placedHistograms = histograms.map(({ labels, histograms: all }) => ({
    labels,
    all: all.map((one) => ({ one, turn: turnOf(one[0], isLate(labels, one[0])) })),
  }))
  return Array.from({ length: turns + lateTurns }, (_none, turn) => [
    remoteWriteBody(
      placedFloats.map((series) => {
        const places = [...series.turns.keys()].filter((place) => series.turns[place] === turn)
        return {
          labels: series.labels,
          timestampsMs: places.map((place) => series.timestampsMs[place] ?? 0),
          values: pick(series.values, places),
        }
      }),
    ),
    histogramBody(
      placedHistograms.map(({ labels, all }) => ({
        labels,
        histograms: all.filter((placed) => placed.turn === turn).map(({ one }) => one),
      })),
    ),
  ])
}

/** Column to column, so that stale markers keep their bits. */
function pick(values: Float64Array, places: readonly number[]): Float64Array {
  const picked = new Float64Array(places.length)
  places.forEach((place, index) => {
    picked.set(values.subarray(place, place + 1), index)
  })
  return picked
}

async function write({ url }: RealProcess, body: Uint8Array): Promise<void> {
  const headers = remoteWriteHeaders
  const response = await fetch(`${url}/api/v1/write`, { method: 'POST', headers, body })
  expect(`${response.status} ${await response.text()}`).toBe('204 ')
}
