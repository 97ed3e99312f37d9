import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { BenchOptions } from './bench-options.ts'
import { type Contestant, contestants, type Running, start } from './contestants.ts'
import { directoryBytes, usageOf } from './process-usage.ts'
import { ask, parseAnswer } from './query-client.ts'
import { printComparison } from './report.ts'
import { renderStorage, type StorageShape, stepMs } from './storage-data.ts'
import { demandStored } from './stored-samples.ts'
import { type Bodies, sendBodies, storeBodies } from './write-bodies.ts'

const shapes: readonly StorageShape[] = [
  { series: 1_000_000, steps: 30, stepsPerBody: 5 },
  { series: 100_000, steps: 480, stepsPerBody: 10 },
]
const config = 'global: { scrape_interval: 1m }\n'

interface Figures {
  readonly 'samples/s accepted': number
  readonly 'CPU s per million samples': number
  readonly 'resident bytes per series': number
  readonly 'peak resident MiB': number
  readonly 'bytes per sample in a block': number
  readonly 'ms from kill -9 to the first right answer': number
}

/**
 * `npm run bench -- storage`: a million series with few samples, then fewer with many, by remote
 * write to each server in turn; what a block of them takes, and how long a killed server is away.
 */
export async function benchStorage(options: BenchOptions): Promise<boolean> {
  for (const shape of shapes) {
    const folder = mkdtempSync(join(tmpdir(), 'narthex-bench-'))
    const startMs = Math.floor(Date.now() / stepMs) * stepMs - shape.steps * stepMs
    try {
      const bodies = storeBodies(
        join(folder, 'bodies'),
        renderStorage(shape, startMs, options.seed),
      )
      const results = new Map<string, Figures>()
      for (const contestant of contestants(options.peersDirectory)) {
        results.set(
          contestant.name,
          await measure(contestant, folder, bodies, { shape, startMs, options }),
        )
        rmSync(join(folder, contestant.name), { recursive: true, force: true })
      }
      const title = `${shape.series.toLocaleString('en')} series x ${shape.steps} samples`
      printComparison(`storage: ${title} by remote write`, results)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }
  return true
}

interface Run {
  readonly shape: StorageShape
  readonly startMs: number
  readonly options: BenchOptions
}

async function measure(
  contestant: Contestant,
  folder: string,
  bodies: Bodies,
  { shape, startMs, options }: Run,
): Promise<Figures> {
  const samples = shape.series * shape.steps
  const range = { startMs: startMs - 1, endMs: startMs + shape.steps * stepMs }
  let running = await start(contestant, folder, options.port, config)
  console.log(`${contestant.name}: ${contestant.version}\n  ${running.flags.join(' ')}`)
  try {
    const before = usageOf(running.pid)
    const beganMs = performance.now()
    await sendBodies(running, bodies)
    const seconds = (performance.now() - beganMs) / 1_000
    const loaded = usageOf(running.pid)
    await demandStored(running, () => samples, range)
    const blockBytes = await snapshotBytes(running)
    // What is still to be written would be, while the next start is measured: more for who was faster.
    execFileSync('sync')
    await running.kill()
    const killedMs = performance.now()
    running = await start(contestant, folder, options.port, config)
    await firstRightAnswer(running, shape.series, range.endMs - stepMs)
    const awayMs = performance.now() - killedMs
    await demandStored(running, () => samples, range)
    return {
      'samples/s accepted': samples / seconds,
      'CPU s per million samples': (loaded.cpuSeconds - before.cpuSeconds) / (samples / 1e6),
      'resident bytes per series': (loaded.residentBytes - before.residentBytes) / shape.series,
      'peak resident MiB': loaded.peakResidentBytes / 2 ** 20,
      'bytes per sample in a block': blockBytes / samples,
      'ms from kill -9 to the first right answer': awayMs,
    }
  } finally {
    await running.stop()
  }
}

/** Of the block that the server makes of its head; VictoriaMetrics: of its files after a flush. */
async function snapshotBytes(running: Running): Promise<number> {
  if (running.contestant.name === 'victoriametrics') {
    await fetch(`${running.url}/internal/force_flush`)
    await fetch(`${running.url}/internal/force_merge`)
    await wait(5_000)
    return directoryBytes(running.dataDirectory)
  }
  const response = await fetch(`${running.url}/api/v1/admin/tsdb/snapshot`, { method: 'POST' })
  const { data }: { readonly data: { readonly name: string } } = JSON.parse(await response.text())
  const folder = join(running.dataDirectory, 'snapshots', data.name)
  if (readdirSync(folder).length === 0) throw new Error('the snapshot has no block: void')
  return directoryBytes(folder)
}

async function firstRightAnswer(running: Running, series: number, timeMs: number): Promise<void> {
  const query = 'count({cluster="eu-west-1"})'
  for (const deadlineMs = Date.now() + 300_000; Date.now() < deadlineMs; await wait(20)) {
    const answer = parseAnswer(await ask(running, { query, startMs: timeMs, endMs: timeMs }))
    for (const points of answer.values())
      for (const value of points.values()) if (value === series) return
  }
  throw new Error(`${running.contestant.name} does not answer right after its restart: void`)
}
