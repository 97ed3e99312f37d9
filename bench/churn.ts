import type { BenchOptions } from './bench-options.ts'
import { type ChurnRun, compareUnderChurn, demandChurn, sendChurn } from './churn-load.ts'
import { compactionsOver } from './compactions-over.ts'
import { start } from './contestants.ts'
import { HeadWatch } from './head-watch.ts'
import { probeHealth } from './health-probe.ts'
import { longerThan, quantileOf } from './pauses.ts'
import { directoryBytes, usageOf } from './process-usage.ts'
import type { Goal } from './report.ts'

const config = 'global: { scrape_interval: 1m }\n'
/** Ten truncations of two hours, and what a head holds beside. */
const hours = 23

const delayFigure = 'event-loop delay p99 while flushing, ms at most'
const pausesFigure = 'collections over 20 ms'

/** Of ours alone: other servers do not tell. */
const goals: readonly Goal[] = [
  { figure: delayFigure, peer: 'narthex', words: '<= 50' },
  { figure: pausesFigure, peer: 'narthex', words: '0' },
]

interface Figures {
  readonly 'samples/s accepted, waiting for truncations': number
  readonly 'CPU s per million samples, with the queries': number
  readonly 'peak resident MiB': number
  readonly 'resident MiB at the end': number
  readonly 'disk MiB at the end': number
  readonly 'health answer p99, ms': number
  readonly 'health answer max, ms': number
  readonly [delayFigure]: number
  readonly 'longest event-loop delay, ms': number
  readonly [pausesFigure]: number
  readonly 'longest collection, ms at most': number
  readonly 'head truncations': number
  readonly 'with a query open across': number
}

/**
 * `npm run bench -- churn`: a million series of which one in twenty is replaced each hour, 23 hours
 * of it as fast as each server flushes its head, every chunk ending at the same time; a heavy query
 * is open across the truncations, and another process asks for health every 20 ms.
 */
export async function benchChurn(options: BenchOptions): Promise<boolean> {
  const results = await compareUnderChurn('churn', { hours, goals }, options, measure)
  return [...results.values()].every((figures) => figures['with a query open across'] > 0)
}

async function measure({ contestant, folder, load, port }: ChurnRun): Promise<Figures> {
  const running = await start(contestant, folder, port, config)
  console.log(`${contestant.name}: ${contestant.version}\n  ${running.flags.join(' ')}`)
  const endProbe = probeHealth(running.url)
  const watch = new HeadWatch(running)
  try {
    const seconds = await sendChurn(running, load, watch)
    await compactionsOver(running.dataDirectory)
    const usage = usageOf(running.pid)
    const health = await endProbe()
    await demandChurn(running, load)
    const collections = await watch.collections()
    return {
      'samples/s accepted, waiting for truncations': load.samples / seconds,
      'CPU s per million samples, with the queries': usage.cpuSeconds / (load.samples / 1e6),
      'peak resident MiB': usage.peakResidentBytes / 2 ** 20,
      'resident MiB at the end': usage.residentBytes / 2 ** 20,
      'disk MiB at the end': directoryBytes(running.dataDirectory) / 2 ** 20,
      'health answer p99, ms': health.p99,
      'health answer max, ms': health.max,
      [delayFigure]: quantileOf(watch.delaysOfFlushes, 0.99) * 1_000,
      'longest event-loop delay, ms': watch.loopDelaySecondsMax * 1_000,
      [pausesFigure]: longerThan(collections, 0.02),
      'longest collection, ms at most': quantileOf(collections, 1) * 1_000,
      'head truncations': watch.truncations,
      'with a query open across': watch.heldAcross,
    }
  } finally {
    await running.stop()
  }
}
