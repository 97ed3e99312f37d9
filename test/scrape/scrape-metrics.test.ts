import { describe, expect, it, onTestFinished } from 'vitest'
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

// A scrape ends before its deadline, by the simulated clock too.
const timing = 'scrape_interval: 90s\n  scrape_timeout: 90s'

async function world() {
  const server = await pageServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' })
    response.end('# HELP a Höhe\n# TYPE a gauge\na 1\n# TYPE b counter\nb 1\n')
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
  const job = (name: string, more: string) => `
- job_name: ${name}
  ${more}
  static_configs: [{targets: ["${server.host}"]}, {targets: [null]}]`
  const apply = (...jobs: readonly string[]) =>
    manager.apply(loadConfig(`scrape_configs:${jobs.join('')}`, 'x.yml'))
  /** One scrape of one target. */
  const scrape = async () => {
    const before = database.commits
    await shared.clock.advance(90_000)
    await waitUntil('it is committed', () => (database.commits > before ? true : undefined))
  }
  const lines = (pattern: RegExp) =>
    shared.metrics
      .render()
      .split('\n')
      .filter((line) => !line.startsWith('#') && pattern.test(line))
  return { apply, job, scrape, lines }
}

describe('metrics of scraping', () => {
  it('are told by job, and go with the job', async () => {
    const { apply, job, scrape, lines } = await world()
    apply(job('a', timing))
    await scrape()
    expect(lines(/scrape_job=/)).toEqual([
      'prometheus_target_metadata_cache_bytes{scrape_job="a"} 17',
      'prometheus_target_metadata_cache_entries{scrape_job="a"} 2',
      'prometheus_target_scrape_pool_sync_total{scrape_job="a"} 1',
      'prometheus_target_scrape_pool_target_limit{scrape_job="a"} 0',
      'prometheus_target_scrape_pool_targets{scrape_job="a"} 1',
      'prometheus_target_sync_failed_total{scrape_job="a"} 1',
      'prometheus_target_sync_length_histogram_seconds_bucket{scrape_job="a",le="0.01"} 1',
      'prometheus_target_sync_length_histogram_seconds_bucket{scrape_job="a",le="0.1"} 1',
      'prometheus_target_sync_length_histogram_seconds_bucket{scrape_job="a",le="1"} 1',
      'prometheus_target_sync_length_histogram_seconds_bucket{scrape_job="a",le="10"} 1',
      'prometheus_target_sync_length_histogram_seconds_bucket{scrape_job="a",le="+Inf"} 1',
      'prometheus_target_sync_length_histogram_seconds_sum{scrape_job="a"} 0',
      'prometheus_target_sync_length_histogram_seconds_count{scrape_job="a"} 1',
      'prometheus_target_sync_length_seconds{scrape_job="a",quantile="0.01"} 0',
      'prometheus_target_sync_length_seconds{scrape_job="a",quantile="0.05"} 0',
      'prometheus_target_sync_length_seconds{scrape_job="a",quantile="0.5"} 0',
      'prometheus_target_sync_length_seconds{scrape_job="a",quantile="0.9"} 0',
      'prometheus_target_sync_length_seconds{scrape_job="a",quantile="0.99"} 0',
      'prometheus_target_sync_length_seconds_sum{scrape_job="a"} 0',
      'prometheus_target_sync_length_seconds_count{scrape_job="a"} 1',
    ])
    apply()
    expect(lines(/scrape_job=/)).toEqual([])
  })

  it('tell intervals and reloads by the interval as Go writes it, and scrapes where asked for', async () => {
    const { apply, job, scrape, lines } = await world()
    apply(job('a', timing))
    await scrape()
    await scrape()
    expect(lines(/interval_length.*_count/)).toEqual([
      'prometheus_target_interval_length_histogram_seconds_count{interval="1m30s"} 1',
      'prometheus_target_interval_length_seconds_count{interval="1m30s"} 1',
    ])
    const [sum = ''] = lines(/interval_length_seconds_sum\{interval="1m30s"\} /)
    // The offset of a target, which goes by its port, is no whole number of milliseconds.
    expect(Number(sum.split(' ')[1])).toBeCloseTo(90, 9)
    expect(lines(/scrape_duration_seconds_count/)).toEqual([
      'prometheus_target_scrape_duration_seconds_count 0',
    ])
    apply(job('a', `${timing}\n  extra_scrape_metrics: true`))
    await scrape()
    expect(lines(/reload_length_seconds_count|scrape_duration_seconds_(bucket|count)/)).toEqual([
      'prometheus_target_reload_length_seconds_count{interval="1m30s"} 1',
      'prometheus_target_scrape_duration_seconds_bucket{le="+Inf"} 1',
      'prometheus_target_scrape_duration_seconds_count 1',
    ])
  })
})
