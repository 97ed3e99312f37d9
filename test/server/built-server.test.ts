import { spawnSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { instant } from '../support/api-client.ts'
import { startBuiltServer } from '../support/built-server.ts'
import { remoteWriteBody, remoteWriteHeaders } from '../support/remote-write-body.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { waitUntil } from '../support/wait-until.ts'

const bundle = join(import.meta.dirname, '..', '..', 'dist', 'narthex.cjs')

/** Runs the server with arguments that it refuses, or that only print. */
function run(...parameters: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bundle, ...parameters], {
    encoding: 'utf8',
    timeout: 20_000,
  })
  return { status, stdout, stderr }
}

function scrapeItself(port: number, job: string): string {
  return `scrape_configs: [{ job_name: ${job}, scrape_interval: 1s, scrape_timeout: 1s, static_configs: [{ targets: ['127.0.0.1:${port}'] }] }]\n`
}

describe('the command line', () => {
  it.each([
    [
      ['--config.fil=x'],
      "narthex: unknown option '--config.fil=x'\n(Did you mean --config.file?)\n",
    ],
    [
      ['chek', 'rules'],
      "narthex: unknown command 'chek'; the server takes none, others are check, test, rules, tsdb, query, promql, push, debug\n",
    ],
    [
      ['--agent'],
      'narthex: flag --agent is not built yet and would do nothing; --narthex.allow-unimplemented starts anyway\n',
    ],
    [
      ['--query.timeout=soon'],
      'narthex: flag --query.timeout takes a duration such as 30s or 1h30m (not a valid duration string: "soon"), not "soon"\n',
    ],
    [
      ['--log.level=loud'],
      'narthex: flag --log.level takes one of debug, info, warn, error, not "loud"\n',
    ],
    [
      ['--web.listen-address=nowhere'],
      'narthex: flag --web.listen-address takes HOST:PORT, not "nowhere"\n',
    ],
  ])('%j ends with code 2 and says what to do', (parameters, words) => {
    const config = join(temporaryDirectory(), 'p.yml')
    writeFileSync(config, '')
    const data = `--storage.tsdb.path=${join(temporaryDirectory(), 'data')}`
    const { status, stderr } = run(
      `--config.file=${config}`,
      data,
      '--log.level=error',
      ...parameters,
    )
    expect({ status, stderr }).toEqual({ status: 2, stderr: words })
  })

  it.each([
    [
      '--storage.tsdb.wal-segment-size=9MB',
      'flag --storage.tsdb.wal-segment-size takes 10MB to 256MB, not "9MB"',
    ],
    [
      '--storage.tsdb.max-block-chunk-segment-size=512KB',
      'flag --storage.tsdb.max-block-chunk-segment-size takes 1MB or more, not "512KB"',
    ],
    [
      '--enable-feature=st-storage',
      'float chunk encoding "xor" is incompatible with start-timestamp storage',
    ],
    [
      '--web.config.file=/nowhere/web.yml',
      'web configuration file /nowhere/web.yml: open /nowhere/web.yml: no such file or directory',
    ],
  ])('%s reads well, cannot be worked with, and ends with code 1', (parameter, words) => {
    const directory = temporaryDirectory()
    const config = join(directory, 'p.yml')
    writeFileSync(config, '')
    const data = `--storage.tsdb.path=${join(directory, 'data')}`
    const address = '--web.listen-address=127.0.0.1:0'
    const { status, stderr } = run(`--config.file=${config}`, data, address, parameter)
    expect([status, stderr]).toEqual([1, expect.stringContaining(`narthex: ${words}`)])
  })

  it('--version names ours and the one it is compatible with', () => {
    const { status, stdout } = run('--version')
    expect(status).toBe(0)
    expect(stdout).toMatch(
      /^narthex, version \d+\.\d+\.\d+ \(compatible with prometheus, version 3\.14\.0\)\n/,
    )
  })

  it('--help lists every flag that works', () => {
    const { status, stdout } = run('--help')
    expect(status).toBe(0)
    for (const flag of [
      '--config.file',
      '--storage.tsdb.path',
      '--query.timeout',
      '--web.enable-lifecycle',
    ])
      expect(stdout).toContain(flag)
    expect(stdout).not.toContain('--agent')
  })

  it('a configuration that is wrong ends with code 2 and names file, line and key', () => {
    const config = join(temporaryDirectory(), 'p.yml')
    writeFileSync(config, 'global:\n  scrape_intervall: 5s\n')
    const { status, stderr } = run(`--config.file=${config}`)
    expect(status).toBe(2)
    expect(stderr).toContain(`${config}:2`)
    expect(stderr).toContain('scrape_intervall')
  })

  it('a configuration that asks for what is not built is refused by name and line, and nothing is created', () => {
    const directory = temporaryDirectory()
    const config = join(directory, 'p.yml')
    writeFileSync(config, 'global: {}\nremote_write: [{ url: "http://localhost/x" }]\n')
    const { status, stderr } = run(
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(directory, 'data')}`,
    )
    expect(status).toBe(2)
    expect(stderr).toContain(`${config}:2`)
    expect(stderr).toContain('remote_write')
    expect(existsSync(join(directory, 'data'))).toBe(false)
  })
})

describe('the metrics of the server', () => {
  it('have each series once, with every part of the server at work', async () => {
    const directory = temporaryDirectory()
    writeFileSync(
      join(directory, 'rules.yml'),
      'groups: [{ name: g, rules: [{ alert: A, expr: up == 0 }] }]\n',
    )
    const sections = ['static_configs', 'file_sd_configs', 'dns_sd_configs'].map(
      (name, index) =>
        `${name}: [${['{ targets: [a:1] }', '{ files: [x.yml] }', '{ names: [a.invalid] }'][index]}]`,
    )
    const server = await startBuiltServer({
      directory,
      config: `rule_files: [rules.yml]
alerting: { alertmanagers: [{ ${sections.join(', ')} }] }
scrape_configs: [{ job_name: a, ${sections.join(', ')} }]
`,
      flags: ['--web.enable-remote-write-receiver', '--enable-feature=exemplar-storage'],
    })
    const page = await (await fetch(`${server.url}/metrics`)).text()
    const series = page.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
    const names = series.map((line) => line.slice(0, line.lastIndexOf(' ')))
    expect(names.length).toBeGreaterThan(300)
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
  })

  it.each([
    '',
    'check',
    'check config',
    'check service-discovery',
    'query range',
    'test rules',
    'rules backtest',
    'tsdb',
    'tsdb create-blocks-from rules',
    'push metrics',
    'debug',
    'promql',
  ])('help of "%s" fits 80 columns and tells durations as they are given', (command) => {
    const words = command.split(' ').filter((word) => word !== '')
    const { status, stdout } = run(...words, '--help')
    expect(status).toBe(0)
    expect(stdout).toContain(`Usage: narthex ${command}`)
    // What is one word, or the name of an option alone in its line, is not broken.
    const wide = stdout.split('\n').filter((line) => line.length > 80)
    expect(wide.filter((line) => /^ {20,}\S+ \S/.test(line))).toEqual([])
    expect(stdout).not.toMatch(/\(default: \d{4,}\)/)
  })
})

describe('the running server', () => {
  it('loads a changed configuration on POST /-/reload, and keeps the last good one', async () => {
    const directory = temporaryDirectory()
    const server = await startBuiltServer({ directory, flags: ['--web.enable-lifecycle'] })
    const port = Number(new URL(server.url).port)
    const config = join(directory, 'prometheus.yml')
    const reload = async () => {
      const response = await fetch(`${server.url}/-/reload`, { method: 'POST' })
      return { status: response.status, text: await response.text() }
    }
    writeFileSync(config, scrapeItself(port, 'first'))
    expect(await reload()).toEqual({ status: 200, text: '' })
    await waitUntil('it scrapes itself', async () =>
      (await instant(server.url, 'up{job="first"} == 1')).length > 0 ? true : undefined,
    )

    writeFileSync(config, 'scrape_configs: [{ job_name: x, scrape_intervall: 1s }]')
    const failed = await reload()
    expect(failed.status).toBe(500)
    expect(failed.text).toContain(
      `failed to reload config: couldn't load configuration (--config.file="${config}"): parsing YAML file ${config}: `,
    )
    expect(failed.text).toContain('scrape_intervall')
    const page = await (await fetch(`${server.url}/metrics`)).text()
    expect(page).toContain('prometheus_config_last_reload_successful 0')
    const status = await fetch(`${server.url}/api/v1/status/config`)
    expect(await status.text()).toContain('first')

    writeFileSync(config, scrapeItself(port, 'second'))
    server.signal('SIGHUP')
    await waitUntil('the new job is scraped', async () =>
      (await instant(server.url, 'up{job="second"} == 1')).length > 0 ? true : undefined,
    )
    // The series of the job that is gone end.
    await waitUntil(
      'the old job is stale',
      async () => ((await instant(server.url, 'up{job="first"}')).length === 0 ? true : undefined),
      60_000,
    )
  }, 90_000)

  it('refuses lifecycle calls unless they are enabled, and those of other sites always', async () => {
    const off = await startBuiltServer({ directory: temporaryDirectory() })
    expect((await fetch(`${off.url}/-/reload`, { method: 'POST' })).status).toBe(403)
    const on = await startBuiltServer({
      directory: temporaryDirectory(),
      flags: ['--web.enable-lifecycle'],
    })
    const foreign = await fetch(`${on.url}/-/reload`, {
      method: 'POST',
      headers: { Origin: 'http://evil.example' },
    })
    expect([foreign.status, await foreign.text()]).toEqual([
      403,
      'Requests from the pages of other sites are refused.\n',
    ])
  })

  it('refuses remote write unless it is enabled', async () => {
    const server = await startBuiltServer({ directory: temporaryDirectory() })
    const response = await fetch(`${server.url}/api/v1/write`, {
      method: 'POST',
      body: remoteWriteBody([]),
      headers: remoteWriteHeaders,
    })
    expect([response.status, await response.text()]).toEqual([
      404,
      'remote write receiver needs to be enabled with --web.enable-remote-write-receiver\n',
    ])
  })

  it('closes on SIGTERM with code 0, and has everything when it comes back', async () => {
    const directory = temporaryDirectory()
    const flags = ['--web.enable-remote-write-receiver']
    const first = await startBuiltServer({ directory, flags })
    const nowMs = Date.now()
    const series = [
      {
        labels: [['__name__', 'kept']] as const,
        timestampsMs: [nowMs],
        values: Float64Array.of(42.5),
      },
    ]
    expect(
      (
        await fetch(`${first.url}/api/v1/write`, {
          method: 'POST',
          body: remoteWriteBody(series),
          headers: remoteWriteHeaders,
        })
      ).status,
    ).toBe(204)
    expect(await first.stop('SIGTERM')).toBe(0)
    const second = await startBuiltServer({ directory, flags })
    expect((await instant(second.url, 'kept', nowMs / 1000)).map(({ value }) => value[1])).toEqual([
      '42.5',
    ])
  })

  it('a second server on the same data names the first and exits with 1', async () => {
    const directory = temporaryDirectory()
    const first = await startBuiltServer({ directory })
    const { status, stderr } = run(
      `--config.file=${join(directory, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(directory, 'data')}`,
      '--web.listen-address=127.0.0.1:0',
    )
    expect(status).toBe(1)
    expect(stderr).toContain(`is in use by process ${first.pid}`)
    expect(stderr).not.toContain('taken over')
  })

  it('an address that cannot be listened on is told, with what to do, and exits with 1', async () => {
    const first = await startBuiltServer({ directory: temporaryDirectory() })
    const { host } = new URL(first.url)
    const directory = temporaryDirectory()
    const file = join(directory, 'prometheus.yml')
    writeFileSync(file, '')
    const saidOf = (address: string) => {
      const data = `--storage.tsdb.path=${join(directory, 'data')}`
      const flags = [`--config.file=${file}`, data, `--web.listen-address=${address}`]
      const { status, stderr } = run(...flags)
      return [status, stderr.split('\n').filter((line) => !line.startsWith('time='))]
    }
    expect(saidOf(host)).toEqual([
      1,
      [
        `narthex: cannot listen on ${host}: another process does already; give another address by --web.listen-address=HOST:PORT`,
        '',
      ],
    ])
    expect(saidOf('192.0.2.1:9090')).toEqual([
      1,
      ['narthex: cannot listen on 192.0.2.1:9090: this machine has no such address', ''],
    ])
  })

  it('a wrong rule file ends the start with 2 before anything listens or is replayed', () => {
    const directory = temporaryDirectory()
    const [file, rules] = [join(directory, 'prometheus.yml'), join(directory, 'r.yml')]
    writeFileSync(file, 'rule_files: [r.yml]')
    writeFileSync(rules, 'groups: [{name: a, rules: [{record: x, expr: sum(}]}]')
    const data = join(directory, 'data')
    const { status, stderr } = run(`--config.file=${file}`, `--storage.tsdb.path=${data}`)
    expect(status).toBe(2)
    expect(stderr).toContain(
      `narthex: error loading rules: ${rules}: 1:46: group "a", rule 1, "x": could not parse expression: 1:5: parse error: unclosed left parenthesis\n`,
    )
    expect(stderr).not.toContain('Listening on')
    expect(existsSync(data)).toBe(false)
  })
})
