import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { silentLogger } from '../../src/base/logger.ts'
import { nodeFileSystem } from '../../src/base/node-file-system.ts'
import { MetricsRegistry } from '../../src/base/self-metrics.ts'
import { loadConfig } from '../../src/config/load.ts'
import { DiscoveryManager } from '../../src/discovery/manager.ts'
import { SimClock } from '../sim/sim-clock.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { waitUntil } from '../support/wait-until.ts'

/** A manager whose answers are kept as `job: address labels` lines. */
class Bench {
  readonly clock = new SimClock()
  readonly metrics = new MetricsRegistry()
  readonly directory = temporaryDirectory()
  readonly told: (readonly string[])[] = []
  readonly manager = new DiscoveryManager({
    fs: nodeFileSystem,
    clock: this.clock,
    logger: silentLogger,
    metrics: this.metrics,
  })

  constructor() {
    onTestFinished(() => this.manager.stop())
    this.manager.subscribe((groupsByJob) => {
      this.told.push(
        [...groupsByJob].flatMap(([job, groups]) =>
          groups.flatMap((group) =>
            group.targets.map((target) => {
              const labels = group.labels.get('env')
              return `${job}: ${target.get('__address__')}${labels === '' ? '' : ` ${labels}`}`
            }),
          ),
        ),
      )
    })
  }

  apply(jobs: string): void {
    const config = loadConfig(`scrape_configs:\n${jobs}`, join(this.directory, 'x.yml'))
    this.manager.apply(
      config.scrapeConfigs.map((job) => ({ name: job.jobName, configs: job.discovery })),
    )
  }

  /** Renamed into place, as careful writers do. */
  write(name: string, text: string): void {
    const temporary = join(this.directory, '.next')
    writeFileSync(temporary, text)
    renameSync(temporary, join(this.directory, name))
  }

  metric(name: string): number {
    const line = this.metrics
      .render()
      .split('\n')
      .find((text) => text.startsWith(name))
    return Number(line?.split(' ').at(-1))
  }
}

const fileJob = `- job_name: f
  file_sd_configs: [{files: ["*.json", "t*.yml"], refresh_interval: 1m}]
`

describe('discovery', () => {
  it('static targets are told at once', () => {
    const bench = new Bench()
    bench.apply(`- job_name: a
  static_configs: [{targets: [x, y], labels: {env: p}}, {targets: [z]}]
`)
    expect(bench.told).toEqual([['a: x p', 'a: y p', 'a: z']])
  })

  it('files are read in YAML and JSON, with the path as a label', async () => {
    const bench = new Bench()
    bench.write('a.json', '[{"targets": ["x"], "labels": {"env": "p"}}]')
    bench.write('t1.yml', '- targets: [y]\n')
    bench.write('other.yml', '- targets: [no]\n')
    bench.apply(fileJob)
    expect(bench.told).toEqual([['f: x p', 'f: y']])
  })

  it('a file that is renamed into place is seen without waiting for the refresh', async () => {
    const bench = new Bench()
    bench.write('a.json', '[{"targets": ["x"]}]')
    bench.apply(fileJob)
    await bench.clock.advance(5_000)
    bench.write('a.json', '[{"targets": ["y"]}]')
    await waitUntil('the change is told', async () => {
      await bench.clock.advance(1_000)
      return bench.told.find((lines) => lines[0] === 'f: y')
    })
  })

  it('changes within five seconds are told together at their end', async () => {
    const bench = new Bench()
    bench.write('a.json', '[{"targets": ["x"]}]')
    bench.apply(fileJob)
    bench.write('b.json', '[{"targets": ["y"]}]')
    await waitUntil('the watch has fired', () =>
      bench.metric('prometheus_sd_received_updates_total') > 1 ? true : undefined,
    )
    expect(bench.told).toHaveLength(1)
    await bench.clock.advance(5_000)
    expect(bench.told.slice(1)).toEqual([['f: x', 'f: y']])
  })

  it('half a file keeps its last good groups, a file that is gone takes its groups along', async () => {
    const bench = new Bench()
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
    const bench = new Bench()
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
    const bench = new Bench()
    bench.write('a.json', '[{"targets": ["x"]}]')
    const two = fileJob + fileJob.replace('job_name: f', 'job_name: g')
    bench.apply(two)
    bench.apply(fileJob.replace('job_name: f', 'job_name: h'))
    expect(bench.told).toEqual([['f: x', 'g: x'], ['h: x']])
    expect(bench.metric('prometheus_sd_file_scan_duration_seconds_count')).toBe(1)
  })
})
