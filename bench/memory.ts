import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { BenchOptions } from './bench-options.ts'
import { type ChurnRun, compareUnderChurn, demandChurn, sendChurn } from './churn-load.ts'
import { type Contestant, start } from './contestants.ts'
import { HeadWatch } from './head-watch.ts'
import { MemoryLimit } from './memory-limit.ts'
import { usageOf } from './process-usage.ts'

const config = 'global: { scrape_interval: 1m }\n'
/** Two truncations. */
const hours = 7
/** Each try has so much less than the one before; or more, where the first did not do. */
const step = 0.85
const triesMax = 12

interface Figures {
  readonly 'peak resident MiB without a limit': number
  readonly 'smallest limit survived, MiB': number
}

/**
 * `npm run bench -- memory`: the load of `churn`, seven hours of it, under smaller and smaller memory
 * limits of a control group, until a server is killed or does not hold every sample; under larger ones
 * where it is with what it took without any, which does not count the pages of files that it reads.
 */
export async function benchMemory(options: BenchOptions): Promise<boolean> {
  await compareUnderChurn('memory', { hours }, options, search)
  return true
}

async function search(run: ChurnRun): Promise<Figures> {
  console.log(`${run.contestant.name}: ${run.contestant.version}`)
  const peakBytes = await peakOf(run)
  return {
    'peak resident MiB without a limit': peakBytes / 2 ** 20,
    'smallest limit survived, MiB': (await smallestSurvived(run, peakBytes)) / 2 ** 20,
  }
}

/** NaN where it survived none. */
async function smallestSurvived(run: ChurnRun, firstBytes: number): Promise<number> {
  let survivedBytes = Number.NaN
  let limitBytes = firstBytes
  let isFirstFault = true
  for (let tries = 0; tries < triesMax; tries++) {
    const fault = await faultUnder(run, Math.ceil(limitBytes))
    console.log(`  ${Math.round(limitBytes / 2 ** 20)} MiB: ${fault ?? 'survived'}`)
    if (fault === undefined) survivedBytes = limitBytes
    // Down until it does not survive, or up until it does.
    const isUp = fault !== undefined
    if (tries === 0) isFirstFault = isUp
    else if (isUp !== isFirstFault) break
    limitBytes *= isUp ? 1 / step : step
  }
  return survivedBytes
}

async function peakOf({ contestant, folder, load, port }: ChurnRun): Promise<number> {
  const running = await start(contestant, folder, port, config)
  console.log(`  ${running.flags.join(' ')}`)
  try {
    await sendChurn(running, load, new HeadWatch(running))
    await demandChurn(running, load)
    return usageOf(running.pid).peakResidentBytes
  } finally {
    await running.stop()
    rmSync(join(folder, contestant.name), { recursive: true, force: true })
  }
}

/** What went wrong, in words; undefined for nothing. */
async function faultUnder(
  { contestant, folder, load, port }: ChurnRun,
  limitBytes: number,
): Promise<string | undefined> {
  const limit = new MemoryLimit(`narthex-bench-${process.pid}`, limitBytes)
  const limited: Contestant = {
    ...contestant,
    command: (place) => limit.wrap(contestant.command(place)),
  }
  let stop = async (): Promise<void> => undefined
  try {
    const running = await start(limited, folder, port, config)
    stop = () => running.stop()
    await sendChurn(running, load, new HeadWatch(running))
    await demandChurn(running, load)
    return undefined
  } catch (thrown) {
    return thrown instanceof Error ? `${thrown.message} ${String(thrown.cause ?? '')}` : 'failed'
  } finally {
    await stop()
    limit.remove()
    rmSync(join(folder, contestant.name), { recursive: true, force: true })
  }
}
