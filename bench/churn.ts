import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BenchOptions } from './bench-options.ts'
import { type ChurnLoad, churnPercent, demandChurn, renderChurn, sendChurn } from './churn-load.ts'
import { type Contestant, contestants, start } from './contestants.ts'
import { HeadWatch } from './head-watch.ts'
import { probeHealth } from './health-probe.ts'
import { directoryBytes, usageOf } from './process-usage.ts'
import { printComparison } from './report.ts'

const config = 'global: { scrape_interval: 1m }\n'
/** Ten truncations of two hours, and what a head holds beside. */
const hours = 23

interface Figures {
  readonly 'samples/s accepted, waiting for truncations': number
  readonly 'CPU s per million samples, with the queries': number
  readonly 'peak resident MiB': number
  readonly 'resident MiB at the end': number
  readonly 'disk MiB at the end': number
  readonly 'health answer p99, ms': number
  readonly 'health answer max, ms': number
  readonly 'head truncations': number
  readonly 'with a query open across': number
}

/**
 * `npm run bench -- churn`: a million series of which one in twenty is replaced each hour, 23 hours
 * of it as fast as each server flushes its head, every chunk ending at the same time; a heavy query
 * is open across the truncations, and another process asks for health every 20 ms.
 */
export async function benchChurn(options: BenchOptions): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'narthex-bench-'))
  try {
    const { series, seed } = options
    const load = renderChurn(folder, { series, hours, seed })
    const results = new Map<string, Figures>()
    for (const contestant of contestants(options.peersDirectory)) {
      if (contestant.name === 'victoriametrics') continue
      results.set(contestant.name, await measure(contestant, folder, load, options.port))
      rmSync(join(folder, contestant.name), { recursive: true, force: true })
    }
    const title = `${series.toLocaleString('en')} series, ${churnPercent} % new each hour`
    printComparison(`churn: ${title}, ${hours} h`, results)
    const held = [...results.values()].map((figures) => figures['with a query open across'])
    return held.every((count) => count > 0)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function measure(
  contestant: Contestant,
  folder: string,
  load: ChurnLoad,
  port: number,
): Promise<Figures> {
  const running = await start(contestant, folder, port, config)
  console.log(`${contestant.name}: ${contestant.version}\n  ${running.flags.join(' ')}`)
  const endProbe = probeHealth(running.url)
  const watch = new HeadWatch(running)
  try {
    const seconds = await sendChurn(running, load, watch)
    const usage = usageOf(running.pid)
    const health = await endProbe()
    await demandChurn(running, load)
    if (watch.loopDelaySecondsMax > 0) {
      const delayMs = (watch.loopDelaySecondsMax * 1_000).toFixed(1)
      const pauses = await watch.pausesOver(0.02)
      console.log(`  longest event-loop delay ${delayMs} ms, ${pauses} collections over 20 ms`)
    }
    return {
      'samples/s accepted, waiting for truncations': load.samples / seconds,
      'CPU s per million samples, with the queries': usage.cpuSeconds / (load.samples / 1e6),
      'peak resident MiB': usage.peakResidentBytes / 2 ** 20,
      'resident MiB at the end': usage.residentBytes / 2 ** 20,
      'disk MiB at the end': directoryBytes(running.dataDirectory) / 2 ** 20,
      'health answer p99, ms': health.p99,
      'health answer max, ms': health.max,
      'head truncations': watch.truncations,
      'with a query open across': watch.heldAcross,
    }
  } finally {
    await running.stop()
  }
}
