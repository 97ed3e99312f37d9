import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { BenchOptions } from './bench-options.ts'
import { type Contestant, contestants, type Running, start } from './contestants.ts'
import { samplesPerPage } from './exporter-pages.ts'
import { directoryBytes, usageOf } from './process-usage.ts'
import { printComparison } from './report.ts'
import {
  intervalMs,
  punctuality,
  scrapeConfig,
  served,
  startTargets,
  stats,
  type TargetStats,
} from './scraped-targets.ts'
import { demandStored, goodScrapes } from './stored-samples.ts'

/** What one server made of the run. */
interface ScrapeResult {
  readonly 'samples/s': number
  readonly 'CPU s per million samples': number
  readonly 'resident MiB': number
  readonly 'resident bytes per series': number
  readonly 'bytes per sample on disk': number
  readonly 'missed scrapes': number
  readonly 'failed scrapes': number
  readonly 'late scrapes': number
  readonly 'latest scrape, ms': number
  readonly 'generator CPU s per million samples': number
}

/**
 * `npm run bench -- scrape`: 300 targets of some 1,000 series at 1 s, each server in turn on the same
 * pages: `steady` ones; `shuffled` ones, of which no line is where it was and a tenth are new;
 * `openmetrics`, or `protobuf`. Void (and exit 1) when the samples stored are not the samples served,
 * or a scrape failed: the reasons are printed.
 */
export async function benchScrape(options: BenchOptions): Promise<boolean> {
  const results = new Map<string, ScrapeResult>()
  for (const contestant of contestants(options.peersDirectory)) {
    if (options.mode === 'protobuf' && contestant.name === 'victoriametrics') continue
    results.set(contestant.name, await measure(contestant, options))
  }
  const { targets, seconds, mode } = options
  printComparison(
    `scrape, ${mode}: ${targets} targets of ${samplesPerPage} series every ${intervalMs} ms, ${seconds} s`,
    results,
  )
  return [...results.values()].every((result) => result['failed scrapes'] === 0)
}

async function measure(contestant: Contestant, options: BenchOptions): Promise<ScrapeResult> {
  const folder = mkdtempSync(join(tmpdir(), 'narthex-bench-'))
  const { targets, port } = await startTargets(options)
  try {
    const failureLog = join(folder, 'failures')
    // VictoriaMetrics has no such log.
    const logs = contestant.name !== 'victoriametrics'
    const globals = [
      ...(logs ? [`scrape_failure_log_file: ${failureLog}`] : []),
      ...(options.mode === 'protobuf' ? ['scrape_protocols: [PrometheusProto]'] : []),
    ]
    const config = scrapeConfig(port, options.targets, globals)
    const running = await start(contestant, folder, options.port, config)
    console.log(`${contestant.name}: ${contestant.version}\n  ${running.flags.join(' ')}`)
    try {
      return await measureRunning(running, port, options)
    } finally {
      await running.stop()
      tellFailures(failureLog)
    }
  } finally {
    targets.kill()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function measureRunning(
  running: Running,
  port: number,
  { seconds, targets }: BenchOptions,
): Promise<ScrapeResult> {
  await wait(warmUpMs)
  const [before, usageBefore, beganMs] = [await stats(port), usageOf(running.pid), Date.now()]
  const linesBefore = await linesOf(running)
  await wait(seconds * 1_000)
  const [after, usageAfter, endedMs] = [await stats(port), usageOf(running.pid), Date.now()]
  tellKernel(linesBefore, await linesOf(running))
  await fetch(`http://127.0.0.1:${port}/refuse`)
  await wait(2 * intervalMs)
  const final = await stats(port)
  const now = Date.now()
  const range = { startMs: now - 3_600_000, endMs: now }
  let good = 0
  await demandStored(
    running,
    async () => {
      good = await goodScrapes(running, range)
      return good * final.samplesPerPage
    },
    range,
  )
  const samples = (served(after) - served(before)) * after.samplesPerPage
  const millions = samples / 1e6
  const spent = (from: TargetStats, to: TargetStats) =>
    (to.cpu.user + to.cpu.system - from.cpu.user - from.cpu.system) / 1e6
  await running.stop()
  return {
    'samples/s': samples / ((endedMs - beganMs) / 1_000),
    'CPU s per million samples': (usageAfter.cpuSeconds - usageBefore.cpuSeconds) / millions,
    'resident MiB': usageAfter.residentBytes / 2 ** 20,
    'resident bytes per series': usageAfter.residentBytes / (targets * after.samplesPerPage),
    'bytes per sample on disk':
      directoryBytes(running.dataDirectory) / (served(final) * final.samplesPerPage),
    ...punctuality(after, beganMs, endedMs),
    // Served, but not in time: on a machine that is busy with other things.
    'failed scrapes': served(final) - good,
    'generator CPU s per million samples': spent(before, after) / millions,
  }
}

/** Counts why scrapes failed that had not yet been refused on purpose. */
function tellFailures(failureLog: string): void {
  if (!existsSync(failureLog)) return
  const counts = new Map<string, number>()
  for (const line of readFileSync(failureLog, 'utf8').trimEnd().split('\n')) {
    if (line === '' || line.includes('server returned HTTP status 503')) continue
    const { msg }: { readonly msg: string } = JSON.parse(line)
    const reason = msg.replace(/https?:\/\/[^"]*/, 'URL')
    counts.set(reason, (counts.get(reason) ?? 0) + 1)
  }
  for (const [reason, count] of counts) console.log(`  ${count} scrapes failed: ${reason}`)
}

/** Warm-up: every target has been scraped several times and code is compiled. */
const warmUpMs = 10_000

interface Lines {
  readonly isActive: boolean
  readonly known: number
  readonly parsed: number
}

/** What the exposition kernel has done so far. */
async function linesOf({ contestant, url }: Running): Promise<Lines | undefined> {
  if (contestant.name !== 'narthex') return undefined
  const text = await (await fetch(`${url}/metrics`)).text()
  const read = (name: string) =>
    Number(new RegExp(`^${name.replace(/[{}]/g, '\\$&')} (.+)$`, 'm').exec(text)?.[1])
  return {
    isActive: read('narthex_kernel_active{kernel="exposition"}') === 1,
    known: read('narthex_exposition_lines_total{result="known"}'),
    parsed: read('narthex_exposition_lines_total{result="parsed"}'),
  }
}

function tellKernel(before: Lines | undefined, after: Lines | undefined): void {
  if (before === undefined || after === undefined) return
  const known = after.known - before.known
  const all = known + after.parsed - before.parsed
  const state = after.isActive ? 'active' : 'not active'
  const share = ((100 * known) / all).toFixed(2)
  console.log(`  exposition kernel ${state}, ${share} % of ${all} lines known`)
}
