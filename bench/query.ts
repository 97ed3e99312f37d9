import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BenchOptions } from './bench-options.ts'
import { type Contestant, contestants, type Running, start } from './contestants.ts'
import { directoryBytes, usageOf } from './process-usage.ts'
import { type Answer, ask, type BenchQuery, firstDifference, parseAnswer } from './query-client.ts'
import { renderBodies, sampleCount, stepCount, stepMs } from './query-data.ts'
import { querySet } from './query-set.ts'
import { machine, printComparison, short, table } from './report.ts'
import { demandStored } from './stored-samples.ts'
import { type Bodies, sendBodies, storeBodies } from './write-bodies.ts'

const runsPerQuery = 5

interface Load {
  readonly 'samples/s accepted': number
  readonly 'CPU s per million samples': number
  readonly 'resident MiB after the load': number
  readonly 'resident MiB peak while querying': number
  readonly 'bytes per sample on disk': number
}

interface Measured {
  readonly load: Load
  readonly milliseconds: readonly number[]
  readonly answers: readonly Answer[]
}

/**
 * `npm run bench -- query`: 10,000 series of six hours by remote write, then the query set against
 * each server in turn. False when an answer of ours differs from Prometheus', or one of its is empty.
 */
export async function benchQuery(options: BenchOptions): Promise<boolean> {
  const startMs = Math.floor(Date.now() / stepMs) * stepMs - stepCount * stepMs
  const folder = mkdtempSync(join(tmpdir(), 'narthex-bench-'))
  const results = new Map<string, Measured>()
  try {
    const bodies = storeBodies(join(folder, 'bodies'), renderBodies(startMs, options.seed))
    for (const contestant of contestants(options.peersDirectory)) {
      results.set(contestant.name, await measure(contestant, folder, bodies, startMs, options))
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  printComparison(
    `load: ${sampleCount.toLocaleString('en')} samples by remote write`,
    new Map([...results].map(([name, { load }]) => [name, load])),
  )
  return printQueries(results)
}

async function measure(
  contestant: Contestant,
  folder: string,
  bodies: Bodies,
  startMs: number,
  options: BenchOptions,
): Promise<Measured> {
  const running = await start(contestant, folder, options.port, 'global: { scrape_interval: 1m }\n')
  console.log(`${contestant.name}: ${contestant.version}\n  ${running.flags.join(' ')}`)
  try {
    const beganMs = performance.now()
    const before = usageOf(running.pid)
    await sendBodies(running, bodies)
    const seconds = (performance.now() - beganMs) / 1_000
    const loaded = usageOf(running.pid)
    await demandStored(running, sampleCount, {
      startMs: startMs - 1,
      endMs: startMs + stepCount * stepMs,
    })
    const bench = querySet.map(
      ({ query, step }): BenchQuery => ({
        query,
        startMs: startMs + 3_600_000,
        endMs: startMs + (stepCount - 1) * stepMs,
        ...(step === undefined ? {} : { stepSeconds: step }),
      }),
    )
    const answers: Answer[] = []
    const milliseconds: number[] = []
    for (const query of bench) {
      answers.push(parseAnswer(await ask(running, query)))
      milliseconds.push(await medianMilliseconds(running, query))
    }
    const peak = usageOf(running.pid).peakResidentBytes
    await running.stop()
    return {
      load: {
        'samples/s accepted': sampleCount / seconds,
        'CPU s per million samples': (loaded.cpuSeconds - before.cpuSeconds) / (sampleCount / 1e6),
        'resident MiB after the load': loaded.residentBytes / 2 ** 20,
        'resident MiB peak while querying': peak / 2 ** 20,
        'bytes per sample on disk': directoryBytes(running.dataDirectory) / sampleCount,
      },
      milliseconds,
      answers,
    }
  } finally {
    await running.stop()
  }
}

async function medianMilliseconds(running: Running, query: BenchQuery): Promise<number> {
  const times: number[] = []
  for (let run = 0; run < runsPerQuery; run++) {
    const beganMs = performance.now()
    await ask(running, query)
    times.push(performance.now() - beganMs)
  }
  return times.sort((a, b) => a - b)[Math.floor(runsPerQuery / 2)] ?? Number.NaN
}

function printQueries(results: ReadonlyMap<string, Measured>): boolean {
  const [ours, prometheus, victoria] = ['narthex', 'prometheus', 'victoriametrics'].map((name) =>
    results.get(name),
  )
  if (ours === undefined || prometheus === undefined || victoria === undefined)
    throw new Error('a server was not measured')
  let agree = true
  const rows = querySet.map(({ query }, index) => {
    const [own, theirs, other] = [ours, prometheus, victoria].map(
      ({ milliseconds }) => milliseconds[index] ?? Number.NaN,
    )
    const verdict = verdictOf(ours.answers[index], prometheus.answers[index])
    if (verdict !== 'agrees') agree = false
    return [
      query,
      short(own ?? 0),
      short(theirs ?? 0),
      short(other ?? 0),
      short((own ?? 0) / (theirs ?? 0)),
      short((own ?? 0) / (other ?? 0)),
      verdict,
      sameAs(ours.answers[index], victoria.answers[index]),
    ]
  })
  console.log(`\nqueries: median of ${runsPerQuery}, milliseconds\n${machine()}`)
  table(
    [
      '',
      'narthex',
      'prometheus',
      'victoriametrics',
      '/ prometheus',
      '/ victoriametrics',
      'prometheus',
      'victoriametrics',
    ],
    rows,
  )
  const mean = (other: Measured) =>
    geometricMean(
      ours.milliseconds.map((own, index) => own / (other.milliseconds[index] ?? Number.NaN)),
    )
  console.log(
    `geometric mean: ${short(mean(prometheus))} of prometheus, ${short(mean(victoria))} of victoriametrics`,
  )
  return agree
}

function verdictOf(ours: Answer | undefined, theirs: Answer | undefined): string {
  if (ours === undefined || theirs === undefined) return 'not asked'
  if (theirs.size === 0) return 'EMPTY THERE'
  return firstDifference(ours, theirs) === undefined
    ? 'agrees'
    : `DIFFERS: ${firstDifference(ours, theirs)}`
}

/** VictoriaMetrics means other things by rate and staleness: a difference is told, not judged. */
function sameAs(ours: Answer | undefined, theirs: Answer | undefined): string {
  if (ours === undefined || theirs === undefined) return 'not asked'
  return firstDifference(ours, theirs) === undefined ? 'agrees' : 'differs'
}

function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length)
}
