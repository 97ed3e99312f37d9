import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it, onTestFinished } from 'vitest'
import { silentLogger } from '../../src/base/logger.ts'
import { nodeFileSystem } from '../../src/base/node-file-system.ts'
import { MetricsRegistry } from '../../src/base/self-metrics.ts'
import { loadConfig } from '../../src/config/load.ts'
import { Labels } from '../../src/model/labels.ts'
import { ScrapeManager } from '../../src/scrape/manager.ts'
import { SimClock } from '../sim/sim-clock.ts'
import { discoveryManager } from '../support/discovery-bench.ts'
import { pageServer } from '../support/page-server.ts'
import { RecordingAppendable } from '../support/recording-appendable.ts'
import { waitUntil } from '../support/wait-until.ts'

const targetsEach = 50

/** Jobs of 50 targets, and one that is asked every 10 s; `turn` makes one job differ, and renames one. */
function configText(host: string, turn: number, jobs: number): string {
  const quiet = Array.from({ length: jobs }, (_, job) => {
    const targets = Array.from({ length: targetsEach }, (_, index) => `"127.0.0.1:1${index}"`)
    const isChanged = job === turn % jobs
    return `- job_name: quiet-${job}
  scrape_interval: 7d
  sample_limit: ${isChanged ? turn : 0}
  relabel_configs: [{source_labels: [__address__], regex: "(.*):.*", target_label: host}]
  static_configs: [{targets: [${targets.join(', ')}], labels: {env: prod}}]`
  })
  const passing = `- {job_name: passing-${turn}, scrape_interval: 7d, static_configs: [{targets: ["127.0.0.1:1"]}]}`
  const busy = `- {job_name: busy, scrape_interval: 10s, static_configs: [{targets: ["${host}"]}]}`
  return ['scrape_configs:', ...quiet, passing, busy].join('\n')
}

function heapBytes(): number {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  collect()
  collect()
  return process.memoryUsage().heapUsed
}

async function bench(jobs: number) {
  const server = await pageServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end('a 1\n')
  })
  const clock = new SimClock()
  const database = new RecordingAppendable()
  const shared = { clock, logger: silentLogger, metrics: new MetricsRegistry(), fs: nodeFileSystem }
  const manager = new ScrapeManager({
    ...shared,
    appendable: database,
    discovery: discoveryManager(shared),
    hostName: 'test',
  })
  onTestFinished(() => manager.stop())
  const samples = () =>
    database.samples(Labels.of({ __name__: 'a', job: 'busy', instance: server.host }))
  return {
    clock,
    manager,
    samples,
    targets: jobs * targetsEach + 2,
    reload: (turn: number) =>
      manager.apply(loadConfig(configText(server.host, turn, jobs), 'x.yml', { environment: {} })),
    async scrape() {
      const before = samples().length
      await clock.advance(10_000)
      await waitUntil('the scrape is committed', () =>
        samples().length > before ? true : undefined,
      )
    },
  }
}

describe('reloading', () => {
  it('2,000 targets takes under a second of processor', async () => {
    const { manager, reload, targets } = await bench(40)
    reload(0)
    const seconds = [1, 2, 3].map((turn) => {
      const before = process.cpuUsage()
      reload(turn)
      const { user, system } = process.cpuUsage(before)
      return (user + system) / 1e6
    })
    expect(manager.activeTargets()).toHaveLength(targets)
    expect(Math.min(...seconds)).toBeLessThan(1)
  })

  it('100 times loses no scrape, marks nothing stale, and leaves nothing behind', async () => {
    const { clock, manager, reload, samples, scrape, targets } = await bench(2)
    reload(0)
    await scrape()
    let heap = 0
    let timers = 0
    for (let turn = 1; turn <= 100; turn++) {
      reload(turn)
      if (turn % 10 === 0) await scrape()
      if (turn === 20) [heap, timers] = [heapBytes(), clock.timers]
    }
    expect(manager.activeTargets()).toHaveLength(targets)
    // Of the renamed job, whose series are marked stale two intervals later.
    expect(clock.timers - timers).toBeLessThanOrEqual(80)
    expect(heapBytes() - heap).toBeLessThan(3 << 20)
    const times = samples().map(({ timestampMs }) => timestampMs)
    expect(samples().every(({ value }) => value === 1)).toBe(true)
    expect(times.slice(1).map((time, index) => time - (times[index] ?? 0))).toEqual(
      Array.from({ length: 10 }, () => 10_000),
    )
  })
})
