import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { pageServer } from '../support/page-server.ts'
import { peer, peersAreAbsent } from '../support/peers.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { checkTool } from './tsdb-tool.ts'

const config = (url: string) => `scrape_configs:
- job_name: a
  params: {x: ["<1>"]}
  static_configs: [{targets: ["x:1", "x:1", y, "z:http://q"], labels: {env: p}}]
  relabel_configs:
  - {source_labels: [__address__], regex: y, action: drop}
- job_name: h
  http_sd_configs: [{url: "${url}"}]
- job_name: none
`

async function configFile(): Promise<{ file: string; url: string }> {
  const { host } = await pageServer((_request, response) => {
    response.setHeader('Content-Type', 'application/json')
    response.end('[{"targets": ["a:1"], "labels": {"__meta_b": "c"}}]')
  })
  const file = join(temporaryDirectory(), 'prometheus.yml')
  const url = `http://${host}/sd`
  writeFileSync(file, config(url))
  return { file, url }
}

describe('check service-discovery', () => {
  it('prints the labels of each different target before and after relabelling', async () => {
    const { file, url } = await configFile()
    const { code, out } = await checkTool('service-discovery', '--timeout=500ms', file, 'h')
    expect(code).toBe(0)
    expect(JSON.parse(out)).toEqual([
      {
        discoveredLabels: {
          __address__: 'a:1',
          __always_scrape_classic_histograms__: 'false',
          __convert_classic_histograms_to_nhcb__: 'false',
          __meta_b: 'c',
          __meta_url: url,
          __metrics_path__: '/metrics',
          __scheme__: 'http',
          __scrape_interval__: '1m',
          __scrape_native_histograms__: 'false',
          __scrape_timeout__: '10s',
          job: 'h',
        },
        labels: {
          __address__: 'a:1',
          __always_scrape_classic_histograms__: 'false',
          __convert_classic_histograms_to_nhcb__: 'false',
          __metrics_path__: '/metrics',
          __scheme__: 'http',
          __scrape_interval__: '1m',
          __scrape_native_histograms__: 'false',
          __scrape_timeout__: '10s',
          instance: 'a:1',
          job: 'h',
        },
      },
    ])
  })

  it('names the jobs there are where there is none of the name, and what is wrong with a file', async () => {
    const { file } = await configFile()
    expect(await checkTool('service-discovery', file, 'b')).toEqual({
      code: 1,
      out: '',
      err: 'narthex: Job b not found. Select one of:\n\ta\n\th\n\tnone\n',
    })
    expect(await checkTool('service-discovery', file, 'none')).toEqual({
      code: 0,
      out: '[]',
      err: '',
    })
    const missing = await checkTool('service-discovery', `${file}.no`, 'b')
    expect(missing.code).toBe(1)
    expect(missing.err).toContain('Cannot load config ENOENT')
  })

  it.skipIf(peersAreAbsent)(
    'prints what promtool prints, but for the labels that came after its 3.5',
    async () => {
      const { file } = await configFile()
      const theirs = await new Promise<string>((resolve) => {
        const parameters = ['check', 'service-discovery', '--timeout=300ms', file, 'a']
        execFile(peer('promtool'), parameters, (_failed, out) => resolve(out))
      })
      const ours = await checkTool('service-discovery', file, 'a')
      const newer = /^ *"__(?:always_scrape|convert|scrape_native)_.*\n/gm
      expect(ours.out.replace(newer, '')).toBe(theirs)
      expect(ours.err).toBe('narthex: z:http://q: "z:http://q" is not a valid hostname\n')
    },
  )
})
