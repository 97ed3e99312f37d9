import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSnappyCodec } from '../src/kernels/snappy.ts'
import type { BenchOptions } from './bench-options.ts'
import { type Contestant, contestants, start } from './contestants.ts'
import { usageOf } from './process-usage.ts'
import { type Goal, printComparison } from './report.ts'
import { seededRandom } from './seeded-random.ts'
import { demandPlaceable, filledBody, type SentShape, templateOf } from './sent-series.ts'
import { nextValue, stepMs } from './storage-data.ts'
import { demandStored } from './stored-samples.ts'
import { type Bodies, storeBodies } from './write-bodies.ts'
import { sendInLanes } from './write-lanes.ts'

/** Samples of a body. */
const perBody = 5_000
/** So many that a server sends for some seconds: the first one or two, while code is compiled, would decide otherwise. */
const samplesOfLoad = 12e6
const config = 'global: { scrape_interval: 1m }\n'

interface Load extends SentShape {
  readonly title: string
  readonly mode: string
  readonly series: number
  readonly steps: number
  /** Connections that send at a time. */
  readonly lanes: number
  /** Each body has its series in another order than the one before. */
  readonly isShuffled: boolean
  readonly goals: readonly Goal[]
}

interface Figures {
  readonly 'samples/s accepted': number
  readonly 'CPU s per million samples': number
  readonly 'CPU s per million new series': number
  readonly 'resident MiB': number
  readonly 'peak resident MiB': number
}

const cpu = 'CPU s per million samples'

/**
 * `npm run bench -- write`: remote-write bodies of 5,000 series with a sample each, as senders make
 * them, of both versions, as fast as each server takes them; then from 200 senders in turns, with
 * exemplars, and no series where the body before had it. New series are measured by themselves.
 */
export async function benchWrite(options: BenchOptions): Promise<boolean> {
  const chosen = loads(options.series).filter(
    ({ mode }) => options.mode === 'steady' || options.mode === mode,
  )
  for (const load of chosen) {
    const folder = mkdtempSync(join(tmpdir(), 'narthex-bench-'))
    const startMs = Math.floor(Date.now() / stepMs) * stepMs - load.steps * stepMs
    try {
      const bodies = storeBodies(join(folder, 'bodies'), render(load, startMs, options.seed))
      const results = new Map<string, Figures>()
      for (const contestant of contestants(options.peersDirectory)) {
        if (load.message === 2 && contestant.name === 'victoriametrics') continue
        const figures = await measure(contestant, folder, bodies, { load, startMs, options })
        results.set(contestant.name, figures)
        console.log(`  ${JSON.stringify(figures)}`)
        rmSync(join(folder, contestant.name), { recursive: true, force: true })
      }
      printComparison(`write: ${load.title}`, results, load.goals)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }
  return true
}

/** 100,000 series and as many as asked for, of both versions; VictoriaMetrics takes version 1. */
function loads(series: number): readonly Load[] {
  const plain = { seriesPerBody: perBody, exemplarOf: 0, lanes: 4, isShuffled: false }
  const goals: readonly Goal[] = [
    { figure: cpu, peer: 'prometheus', words: '<= 0.25' },
    { figure: cpu, peer: 'victoriametrics', words: '<= 0.8' },
    { figure: 'samples/s accepted', peer: 'prometheus', words: '>= 3' },
    { figure: 'resident MiB', peer: 'prometheus', words: '<= 0.4' },
  ]
  const sizes = [...new Set([Math.min(100_000, series), series])]
  const steady = sizes.flatMap((count) =>
    ([1, 2] as const).map((message) => ({
      ...plain,
      title: `version ${message}, ${count.toLocaleString('en')} series`,
      mode: `v${message}`,
      message,
      series: count,
      steps: Math.max(4, Math.round(samplesOfLoad / count)),
      goals,
    })),
  )
  const many: Load = {
    ...plain,
    title: `200 senders, exemplars, in no order, ${series.toLocaleString('en')} series`,
    mode: 'many',
    message: 1,
    seriesPerBody: Math.min(perBody, series / 200),
    series,
    steps: 4,
    lanes: 200,
    isShuffled: true,
    exemplarOf: 10,
    goals: [{ figure: cpu, peer: 'prometheus', words: '<= 1' }],
  }
  return [...steady, many]
}

function* render(load: Load, startMs: number, seed: number): Generator<Uint8Array> {
  const snappy = createSnappyCodec()
  const random = seededRandom(seed)
  const values = Float64Array.from({ length: load.series }, () => Math.floor(random() * 1e6))
  const templates = []
  for (let first = 0; first < load.series; first += load.seriesPerBody) {
    templates.push(templateOf(load, first, Math.min(first + load.seriesPerBody, load.series)))
  }
  for (let step = 0; step < load.steps; step++) {
    const timestampMs = startMs + step * stepMs
    demandPlaceable(timestampMs)
    for (const [number, template] of templates.entries()) {
      const order = Uint32Array.from({ length: template.starts.length - 1 }, (_, index) => index)
      if (load.isShuffled) shuffle(order, random)
      const first = number * load.seriesPerBody
      const nextOf = (series: number) => nextValue(values, first + series, random())
      yield snappy.compress(filledBody(template, order, timestampMs, nextOf)).slice()
    }
  }
}

function shuffle(order: Uint32Array, random: () => number): void {
  for (let at = order.length - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1))
    const moved = order[at] ?? 0
    order[at] = order[other] ?? 0
    order[other] = moved
  }
}

interface Run {
  readonly load: Load
  readonly startMs: number
  readonly options: BenchOptions
}

async function measure(
  contestant: Contestant,
  folder: string,
  bodies: Bodies,
  { load, startMs, options }: Run,
): Promise<Figures> {
  const flags = load.exemplarOf > 0 ? ['--enable-feature=exemplar-storage'] : []
  const running = await start(withFlags(contestant, flags), folder, options.port, config)
  console.log(`${contestant.name}: ${contestant.version}\n  ${running.flags.join(' ')}`)
  try {
    const perStep = Math.ceil(load.series / load.seriesPerBody)
    const how = { message: load.message, lanes: Math.min(load.lanes, perStep), perStep }
    const before = usageOf(running.pid)
    await sendInLanes(running, bodies, { from: 0, end: perStep }, how)
    const created = usageOf(running.pid)
    const beganMs = performance.now()
    await sendInLanes(running, bodies, { from: perStep, end: bodies.lengths.length }, how)
    const seconds = (performance.now() - beganMs) / 1_000
    const loaded = usageOf(running.pid)
    console.log(`  sent in ${Math.round(seconds)} s`)
    const range = { startMs: startMs - 1, endMs: startMs + load.steps * stepMs }
    await demandStored(running, () => load.series * load.steps, range)
    const samples = load.series * (load.steps - 1)
    return {
      'samples/s accepted': samples / seconds,
      'CPU s per million samples': (loaded.cpuSeconds - created.cpuSeconds) / (samples / 1e6),
      'CPU s per million new series':
        (created.cpuSeconds - before.cpuSeconds) / (load.series / 1e6),
      'resident MiB': loaded.residentBytes / 2 ** 20,
      'peak resident MiB': loaded.peakResidentBytes / 2 ** 20,
    }
  } finally {
    await running.stop()
  }
}

/** VictoriaMetrics keeps no exemplars, and has no such flag. */
function withFlags(contestant: Contestant, flags: readonly string[]): Contestant {
  if (contestant.name === 'victoriametrics') return contestant
  return { ...contestant, command: (place) => [...contestant.command(place), ...flags] }
}
