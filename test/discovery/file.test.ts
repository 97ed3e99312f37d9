import { mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { DiscoveryBench } from '../support/discovery-bench.ts'

const job = (files: string) => `- job_name: f
  file_sd_configs: [{files: ["${files}"], refresh_interval: 1h}]
`

describe('file discovery', () => {
  it('sees what Kubernetes does to a mounted config map: its link ..data is put on another folder', async () => {
    const bench = new DiscoveryBench()
    const at = (...names: readonly string[]) => join(bench.directory, 'sd', ...names)
    const version = (name: string, target: string) => {
      mkdirSync(at(name), { recursive: true })
      writeFileSync(at(name, 'a.json'), `[{"targets": ["${target}"]}]`)
      symlinkSync(name, at('..data_tmp'))
      renameSync(at('..data_tmp'), at('..data'))
    }
    version('..2024_1', 'x')
    symlinkSync('..data/a.json', at('a.json'))
    bench.apply(job('sd/*.json'))
    expect(bench.told).toEqual([['f: x']])
    version('..2024_2', 'y')
    rmSync(at('..2024_1'), { recursive: true })
    await bench.untilTold(['f: y'])
  })

  it('sees a folder that is replaced whole, and what happens in the new one', async () => {
    const bench = new DiscoveryBench()
    const at = (name: string) => join(bench.directory, name)
    mkdirSync(at('sd'))
    bench.write('sd/a.json', '[{"targets": ["x"]}]')
    bench.apply(job('sd/*.json'))
    mkdirSync(at('next'))
    bench.write('next/a.json', '[{"targets": ["y"]}]')
    renameSync(at('sd'), at('last'))
    renameSync(at('next'), at('sd'))
    await bench.untilTold(['f: y'])
    bench.write('sd/a.json', '[{"targets": ["z"]}]')
    await bench.untilTold(['f: z'])
  })

  it('takes fewer groups, and 50,000 of them, from the next version of a file', async () => {
    const bench = new DiscoveryBench()
    const groups = Array.from({ length: 50_000 }, (_, index) => ({ targets: [`h${index}:80`] }))
    bench.write('a.json', JSON.stringify(groups))
    bench.apply(job('*.json'))
    expect(bench.metric('prometheus_sd_discovered_targets')).toBe(50_000)
    bench.write('a.json', '[{"targets": ["h0:80", "h1:80"]}]')
    await bench.untilTold(['f: h0:80', 'f: h1:80'])
  })

  it('tells the targets of each job, and the time of each file as long as it is there', async () => {
    const bench = new DiscoveryBench()
    bench.write('a.yml', '- targets: [x]\n')
    utimesSync(join(bench.directory, 'a.yml'), 1_700_000_000, 1_700_000_000.5)
    const two = job('*.yml') + job('a.yml').replace('job_name: f', 'job_name: g')
    bench.apply(two)
    const found = 'prometheus_sd_discovered_targets{config="g",name="scrape"} 1\n'
    expect(bench.metrics.render()).toContain(found)
    const line = `prometheus_sd_file_mtime_seconds{filename="${bench.directory}/a.yml"} 1700000000.5\n`
    expect(bench.metrics.render()).toContain(line)
    bench.apply(job('*.yml'))
    expect(bench.metrics.render()).toContain(line)
    rmSync(join(bench.directory, 'a.yml'))
    await bench.untilTold([])
    expect(bench.metrics.render()).not.toContain('prometheus_sd_file_mtime_seconds{')
  })
})
