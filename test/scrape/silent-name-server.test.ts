import { createSocket } from 'node:dgram'
import { expect, it, onTestFinished } from 'vitest'
import { silentLogger } from '../../src/base/logger.ts'
import { nodeFileSystem } from '../../src/base/node-file-system.ts'
import { MetricsRegistry } from '../../src/base/self-metrics.ts'
import { loadConfig } from '../../src/config/load.ts'
import { ScrapeManager } from '../../src/scrape/manager.ts'
import { SimClock } from '../sim/sim-clock.ts'
import { discoveryManager } from '../support/discovery-bench.ts'
import { pageServer } from '../support/page-server.ts'
import { RecordingAppendable } from '../support/recording-appendable.ts'
import { waitUntil } from '../support/wait-until.ts'

const count = (length: number, name: (index: number) => string) =>
  Array.from({ length }, (_, index) => name(index))

/** Takes every question and answers none. */
async function silentNameServer(): Promise<{ address: string; asked: () => number }> {
  const socket = createSocket('udp4')
  let asked = 0
  socket.on('message', () => {
    asked++
  })
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    socket.close()
  })
  return { address: `127.0.0.1:${socket.address().port}`, asked: () => asked }
}

// Were names looked up by the system's four threads, the healthy ones would wait behind the silent
// ones for most of a minute: the wait below would end in vain.
it('50 targets whose name server never answers make none of 200 others late', async () => {
  const names = await silentNameServer()
  const server = await pageServer((_request, response) => {
    response.setHeader('Content-Type', 'text/plain; version=0.0.4')
    response.end('a 1\n')
  })
  const clock = new SimClock()
  const shared = { clock, metrics: new MetricsRegistry(), logger: silentLogger }
  const manager = new ScrapeManager({
    ...shared,
    fs: nodeFileSystem,
    appendable: new RecordingAppendable(),
    discovery: discoveryManager(shared),
    hostName: 'test',
    nameServers: [names.address],
  })
  onTestFinished(() => manager.stop())
  const port = server.host.split(':')[1]
  const healthy = count(200, (index) => `localhost:${port}/m${index}`)
  const silent = count(50, (index) => `h${index}.silent.test:80/`)
  manager.apply(
    loadConfig(
      `scrape_configs:
- job_name: j
  scrape_interval: 10s
  scrape_timeout: 10s
  static_configs: ${JSON.stringify([...silent, ...healthy].map((address) => ({ targets: [address] })))}
  relabel_configs:
  - {source_labels: [__address__], regex: "[^/]*(/.*)", target_label: __metrics_path__}
  - {source_labels: [__address__], regex: "([^/]*)/.*", target_label: __address__}
`,
      'x.yml',
    ),
  )
  // Every target's turn comes once in each ten seconds, and none is over its time before its next.
  await clock.advance(9_999)
  for (let round = 1; round <= 3; round++) {
    await waitUntil(`the healthy ones are scraped ${round} times`, () =>
      server.requests.length >= round * 200 ? true : undefined,
    )
    const paths = server.requests.slice((round - 1) * 200).map(({ url }) => url)
    expect(new Set(paths).size).toBe(200)
    await clock.advance(10_000)
  }
  expect(names.asked()).toBeGreaterThanOrEqual(50)
  const health = (address: string) =>
    manager
      .activeTargets()
      .filter(({ scrapeUrl }) => scrapeUrl.includes(address))
      .map((target) => target.health)
  expect(new Set(health('silent'))).toEqual(new Set(['down']))
  expect(new Set(health('localhost'))).toEqual(new Set(['up']))
})
