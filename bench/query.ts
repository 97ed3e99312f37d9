import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BenchOptions } from './bench-options.ts'
import { type Contestant, contestants, type Running, start } from './contestants.ts'
import { directoryBytes, usageOf } from './process-usage.ts'
import { type Answer, ask, type BenchQuery, firstDifference, parseAnswer } from './query-client.ts'
import { renderBodies, sampleCount, stepCount, stepMs } from './query-data.ts'
import { histogramCount, renderHistograms } from './query-histograms.ts'
import { querySet } from './query-set.ts'
import { machine, printComparison, short, table } from './report.ts'
import { demandStored } from './stored-samples.ts'
import { warmClient } from './warm-client.ts'
import { type Bodies, sendBodies, sendBody, storeBodies } from './write-bodies.ts'

const runsPerQuery = 5

interface LoadFigures {
  readonly 'samples/s accepted': number
  readonly 'CPU s per million samples': number
  readonly 'resident MiB after the load': number
  readonly 'resident MiB peak while querying': number
  readonly 'bytes per sample on disk': number
}

interface Measured {
  readonly load: LoadFigures
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
    const { seed } = options
    const load = {
      folder,
      startMs,
      floats: storeBodies(join(folder, 'bodies'), renderBodies(startMs, seed)),
      histograms: [...renderHistograms(startMs, seed)],
    }
    await warmClient()
    for (const contestant of contestants(options.peersDirectory)) {
      results.set(contestant.name, await measure(contestant, load, options))
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

interface Load {
  readonly folder: string
  readonly startMs: number
  readonly floats: Bodies
  /** As many as there are blocks of float bodies, to be sent behind each. */
  readonly histograms: readonly Uint8Array[]
}

async function measure(
  contestant: Contestant,
  { folder, startMs, floats, histograms }: Load,
  options: BenchOptions,
): Promise<Measured> {
  const running = await start(contestant, folder, options.port, 'global: { scrape_interval: 1m }\n')
  console.log(`${contestant.name}: ${contestant.version}\n  ${running.flags.join(' ')}`)
  try {
    const beganMs = performance.now()
    const before = usageOf(running.pid)
    const { keepsHistograms } = contestant
    const bodiesPerBlock = floats.lengths.length / histograms.length
    await sendBodies(running, floats, async (sent) => {
      const body = histograms[sent / bodiesPerBlock - 1]
      if (keepsHistograms && body !== undefined) await sendBody(running, body)
    })
    const seconds = (performance.now() - beganMs) / 1_000
    const loaded = usageOf(running.pid)
    await demandStored(running, () => sampleCount + (keepsHistograms ? histogramCount : 0), {
      startMs: startMs - 1,
      endMs: startMs + stepCount * stepMs,
    })
    const bench = querySet.map(({ query, step, ofHistograms = false }): BenchQuery | undefined =>
      ofHistograms && !keepsHistograms
        ? undefined
        : {
            query,
            startMs: startMs + 3_600_000,
            endMs: startMs + (stepCount - 1) * stepMs,
            ...(step === undefined ? {} : { stepSeconds: step }),
          },
    )
    const { answers, milliseconds } = await askAll(running, bench)
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

/** Each once for its answer, and then for its time; those that are none of this server's are skipped. */
async function askAll(
  running: Running,
  bench: readonly (BenchQuery | undefined)[],
): Promise<Pick<Measured, 'answers' | 'milliseconds'>> {
  const answers: Answer[] = []
  const milliseconds: number[] = []
  for (const query of bench) {
    if (query === undefined) {
      answers.push(new Map())
      milliseconds.push(Number.NaN)
      continue
    }
    answers.push(parseAnswer(await ask(running, query)))
    milliseconds.push(await medianMilliseconds(running, query))
  }
  return { answers, milliseconds }
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
  for (const kind of ['range', 'instant'] as const) {
    const mean = (other: Measured) => geometricMean(ratiosOf(kind, ours, other))
    const most = Math.max(...ratiosOf(kind, ours, prometheus))
    console.log(
      `${kind} queries, geometric mean: ${short(mean(prometheus))} of prometheus (${short(most)} at most), ${short(mean(victoria))} of victoriametrics`,
    )
  }
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

/** Our times by another's, of the queries that it was asked. */
function ratiosOf(kind: 'range' | 'instant', ours: Measured, other: Measured): readonly number[] {
  return querySet.flatMap(({ step }, index) => {
    const ratio =
      (ours.milliseconds[index] ?? Number.NaN) / (other.milliseconds[index] ?? Number.NaN)
    return (step === undefined) === (kind === 'instant') && Number.isFinite(ratio) ? [ratio] : []
  })
}

function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length)
}
