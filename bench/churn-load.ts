import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BenchOptions } from './bench-options.ts'
import { type Contestant, contestants, type Running } from './contestants.ts'
import type { HeadWatch } from './head-watch.ts'
import { type Goal, printComparison } from './report.ts'
import { renderStorage } from './storage-data.ts'
import { demandStored } from './stored-samples.ts'
import { type Bodies, sendBodies, storeBodies } from './write-bodies.ts'

const stepMs = 20 * 60_000
const stepsPerHour = 3
const hourMs = stepsPerHour * stepMs
/** Of a hundred series each hour. */
const churnPercent = 5
const seriesPerPod = 500

export interface ChurnRun {
  readonly contestant: Contestant
  readonly folder: string
  readonly load: ChurnLoad
  readonly port: number
}

/** Measures each server that has a head under the same load, and prints the comparison. */
export async function compareUnderChurn<Figures extends object>(
  name: string,
  { hours, goals = [] }: { readonly hours: number; readonly goals?: readonly Goal[] },
  { series, seed, peersDirectory, port }: BenchOptions,
  measure: (run: ChurnRun) => Promise<Figures>,
): Promise<ReadonlyMap<string, Figures>> {
  const folder = mkdtempSync(join(tmpdir(), 'narthex-bench-'))
  try {
    const load = renderChurn(folder, { series, hours, seed })
    const results = new Map<string, Figures>()
    for (const contestant of contestants(peersDirectory)) {
      if (contestant.name === 'victoriametrics') continue
      results.set(contestant.name, await measure({ contestant, folder, load, port }))
      rmSync(join(folder, contestant.name), { recursive: true, force: true })
    }
    const title = `${series.toLocaleString('en')} series, ${churnPercent} % new each hour`
    printComparison(`${name}: ${title}, ${hours} h`, results, goals)
    return results
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Hours of samples of series that come and go, rendered before any server runs. */
export interface ChurnLoad {
  readonly bodies: Bodies
  readonly samples: number
  readonly hours: number
  readonly startMs: number
}

function renderChurn(
  folder: string,
  { series, hours, seed }: { series: number; hours: number; seed: number },
): ChurnLoad {
  const shape = {
    series,
    steps: hours * stepsPerHour,
    stepsPerBody: stepsPerHour,
    stepMs,
    lifeOf: (index: number, step: number) =>
      lifeOf(Math.floor(index / seriesPerPod), step / stepsPerHour),
  }
  const startMs = (Math.floor(Date.now() / hourMs) - hours) * hourMs
  const bodies = storeBodies(join(folder, 'bodies'), renderStorage(shape, startMs, seed))
  return { bodies, samples: series * shape.steps, hours, startMs }
}

/** Each hour another twentieth of the pods begins anew. */
function lifeOf(pod: number, hour: number): number {
  const places = 100 / churnPercent
  return Math.floor((hour + places - 1 - (pod % places)) / places)
}

/** Sends it, waiting for the head to be flushed after each hour; answers the seconds it took. */
export async function sendChurn(
  running: Running,
  { bodies, hours }: ChurnLoad,
  watch: HeadWatch,
): Promise<number> {
  const perHour = bodies.lengths.length / hours
  const beganMs = performance.now()
  await sendBodies(running, bodies, async (sent) => {
    if (sent % perHour === 0) await watch.settle()
  })
  return (performance.now() - beganMs) / 1_000
}

/** Throws where the server does not hold every sample. */
export async function demandChurn(running: Running, load: ChurnLoad): Promise<void> {
  const { startMs, hours, samples } = load
  await demandStored(running, () => samples, {
    startMs: startMs - 1,
    endMs: startMs + hours * hourMs,
  })
}
