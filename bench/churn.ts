import type { BenchOptions } from './bench-options.ts'
import { type ChurnRun, compareUnderChurn, demandChurn, sendChurn } from './churn-load.ts'
import { start } from './contestants.ts'
import { HeadWatch } from './head-watch.ts'
import { probeHealth } from './health-probe.ts'
import { directoryBytes, usageOf } from './process-usage.ts'

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
  const results = await compareUnderChurn('churn', hours, options, measure)
  return [...results.values()].every((figures) => figures['with a query open across'] > 0)
}

async function measure({ contestant, folder, load, port }: ChurnRun): Promise<Figures> {
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
