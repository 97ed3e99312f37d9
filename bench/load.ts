import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { BenchOptions } from './bench-options.ts'
import { type Contestant, contestants, type Running, start } from './contestants.ts'
import { probeHealth } from './health-probe.ts'
import { usageOf } from './process-usage.ts'
import { ask, type BenchQuery } from './query-client.ts'
import { renderBodies, stepCount, stepMs } from './query-data.ts'
import { printComparison } from './report.ts'
import { punctuality, scrapeConfig, startTargets, stats } from './scraped-targets.ts'
import { type Metrics, metricsOf } from './server-metrics.ts'
import { type Bodies, sendBodies, storeBodies } from './write-bodies.ts'

/** The heaviest of the query bench: all series, long answers, joins. */
const heaviest: readonly { readonly query: string; readonly step?: number }[] = [
  { query: 'rate(http_requests_total[5m])', step: 60 },
  { query: 'sum by (instance) (rate(node_cpu_seconds_total[5m]))', step: 60 },
  {
    query:
      'histogram_quantile(0.9, sum by (le, handler) (rate(http_request_duration_seconds_bucket[5m])))',
    step: 60,
  },
  { query: 'count by (instance) (node_cpu_seconds_total)', step: 60 },
  {
    query:
      'http_requests_total / on (instance, handler) group_left http_request_duration_seconds_count',
    step: 60,
  },
  { query: 'http_request_duration_seconds_bucket[85m]' },
]
const clients = 20
/** Until every target was scraped and every query ran once. */
const warmUpMs = 10_000
const ruleEveryMs = 1_000

/** What a rule may take, a scrape may be late, and the event loop may hang: see README. */
const goals = { ruleMs: 200, loopP99Ms: 50 } as const

interface LoadFigures {
  readonly 'heavy queries/s': number
  readonly 'failed queries': number
  readonly 'rule evaluations': number
  readonly 'slowest rule, ms': number
  readonly 'missed rule iterations': number
  readonly 'missed scrapes': number
  readonly 'late scrapes': number
  readonly 'latest scrape, ms': number
  readonly 'event loop p99, ms': number
  readonly 'event loop longest, ms': number
  readonly 'healthy p99, ms': number
  readonly 'CPU s': number
  readonly 'peak resident MiB': number
}

/**
 * `npm run bench -- load`: 20 clients ask the heaviest queries in a loop while 200 targets are scraped
 * at 1 s and a rule is evaluated each second. False where ours misses its goals.
 */
