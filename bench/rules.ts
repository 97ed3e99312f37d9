import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { BenchOptions } from './bench-options.ts'
import { type Contestant, contestants, type Running, start } from './contestants.ts'
import { usageOf } from './process-usage.ts'
import { ask, parseAnswer } from './query-client.ts'
import { printComparison } from './report.ts'
import { intervalMs, renderRuleData, ruleFile, seriesPerGroup } from './rule-set.ts'
import { metricsOf } from './server-metrics.ts'
import { type Bodies, sendBodies, storeBodies } from './write-bodies.ts'

/** Samples that are there before the first evaluation. */
const historyMs = 300_000
/** Rules have run twice, and code is compiled. */
const warmUpMs = 2 * intervalMs + 1_000
/** Servers take samples of up to ten minutes ahead. */
const secondsMax = 450

interface RuleFigures {
  readonly 'rules/s': number
  readonly 'CPU s per 1,000 rules': number
  readonly 'slowest group, ms': number
  readonly 'resident MiB': number
  readonly 'missed iterations': number
  readonly 'failed rules': number
  readonly 'recorded series': number
  readonly 'alert series': number
}

/**
 * `npm run bench -- rules`: 25 rules for each 500 series, every 15 s, on samples that are written
 * ahead of their time, so that nothing but rules is at work. Void (and exit 1) where an iteration of
 * ours is missed, a rule fails, or the servers have not recorded as many series.
 */
export async function benchRules(options: BenchOptions): Promise<boolean> {
  const { series, seconds, seed } = options
  if (seconds > secondsMax) throw new Error(`--seconds ${seconds}: at most ${secondsMax}`)
  const groups = Math.ceil(series / seriesPerGroup)
  const folder = mkdtempSync(join(tmpdir(), 'narthex-bench-'))
  const results = new Map<string, RuleFigures>()
  const { text, rules } = ruleFile(groups)
  const load = { groups, folder, seconds: Math.ceil((seconds * 1_000) / intervalMs) * 15 }
  try {
    writeFileSync(join(folder, 'rules.yml'), text)
    for (const contestant of contestants(options.peersDirectory)) {
      if (contestant.name === 'victoriametrics') continue
      results.set(contestant.name, await measure(contestant, { ...load, seed }, options.port))
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  printComparison(
    `rules: ${rules} in ${groups} groups every 15 s over ${groups * seriesPerGroup} series, ${load.seconds} s`,
    results,
  )
  return areAlike(results)
}

interface RuleLoad {
  readonly groups: number
  readonly folder: string
  readonly seconds: number
  readonly seed: number
}

async function measure(contestant: Contestant, load: RuleLoad, port: number): Promise<RuleFigures> {
  const { folder, groups, seconds, seed } = load
  const aheadMs = warmUpMs + seconds * 1_000 + 60_000
  const startMs = Math.floor(Date.now() / intervalMs) * intervalMs - historyMs
  const steps = Math.ceil((historyMs + aheadMs) / intervalMs)
  const bodies = storeBodies(
    join(folder, 'bodies'),
    renderRuleData(groups, { startMs, steps, seed }),
  )
  const config = `global: { evaluation_interval: 15s }\nrule_files: [${join(folder, 'rules.yml')}]\n`
  const running = await start(contestant, folder, port, config)
  console.log(`${contestant.name}: ${contestant.version}\n  ${running.flags.join(' ')}`)
  try {
    return await measureRunning(running, bodies, seconds)
  } finally {
    await running.stop()
  }
}

async function measureRunning(
  running: Running,
  bodies: Bodies,
  seconds: number,
): Promise<RuleFigures> {
  await sendBodies(running, bodies)
  await wait(warmUpMs)
  const [before, usageBefore] = [await metricsOf(running), usageOf(running.pid)]
  await wait(seconds * 1_000)
  const [after, usageAfter] = [await metricsOf(running), usageOf(running.pid)]
  const gained = (name: string) => after(name, sum) - before(name, sum)
  const evaluated = gained('prometheus_rule_evaluations_total')
  return {
    'rules/s': evaluated / seconds,
    'CPU s per 1,000 rules': ((usageAfter.cpuSeconds - usageBefore.cpuSeconds) / evaluated) * 1_000,
    'slowest group, ms': after('prometheus_rule_group_last_duration_seconds', Math.max) * 1_000,
    'resident MiB': usageAfter.residentBytes / 2 ** 20,
    'missed iterations': gained('prometheus_rule_group_iterations_missed_total'),
    'failed rules': after('prometheus_rule_evaluation_failures_total', sum),
    'recorded series': await count(running, 'count({__name__=~".+:.+:.+"})'),
    'alert series': await count(running, 'count({__name__=~"ALERTS.*"})'),
  }
}

const sum = (a: number, b: number) => a + b

async function count(running: Running, query: string): Promise<number> {
  const endMs = Date.now()
  const answer = parseAnswer(await ask(running, { query, startMs: endMs, endMs }))
  for (const points of answer.values()) for (const value of points.values()) return value
  return 0
}

function areAlike(results: ReadonlyMap<string, RuleFigures>): boolean {
  const [ours, theirs] = [results.get('narthex'), results.get('prometheus')]
  if (ours === undefined || theirs === undefined) return false
  const faults = [
    ours['missed iterations'] > 0 && `${ours['missed iterations']} iterations missed`,
    ours['failed rules'] + theirs['failed rules'] > 0 && 'rules failed',
    ours['recorded series'] !== theirs['recorded series'] && 'recorded series differ',
    ours['alert series'] !== theirs['alert series'] && 'series of alerts differ',
  ].filter((fault) => fault !== false)
  for (const fault of faults) console.log(`void: ${fault}`)
  return faults.length === 0
}
