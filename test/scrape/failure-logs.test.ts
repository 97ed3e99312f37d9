import { describe, expect, it, onTestFinished } from 'vitest'
import { silentLogger } from '../../src/base/logger.ts'
import { nodeFileSystem } from '../../src/base/node-file-system.ts'
import { MetricsRegistry } from '../../src/base/self-metrics.ts'
import { loadConfig } from '../../src/config/load.ts'
import { ScrapeFailureLogs } from '../../src/scrape/failure-logs.ts'
import { ScrapeManager } from '../../src/scrape/manager.ts'
import { SimClock } from '../sim/sim-clock.ts'
import { SimFileSystem } from '../sim/sim-file-system.ts'
import { discoveryManager } from '../support/discovery-bench.ts'
import { pageServer } from '../support/page-server.ts'
import { RecordingAppendable } from '../support/recording-appendable.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { waitUntil } from '../support/wait-until.ts'

const failed = { jobName: 'j', target: 'http://a:1/metrics', message: 'no "route" to it' }
const line = (time: string) =>
  `{"time":"${time}","level":"ERROR","msg":"no \\"route\\" to it","job_name":"j","target":"http://a:1/metrics"}\n`
const first = '2023-11-14T22:13:20.000Z'

function world() {
  const fs = new SimFileSystem()
  const clock = new SimClock()
  const logs = new ScrapeFailureLogs({ fs, clock, logger: silentLogger })
  const text = (path: string) => new TextDecoder().decode(fs.readFile(path))
  return { fs, clock, logs, text }
}

describe('scrape failure logs', () => {
  it('are made at once, and get a line of JSON for each failure, in the file that was named', () => {
    const { logs, text } = world()
    logs.use(['/a.log', '', '/b.log', '/a.log'])
    expect([text('/a.log'), text('/b.log')]).toEqual(['', ''])
    logs.log('/a.log', failed)
    logs.log('', failed)
    logs.log('/c.log', failed)
    expect([text('/a.log'), text('/b.log')]).toEqual([line(first), ''])
  })

  it('are begun anew where they were moved, and where a reload names them again', () => {
    const { fs, logs, text } = world()
    logs.use(['/a.log'])
    logs.log('/a.log', failed)
    fs.rename('/a.log', '/a.log.1')
    logs.log('/a.log', failed)
    expect([text('/a.log.1'), text('/a.log')]).toEqual([line(first), line(first)])
    fs.rename('/a.log', '/a.log.2')
    logs.use(['/a.log'])
    expect(text('/a.log')).toBe('')
  })

  it('stay as they were where one of the new ones cannot be opened', () => {
    const { fs, logs, text } = world()
    fs.makeDirectory('/d')
    logs.use(['/a.log'])
    expect(() => logs.use(['/b.log', '/none/c.log'])).toThrow(
      /^scrape_failure_log_file \/none\/c\.log cannot be opened: /,
    )
    logs.log('/a.log', failed)
    expect(text('/a.log')).toBe(line(first))
  })

  it('tell of targets that gave no page, not of pages that were refused or never asked for', async () => {
    const directory = temporaryDirectory()
    const server = await pageServer((request, response) => {
      if (request.url === '/metrics') response.end('{{{')
      else response.writeHead(404).end()
    })
    const shared = {
      clock: new SimClock(),
      logger: silentLogger,
      metrics: new MetricsRegistry(),
      fs: nodeFileSystem,
    }
    const database = new RecordingAppendable()
    const manager = new ScrapeManager({
      ...shared,
      appendable: database,
      discovery: discoveryManager(shared),
      hostName: 'test',
    })
    onTestFinished(() => manager.stop())
    const config = `
global: {scrape_interval: 10s, scrape_failure_log_file: global.log}
scrape_configs:
- job_name: gone
  metrics_path: /none
  static_configs: [{targets: ["${server.host}"]}]
- job_name: broken
  scrape_failure_log_file: own.log
  fallback_scrape_protocol: PrometheusText0.0.4
  static_configs: [{targets: ["${server.host}"]}]
- job_name: too_many
  target_limit: 1
  static_configs: [{targets: ["${server.host}", "a:1"]}]`
    manager.apply(loadConfig(config, `${directory}/x.yml`))
    await shared.clock.advance(10_000)
    await waitUntil('all four are scraped', () => (database.commits >= 4 ? true : undefined))
    const text = (name: string) =>
      new TextDecoder().decode(nodeFileSystem.readFile(`${directory}/${name}`))
    expect(text('own.log')).toBe('')
    expect(text('global.log').replace(/"time":"[^"]*"/, '"time":""')).toBe(
      `{"time":"","level":"ERROR","msg":"server returned HTTP status 404 Not Found","job_name":"gone","target":"http://${server.host}/none"}\n`,
    )
  })
})
