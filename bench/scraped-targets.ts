import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import type { BenchOptions } from './bench-options.ts'

export const intervalMs = 1_000
/** A scrape that starts further than this from its target's own slot is late. */
const lateMs = 100

export interface TargetStats {
  readonly samplesPerPage: number
  readonly cpu: { readonly user: number; readonly system: number }
  readonly arrivals: readonly (readonly [string, readonly number[]])[]
}

/** Scrapes that a target's slot passed without, and those that came away from their slot. */
export function punctuality(stats: TargetStats, fromMs: number, toMs: number) {
  let missed = 0
  let late = 0
  let latest = 0
  for (const [, all] of stats.arrivals) {
    const times = all.filter((ms) => ms >= fromMs && ms < toMs)
    const phases = times.map((ms) => ms % intervalMs).sort((a, b) => a - b)
    const phase = phases[Math.floor(phases.length / 2)] ?? 0
    missed += Math.max(0, Math.floor((toMs - fromMs) / intervalMs) - times.length)
    for (const ms of times) {
      const away = Math.abs((ms % intervalMs) - phase)
      const off = Math.min(away, intervalMs - away)
      if (off > lateMs) late++
      latest = Math.max(latest, off)
    }
  }
  return { 'missed scrapes': missed, 'late scrapes': late, 'latest scrape, ms': latest }
}

export function served(stats: TargetStats): number {
  return stats.arrivals.reduce((sum, [, times]) => sum + times.length, 0)
}

export async function stats(port: number): Promise<TargetStats> {
  const response = await fetch(`http://127.0.0.1:${port}/stats`)
  return JSON.parse(await response.text())
}

export function startTargets({
  seed,
  mode,
}: Pick<BenchOptions, 'seed' | 'mode'>): Promise<{ targets: ChildProcess; port: number }> {
  const entry = join(import.meta.dirname, 'target-server.ts')
  const targets = spawn(process.execPath, ['--import', 'tsx', entry], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, BENCH_SEED: String(seed), BENCH_MODE: mode },
  })
  return new Promise((resolve, reject) => {
    targets.once('exit', () => reject(new Error('the targets did not start')))
    targets.stdout?.once('data', (line: Buffer) =>
      resolve({ targets, port: Number(line.toString()) }),
    )
  })
}

/** `globals`: further lines of the global section. */
export function scrapeConfig(
  port: number,
  targetCount: number,
  globals: readonly string[] = [],
): string {
  const addresses = Array.from(
    { length: targetCount },
    (_, index) => `"127.0.${1 + Math.floor(index / 250)}.${1 + (index % 250)}:${port}"`,
  )
  return `global:
  scrape_interval: 1s
  scrape_timeout: 1s
${globals.map((line) => `  ${line}\n`).join('')}scrape_configs:
  - job_name: bench
    static_configs:
      - targets: [${addresses.join(', ')}]
`
}
