import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { createSnappyCodec } from '../src/kernels/snappy.ts'
import type { BenchOptions } from './bench-options.ts'
import { type Contestant, contestants, type Running, start } from './contestants.ts'
import { machine, short, table } from './report.ts'
import { filledBody, templateOf } from './sent-series.ts'
import { stepMs } from './storage-data.ts'
import { warmClient } from './warm-client.ts'
import { storeBodies } from './write-bodies.ts'
import { sendInLanes } from './write-lanes.ts'

const perBody = 5_000
/** So long both servers have nothing to do before they are asked for the second time: as one that runs. */
const restMs = 30_000
/** Code that was never asked for before, and that of a server which dashboards ask again and again. */
const moments = [
  { title: 'asked first, right behind the load', rounds: 5 },
  { title: `asked again, after ${restMs / 1_000} s of rest`, rounds: 50 },
] as const
const config = 'global: { scrape_interval: 1m }\n'

interface Call {
  readonly path: string
  readonly parameters: Readonly<Record<string, string>>
}

const calls: readonly Call[] = [
  { path: 'labels', parameters: {} },
  { path: 'labels', parameters: { 'match[]': 'metric_1_total' } },
  { path: 'label/__name__/values', parameters: {} },
  { path: 'label/pod/values', parameters: {} },
  { path: 'label/path/values', parameters: {} },
  { path: 'label/path/values', parameters: { 'match[]': 'metric_2_total' } },
  { path: 'label/pod/values', parameters: { 'match[]': '{job="job-3"}' } },
  { path: 'label/instance/values', parameters: { 'match[]': '{namespace=~"namespace-1.*"}' } },
  { path: 'series', parameters: { 'match[]': 'metric_3_total' } },
  { path: 'series', parameters: { 'match[]': '{pod="pod-77"}' } },
  { path: 'series', parameters: { 'match[]': '{job="job-1",container=~"container-1.*"}' } },
  { path: 'series', parameters: { 'match[]': '{job="job-2"}', limit: '100' } },
  { path: 'metadata', parameters: {} },
  { path: 'status/tsdb', parameters: {} },
]

interface Answered {
  readonly milliseconds: number
  /** The answer without the order of what has none, and without what says how much memory it took. */
  readonly text: string
}

/**
 * `npm run bench -- api`: what Grafana asks for its variables, its label browser and cardinality,
 * with all series in the head. An answer that is not Prometheus' makes it fail.
 */
export async function benchApi(options: BenchOptions): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'narthex-bench-'))
  const startMs = Math.floor(Date.now() / stepMs) * stepMs - stepMs
  try {
    const bodies = storeBodies(join(folder, 'bodies'), render(options.series, startMs))
    const asked = new Map<string, readonly (readonly Answered[])[]>()
    await warmClient()
    for (const contestant of contestants(options.peersDirectory)) {
      if (contestant.name === 'victoriametrics') continue
      asked.set(contestant.name, await measure(contestant, folder, bodies, startMs, options))
    }
    return moments
      .map(({ title, rounds }, index) => {
        const [ours, theirs] = ['narthex', 'prometheus'].map((name) => asked.get(name)?.[index])
        const series = `${options.series.toLocaleString('en')} series`
        return report(`${series}, ${title}, median of ${rounds}`, ours, theirs)
      })
      .every((agrees) => agrees)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function* render(series: number, startMs: number): Generator<Uint8Array> {
  const snappy = createSnappyCodec()
  const shape = { message: 1, seriesPerBody: perBody, exemplarOf: 0 } as const
  for (let first = 0; first < series; first += perBody) {
    const template = templateOf(shape, first, Math.min(first + perBody, series))
    const order = Uint32Array.from({ length: template.starts.length - 1 }, (_, index) => index)
    yield snappy.compress(filledBody(template, order, startMs, (index) => index)).slice()
  }
}

async function measure(
  contestant: Contestant,
  folder: string,
  bodies: ReturnType<typeof storeBodies>,
  startMs: number,
  options: BenchOptions,
): Promise<readonly (readonly Answered[])[]> {
  const running = await start(contestant, folder, options.port, config)
  console.log(`${contestant.name}: ${contestant.version}\n  ${running.flags.join(' ')}`)
  try {
    const all = { from: 0, end: bodies.lengths.length }
    await sendInLanes(running, bodies, all, { message: 1, lanes: 1, perStep: all.end })
    const [first, again] = moments
    const answers = await askAll(running, startMs, first.rounds)
    await pause(restMs)
    return [answers, await askAll(running, startMs, again.rounds)]
  } finally {
    await running.stop()
  }
}

async function askAll(
  running: Running,
  startMs: number,
  rounds: number,
): Promise<readonly Answered[]> {
  const answers: Answered[] = []
  for (const call of calls) answers.push(await timed(running, call, startMs, rounds))
  return answers
}

/** The median of some rounds. */
async function timed(
  running: Running,
  call: Call,
  startMs: number,
  rounds: number,
): Promise<Answered> {
  const query = new URLSearchParams({ ...call.parameters, ...times(call, startMs) })
  const took: number[] = []
  let text = ''
  for (let round = 0; round < rounds; round++) {
    const beganMs = performance.now()
    const response = await fetch(`${running.url}/api/v1/${call.path}?${query}`)
    text = await response.text()
    took.push(performance.now() - beganMs)
    if (!response.ok) throw new Error(`${running.contestant.name}: ${call.path}: ${text}`)
  }
  took.sort((a, b) => a - b)
  return { milliseconds: took[rounds >> 1] ?? 0, text: canonical(call, text) }
}

function times({ path }: Call, startMs: number): Readonly<Record<string, string>> {
  if (!/^(label|series)/.test(path)) return {}
  return { start: String((startMs - 300_000) / 1_000), end: String((startMs + 60_000) / 1_000) }
}

function canonical({ path, parameters }: Call, text: string): string {
  const { data }: { readonly data: unknown } = JSON.parse(text)
  if (Array.isArray(data)) {
    // Which ones a limit leaves is nobody's promise.
    if (parameters.limit !== undefined) return String(data.length)
    return JSON.stringify(data.map((one) => JSON.stringify(one)).sort())
  }
  if (path !== 'status/tsdb') return JSON.stringify(data)
  return JSON.stringify(data, (key, value) => {
    if (key === 'memoryInBytesByLabelName') return undefined
    // Of equal counts any may be among the ten.
    if (Array.isArray(value)) return value.map((one: { value: number }) => one.value)
    return value
  })
}

function report(
  title: string,
  ours: readonly Answered[] = [],
  theirs: readonly Answered[] = [],
): boolean {
  console.log(`\napi: ${title}, milliseconds`)
  console.log(machine())
  let isEqual = true
  const rows = calls.map((call, index) => {
    const [own, other] = [ours[index], theirs[index]]
    const [ownMs, otherMs] = [own?.milliseconds ?? 0, other?.milliseconds ?? 0]
    const agrees = own?.text === other?.text
    if (!agrees) {
      isEqual = false
      console.log(`${call.path}: ${own?.text.slice(0, 500)}\n  there: ${other?.text.slice(0, 500)}`)
    }
    const name = [call.path, ...Object.values(call.parameters)].join(' ')
    const ratio = short(ownMs / otherMs)
    return [name, short(ownMs), short(otherMs), ratio, '<= 1', agrees ? 'agrees' : 'differs']
  })
  table(['', 'narthex', 'prometheus', '/ prometheus', 'wanted', 'answer'], rows)
  return isEqual
}