export async function benchLoad(options: BenchOptions): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'narthex-bench-'))
  const startMs = Math.floor(Date.now() / stepMs) * stepMs - stepCount * stepMs
  const results = new Map<string, LoadFigures>()
  try {
    const bodies = storeBodies(join(folder, 'bodies'), renderBodies(startMs, options.seed))
    for (const contestant of contestants(options.peersDirectory)) {
      if (contestant.name === 'victoriametrics') continue
      results.set(contestant.name, await measure(contestant, { folder, startMs, bodies, options }))
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  const { targets, seconds } = options
  printComparison(
    `load: ${clients} heavy queries at once, a rule each second, ${targets} targets at 1 s, ${seconds} s`,
    results,
  )
  const ours = results.get('narthex')
  if (ours === undefined) throw new Error('narthex was not measured')
  return (
    ours['slowest rule, ms'] <= goals.ruleMs &&
    ours['late scrapes'] === 0 &&
    ours['event loop p99, ms'] < goals.loopP99Ms
  )
}

interface Load {
  readonly folder: string
  readonly startMs: number
  readonly bodies: Bodies
  readonly options: BenchOptions
}

async function measure(contestant: Contestant, load: Load): Promise<LoadFigures> {
  const { folder, startMs, bodies, options } = load
  const { targets, port } = await startTargets(options)
  const rules = join(folder, 'rules.yml')
  writeFileSync(
    rules,
    `groups: [{ name: load, interval: 1s, rules: [{ record: "zone:up:sum", expr: "sum by (job) (up)" }] }]\n`,
  )
  const config = `${scrapeConfig(port, options.targets)}rule_files: [${rules}]\n`
  try {
    const running = await start(contestant, folder, options.port, 'global: {}\n')
    console.log(`${contestant.name}: ${contestant.version}\n  ${running.flags.join(' ')}`)
    try {
      // Old samples first: behind those of the scrapes they would be out of bounds.
      await sendBodies(running, bodies)
      writeFileSync(join(folder, contestant.name, 'config.yml'), config)
      process.kill(running.pid, 'SIGHUP')
      return await measureRunning(running, port, startMs, options.seconds)
    } finally {
      await running.stop()
    }
  } finally {
    targets.kill()
  }
}

async function measureRunning(
  running: Running,
  targetPort: number,
  startMs: number,
  seconds: number,
): Promise<LoadFigures> {
  const clientsEnd = startClients(running, startMs)
  await wait(warmUpMs)
  const endProbe = probeHealth(running.url)
  // Reading the metrics begins the event loop's figures anew.
  const [before, usageBefore, beganMs] = [
    await metricsOf(running),
    usageOf(running.pid),
    Date.now(),
  ]
  const answeredBefore = clientsEnd.answered()
  const endRules = watchRules(running)
  await wait(seconds * 1_000)
  const endedMs = Date.now()
  const [slowestRule, health] = [endRules(), await endProbe()]
  const [after, usage, answered] = [
    await metricsOf(running),
    usageOf(running.pid),
    clientsEnd.answered(),
  ]
  const { failed } = await clientsEnd.end()
  const gained = (name: string) => after(name, sum) - before(name, sum)
  return {
    'heavy queries/s': (answered - answeredBefore) / ((endedMs - beganMs) / 1_000),
    'failed queries': failed,
    'rule evaluations': gained('prometheus_rule_evaluations_total'),
    'slowest rule, ms': slowestRule,
    'missed rule iterations': gained('prometheus_rule_group_iterations_missed_total'),
    ...punctuality(await stats(targetPort), beganMs, endedMs),
    ...loopOf(running, after),
    'healthy p99, ms': health.p99,
    'CPU s': usage.cpuSeconds - usageBefore.cpuSeconds,
    'peak resident MiB': usage.peakResidentBytes / 2 ** 20,
  }
}

const sum = (a: number, b: number) => a + b

/** Node's alone; NaN where there is no event loop. */
function loopOf({ contestant }: Running, metrics: Metrics) {
  const of = (name: string) =>
    contestant.name === 'narthex'
      ? metrics(`nodejs_eventloop_lag_${name}_seconds`, sum) * 1_000
      : NaN
  return { 'event loop p99, ms': of('p99'), 'event loop longest, ms': of('max') }
}

/** Each asks the next query as soon as the one before is answered. */
function startClients(running: Running, startMs: number) {
  let [answered, failed, isOver] = [0, 0, false]
  const client = async (first: number) => {
    for (let turn = first; !isOver; turn++) {
      const { query, step } = heaviest[turn % heaviest.length] ?? { query: '1' }
      const bench: BenchQuery = {
        query,
        startMs: startMs + 3_600_000,
        endMs: startMs + (stepCount - 1) * stepMs,
        ...(step === undefined ? {} : { stepSeconds: step }),
      }
      try {
        await ask(running, bench)
        answered++
      } catch (thrown) {
        if (failed++ === 0) console.log(`  ${String(thrown)}`)
      }
    }
  }
  const all = Promise.all(Array.from({ length: clients }, (_none, index) => client(index)))
  return {
    answered: () => answered,
    async end() {
      isOver = true
      await all
      return { failed }
    },
  }
}

interface RulesAnswer {
  readonly data: { readonly groups: readonly { readonly evaluationTime: number }[] }
}

/** Looks at the group several times a second; the function it answers ends that and tells the most, in ms. */
function watchRules({ url }: Running): () => number {
  let most = 0
  const look = async () => {
    const response = await fetch(`${url}/api/v1/rules`)
    const { data }: RulesAnswer = JSON.parse(await response.text())
    for (const { evaluationTime } of data.groups) most = Math.max(most, evaluationTime * 1_000)
  }
  const timer = setInterval(() => {
    look().catch((thrown: unknown) => console.log(`  rules: ${String(thrown)}`))
  }, ruleEveryMs / 3)
  return () => {
    clearInterval(timer)
    return most
  }
}
