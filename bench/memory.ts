import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BenchOptions } from './bench-options.ts'
import { type ChurnLoad, churnPercent, demandChurn, renderChurn, sendChurn } from './churn-load.ts'
import { type Contestant, contestants, start } from './contestants.ts'
import { HeadWatch } from './head-watch.ts'
import { MemoryLimit } from './memory-limit.ts'
import { usageOf } from './process-usage.ts'
import { printComparison } from './report.ts'

const config = 'global: { scrape_interval: 1m }\n'
/** Two truncations. */
const hours = 7
/** Each try has so much less than the one before. */
const step = 0.85
const triesMax = 12

interface Figures {
  readonly 'peak resident MiB without a limit': number
  readonly 'smallest limit survived, MiB': number
}

/**
 * `npm run bench -- memory`: the load of `churn`, seven hours of it, under smaller and smaller memory
 * limits of a control group, until a server is killed or does not hold every sample.
 */
export async function benchMemory(options: BenchOptions): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'narthex-bench-'))
  try {
    const { series, seed } = options
    const load = renderChurn(folder, { series, hours, seed })
    const results = new Map<string, Figures>()
    for (const contestant of contestants(options.peersDirectory)) {
      if (contestant.name === 'victoriametrics') continue
      results.set(contestant.name, await search(contestant, folder, load, options.port))
    }
    const title = `${series.toLocaleString('en')} series, ${churnPercent} % new each hour`
    printComparison(`memory: ${title}, ${hours} h`, results)
    return true
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function search(
  contestant: Contestant,
  folder: string,
  load: ChurnLoad,
  port: number,
): Promise<Figures> {
  console.log(`${contestant.name}: ${contestant.version}`)
  const peakBytes = await peakOf(contestant, folder, load, port)
  let survivedBytes = Number.NaN
  for (let tries = 0, limitBytes = peakBytes; tries < triesMax; tries++, limitBytes *= step) {
    const fault = await faultUnder(contestant, folder, load, port, Math.ceil(limitBytes))
    console.log(`  ${Math.round(limitBytes / 2 ** 20)} MiB: ${fault ?? 'survived'}`)
    if (fault !== undefined) break
    survivedBytes = limitBytes
  }
  return {
    'peak resident MiB without a limit': peakBytes / 2 ** 20,
    'smallest limit survived, MiB': survivedBytes / 2 ** 20,
  }
}

async function peakOf(
  contestant: Contestant,
  folder: string,
  load: ChurnLoad,
  port: number,
): Promise<number> {
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
  contestant: Contestant,
  folder: string,
  load: ChurnLoad,
  port: number,
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
