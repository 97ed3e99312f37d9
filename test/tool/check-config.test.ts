import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { checkTool } from './tsdb-tool.ts'

function file(text: string, name = 'prometheus.yml', directory = temporaryDirectory()): string {
  const path = join(directory, name)
  writeFileSync(path, text)
  return path
}

describe('check config', () => {
  it('says that a file is valid, and how many rule files it names', async () => {
    const directory = temporaryDirectory()
    file('groups: []\n', 'r.yml', directory)
    const path = file('rule_files: ["*.yml"]\n', 'c.yaml', directory)
    expect(await checkTool('config', path)).toEqual({
      code: 0,
      out: `Checking ${path}
  SUCCESS: 1 rule files found
 SUCCESS: ${path} is valid prometheus config file syntax

Checking ${join(directory, 'r.yml')}
  SUCCESS: 0 rules found

`,
      err: '',
    })
  })

  it('tells file, line and key of what is wrong, and exits with 1', async () => {
    const path = file('global:\n  scrape_interval: x\n')
    const { code, err } = await checkTool('config', path)
    expect(code).toBe(1)
    const words = `parsing YAML file ${path}: not a valid duration string: "x"`
    expect(err).toBe(`  FAILED: ${words} (${path}:2, global.scrape_interval)\n`)
  })

  it('takes an Alertmanager of any scheme, as upstream does', async () => {
    const address = "static_configs: [{targets: ['h:9093']}]"
    const path = file(`alerting: {alertmanagers: [{scheme: 5MB, ${address}}]}\n`)
    expect(await checkTool('config', path)).toMatchObject({ code: 0, err: '' })
  })

  it('looks into scrape_config_files, and leaves them alone with --syntax-only', async () => {
    const directory = temporaryDirectory()
    file('scrape_configs: [{job_name: a}]\n', 'extra.yml', directory)
    const path = file(
      'scrape_config_files: [extra.yml]\nscrape_configs: [{job_name: a}]\n',
      'c.yaml',
      directory,
    )
    const { code, err } = await checkTool('config', path)
    expect([code, err]).toEqual([1, expect.stringContaining('multiple scrape configs')])
    expect((await checkTool('config', '--syntax-only', path)).code).toBe(0)
  })

  it('refuses with --agent what an agent has no use for', async () => {
    const path = file('rule_files: [a.yml]\n')
    expect((await checkTool('config', '--agent', '--syntax-only', path)).err).toContain(
      'field rule_files is not allowed in agent mode',
    )
  })

  it('refuses what is not built yet as the server does, and warns of it where that is allowed', async () => {
    const path = file(
      'scrape_configs: [{job_name: a, triton_sd_configs: [{account: a, dns_suffix: b, endpoint: c}]}]\n',
    )
    const refused = await checkTool('config', path)
    expect(refused.err).toContain('triton_sd_configs is not built yet')
    expect(refused.code).toBe(1)
    const { code, out } = await checkTool('config', '--narthex.allow-unimplemented', path)
    expect(out).toContain('  WARNING: ')
    expect(code).toBe(0)
  })

  it('refuses a path without a file before it looks at any', async () => {
    const { code, out, err } = await checkTool('config', '/nowhere/at/all.yml')
    expect([code, out, err]).toEqual([
      1,
      '',
      "narthex: path '/nowhere/at/all.yml' does not exist\n",
    ])
  })
})
