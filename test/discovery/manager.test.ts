import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { silentLogger } from '../../src/base/logger.ts'
import { nodeFileSystem } from '../../src/base/node-file-system.ts'
import { MetricsRegistry } from '../../src/base/self-metrics.ts'
import type { GroupSink } from '../../src/discovery/discoverer.ts'
import { DiscoveryManager } from '../../src/discovery/manager.ts'
import { Labels } from '../../src/model/labels.ts'
import { SimClock } from '../sim/sim-clock.ts'
import { DiscoveryBench } from '../support/discovery-bench.ts'
import { pageServer } from '../support/page-server.ts'
import { waitUntil } from '../support/wait-until.ts'

const fileJob = `- job_name: f
  file_sd_configs: [{files: ["*.json", "t*.yml"], refresh_interval: 1m}]
`

/** A manager told of a change every 10 ms for 40 s, and when it told of changes itself. */
async function busyManager(delayMsMax?: number) {
  const times: number[] = []
  const sources: GroupSink[] = []
  const clock = new SimClock()
  const metrics = new MetricsRegistry()
  const manager = new DiscoveryManager({
    fs: nodeFileSystem,
    clock,
    logger: silentLogger,
    metrics,
    delayMsMax,
    mechanisms: {
      discoverer: () => ({ start: (sink) => sources.push(sink), stop: () => undefined }),
    },
  })
  manager.subscribe(() => times.push(clock.monotonicMs()))
  manager.apply([{ name: 'j', configs: [{ mechanism: 'static', groups: [] }] }])
  for (let ms = 0; ms < 40_000; ms += 10) {
    sources[0]?.([
      { source: 's', targets: [Labels.of({ __address__: String(ms) })], labels: Labels.empty },
    ])
    await clock.advance(10)
  }
  const waits = times.slice(1).map((time, index) => Math.round(time - (times[index] ?? 0)))
  return { clock, source: sources[0], times, waits, page: metrics.render() }
}

describe('discovery', () => {
  it('static targets are told at once', () => {
    const bench = new DiscoveryBench()
    bench.apply(`- job_name: a
  static_configs: [{targets: [x, y], labels: {env: p}}, {targets: [z]}]
`)
    expect(bench.told).toEqual([['a: x p', 'a: y p', 'a: z']])
  })

  it('files are read in YAML and JSON, with the path as a label', async () => {
    const bench = new DiscoveryBench()
    bench.write('a.json', '[{"targets": ["x"], "labels": {"env": "p"}}]')
    bench.write('t1.yml', '- targets: [y]\n')
    bench.write('other.yml', '- targets: [no]\n')
    bench.apply(fileJob)
    expect(bench.told).toEqual([['f: x p', 'f: y']])
  })

  it('a file that is renamed into place is seen without waiting for the refresh', async () => {
    const bench = new DiscoveryBench()
    bench.write('a.json', '[{"targets": ["x"]}]')
    bench.apply(fileJob)
    await bench.clock.advance(5_000)
    bench.write('a.json', '[{"targets": ["y"]}]')
    await waitUntil('the change is told', async () => {
      await bench.clock.advance(1_000)
      return bench.told.find((lines) => lines[0] === 'f: y')
    })
  })

  it('changes that are told together are no updates that could not be sent', async () => {
    const { page } = await busyManager()
    expect(page).toContain('prometheus_sd_received_updates_total{name="scrape"} 4000\n')
    expect(page).toContain('prometheus_sd_updates_delayed_total{name="scrape"} 0\n')
  })

  it('changes that follow closely are told together, ever more slowly, at least every five seconds', async () => {
    const { clock, source, times, waits } = await busyManager()
    expect(waits).toEqual([
      100, 150, 225, 338, 506, 759, 1139, 1709, 2563, 3844, 5000, 5000, 5000, 5000, 5000,
    ])
    await clock.advance(11_000)
    const count = times.length
    source?.([])
    expect(times.slice(count)).toEqual([clock.monotonicMs()])
  })

  it('the longest wait can be another', async () => {
    expect((await busyManager(30)).waits.slice(0, 3)).toEqual([30, 30, 30])
    expect((await busyManager(10_000)).waits.slice(-2)).toEqual([8650, 10000])
  })

  it('half a file keeps its last good groups, a file that is gone takes its groups along', async () => {
    const bench = new DiscoveryBench()
    bench.write('a.json', '[{"targets": ["x"]}]')
    bench.write('t.yml', '- targets: [y]\n')
    bench.apply(fileJob)
    for (const half of ['', '[{"targets": ["x', '[{"targets": ["x"], "label": {}}]']) {
      bench.write('a.json', half)
      await bench.clock.advance(60_000)
      expect(bench.told.at(-1)).toEqual(['f: x', 'f: y'])
    }
    expect(bench.metric('prometheus_sd_file_read_errors_total')).toBeGreaterThanOrEqual(3)
    rmSync(join(bench.directory, 't.yml'))
    bench.write('a.json', '[]')
    await bench.clock.advance(65_000)
    expect(bench.told.at(-1)).toEqual([])
  })

  it('a folder that comes into being later is found', async () => {
    const bench = new DiscoveryBench()
    bench.apply(
      '- job_name: f\n  file_sd_configs: [{files: ["later/*.yml"], refresh_interval: 1m}]\n',
    )
    expect(bench.told).toEqual([[]])
    mkdirSync(join(bench.directory, 'later'))
    bench.write('later/a.yml', '- targets: [x]\n')
    await bench.clock.advance(65_000)
    expect(bench.told.at(-1)).toEqual(['f: x'])
  })

  it('jobs that ask for the same share one discoverer, and keep it when they change', async () => {
    const bench = new DiscoveryBench()
    bench.write('a.json', '[{"targets": ["x"]}]')
    const two = fileJob + fileJob.replace('job_name: f', 'job_name: g')
    bench.apply(two)
    bench.apply(fileJob.replace('job_name: f', 'job_name: h'))
    expect(bench.told).toEqual([['f: x', 'g: x'], ['h: x']])
    expect(bench.metric('prometheus_sd_file_scan_duration_seconds_count')).toBe(1)
  })

  it('a discoverer that a reload replaces leaves its targets until the new one has answered, a minute at most', async () => {
    const server = await pageServer((request, response) => {
      if (request.url === '/silent') return
      response.setHeader('Content-Type', 'application/json')
      response.end(JSON.stringify([{ targets: [request.url] }]))
    })
    const bench = new DiscoveryBench()
    const job = (path: string) => `- job_name: h
  http_sd_configs: [{url: "http://${server.host}${path}", refresh_interval: 10m}]
`
    bench.apply(job('/a'))
    await bench.untilTold([`h: /a http://${server.host}/a`])
    bench.apply(job('/b'))
    expect(bench.told.at(-1)).toEqual([`h: /a http://${server.host}/a`])
    await bench.untilTold([`h: /b http://${server.host}/b`])
    bench.apply(job('/silent'))
    await bench.clock.advance(59_000)
    expect(bench.told.at(-1)).toEqual([`h: /b http://${server.host}/b`])
    await bench.clock.advance(1_000)
    expect(bench.told.at(-1)).toEqual([])
  })
})
