import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { NarthexError } from '../../src/base/errors.ts'
import { nodeFileSystem } from '../../src/base/node-file-system.ts'
import type { Config } from '../../src/config/config.ts'
import { scrapeConfigIdentity } from '../../src/config/identity.ts'
import { type LoadOptions, loadConfig } from '../../src/config/load.ts'
import { configText } from '../../src/config/print.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

function load(text: string, options?: LoadOptions): Config {
  return loadConfig(text, 'prometheus.yml', { environment: {}, ...options })
}

function failure(text: string, options?: LoadOptions): string {
  try {
    load(text, options)
  } catch (thrown) {
    if (thrown instanceof NarthexError) return `${thrown.code}: ${thrown.message}`
    throw thrown
  }
  return 'it loads'
}

describe('loading a configuration', () => {
  it('an empty file is all defaults', () => {
    const { global, scrapeConfigs } = load('')
    expect(scrapeConfigs).toEqual([])
    expect(global).toMatchObject({
      scrapeIntervalMs: 60_000,
      scrapeTimeoutMs: 10_000,
      evaluationIntervalMs: 60_000,
    })
  })

  it('a job inherits interval, limits and schemes from global', () => {
    const [job] = load(`
global: {scrape_interval: 5s, sample_limit: 7, body_size_limit: 2MB, metric_name_validation_scheme: legacy}
scrape_configs:
- job_name: a
`).scrapeConfigs
    expect(job).toMatchObject({
      scrapeIntervalMs: 5_000,
      scrapeTimeoutMs: 5_000,
      limits: { samplesMax: 7, bodyBytesMax: 2 << 20 },
      nameScheme: 'legacy',
      escapingScheme: 'underscores',
      metricsPath: '/metrics',
      scheme: 'http',
      honorTimestamps: true,
    })
  })

  it.each([
    [
      'scrape_configs:\n- job_name: a\n  foo: 1\n  bar: 2\n',
      'yaml: unmarshal errors:\n  line 3: field foo not found in type config.ScrapeConfig\n  line 4: field bar not found in type config.ScrapeConfig (prometheus.yml:3, scrape_configs[0].foo)',
    ],
    [
      'scrape_configs: 2020-01-01T00:00:00Z\n',
      'yaml: unmarshal errors:\n  line 1: cannot unmarshal !!timestamp `2020-01...` into []*config.ScrapeConfig (prometheus.yml:1, scrape_configs)',
    ],
    [
      'rule_files: 0x10\n',
      'yaml: unmarshal errors:\n  line 1: cannot unmarshal !!int `0x10` into []string (prometheus.yml:1, rule_files)',
    ],
    [
      'remote_read: [{url: http://a, required_matchers: 1.5}]\n',
      'yaml: unmarshal errors:\n  line 1: cannot unmarshal !!float `1.5` into model.LabelSet (prometheus.yml:1, remote_read[0].required_matchers)',
    ],
    [
      'scrape_configs:\n- job_name: a\n  ec2_sd_configs: !foo x\n',
      'yaml: unmarshal errors:\n  line 3: cannot unmarshal !foo `x` into []*aws.EC2SDConfig (prometheus.yml:3, scrape_configs[0].ec2_sd_configs)',
    ],
    [
      'scrape_configs:\n- job_name: a\n  dns_sd_configs: n\n',
      'yaml: unmarshal errors:\n  line 3: cannot unmarshal !!bool `n` into []*dns.SDConfig (prometheus.yml:3, scrape_configs[0].dns_sd_configs)',
    ],
    [
      'remote_read: [{url: http://a, bearer_token: [x]}]\n',
      'yaml: unmarshal errors:\n  line 1: cannot unmarshal !!seq into config.plain (prometheus.yml:1, remote_read[0].bearer_token)',
    ],
    [
      'storage: |\n  text\n',
      'yaml: unmarshal errors:\n  line 1: cannot unmarshal !!str `text\n` into config.StorageConfig (prometheus.yml:1, storage)',
    ],
    [
      'global: {scrape_protocols: 18446744073709551615}\n',
      'yaml: unmarshal errors:\n  line 1: cannot unmarshal !!int `1844674...` into []config.ScrapeProtocol (prometheus.yml:1, global.scrape_protocols)',
    ],
    [
      'global: {scrape_protocols: 18446744073709551616}\n',
      'yaml: unmarshal errors:\n  line 1: cannot unmarshal !!float `1844674...` into []config.ScrapeProtocol (prometheus.yml:1, global.scrape_protocols)',
    ],
    [
      'scrape_configs:\n- job_name: a\n  consult: 1\n',
      'yaml: unmarshal errors:\n  line 3: field consult not found in type config.ScrapeConfig (prometheus.yml:3, scrape_configs[0].consult)',
    ],
    [
      'storage:\n  foo:\n    bar: 1\n',
      'yaml: unmarshal errors:\n  line 2: field foo not found in type config.StorageConfig (prometheus.yml:2, storage.foo)',
    ],
    [
      'global:\n  external_labels:\n    a: !!binary "/w=="\n',
      '"\\xff" is not a valid label value (prometheus.yml:3, global.external_labels.a)',
    ],
    [
      'storage: {tsdb: {retention: {size: -1GB}}}\n',
      "'storage.tsdb.retention.size' must be greater than or equal to 0, got -1GiB (prometheus.yml:1, storage.tsdb.retention)",
    ],
    [
      'global: {}\nglobal: {}\n',
      'yaml: unmarshal errors:\n  line 2: field global already set in type config.plain (prometheus.yml:2, global)',
    ],
    [
      '&g global: {}\n*g : {}\n',
      'yaml: unmarshal errors:\n  line 2: field global already set in type config.plain (prometheus.yml:2, global)',
    ],
    [
      'global: {<<: {sample_limit: 1, sample_limit: 2}}\n',
      'yaml: unmarshal errors:\n  line 1: field sample_limit already set in type config.plain (prometheus.yml:1, global.sample_limit)',
    ],
    [
      'global:\n  external_labels: {<<: {a: b},\n    a: c}\n',
      'yaml: unmarshal errors:\n  line 3: key "a" already set in map (prometheus.yml:3, global.external_labels.a)',
    ],
    [
      'global:\n  external_labels: {a: c,\n    <<: {a: b}}\n',
      'yaml: unmarshal errors:\n  line 3: key "a" already set in map (prometheus.yml:3, global.external_labels.a)',
    ],
    [
      'global: {<<: [{external_labels: {}, a: 1}]}\n',
      'yaml: unmarshal errors:\n  line 1: field a not found in type config.plain (prometheus.yml:1, global.a)',
    ],
    [
      'global:\n  sample_limit: many\n',
      'yaml: unmarshal errors:\n  line 2: cannot unmarshal !!str `many` into uint (prometheus.yml:2, global.sample_limit)',
    ],
    [
      'global:\n  scrape_interval: 5 s\n',
      'unknown unit " s" in duration "5 s" (prometheus.yml:2, global.scrape_interval)',
    ],
    [
      'global: {scrape_interval: 1s, scrape_timeout: 2s}\n',
      'global scrape timeout greater than scrape interval (prometheus.yml:1, global)',
    ],
    [
      'scrape_configs:\n- scheme: https\n',
      'job_name is empty (prometheus.yml:2, scrape_configs[0])',
    ],
    ['a: [1\n', 'yaml: line'],
  ])('%j is an error that names its line and path', (text, words) => {
    expect(failure(text)).toContain(`CONFIG_INVALID: parsing YAML file prometheus.yml: ${words}`)
  })

  it('what is not built yet is refused by name and line', () => {
    expect(failure('global: {}\nremote_write:\n- url: http://x/\n')).toBe(
      'NOT_BUILT_YET: prometheus.yml:3: remote_write is not built yet; --narthex.allow-unimplemented starts anyway and leaves it out',
    )
    expect(
      failure('scrape_configs:\n- job_name: a\n  gce_sd_configs: [{project: p, zone: z}]\n'),
    ).toContain('prometheus.yml:3: gce_sd_configs is not built yet')
  })

  it('with allowUnimplemented it is left out with a notice', () => {
    const text = 'remote_write:\n- url: http://x/\nscrape_configs: [{job_name: a}]\n'
    const config = load(text, { allowUnimplemented: true })
    expect(config.notices).toEqual([
      'prometheus.yml:2: remote_write is not built yet and is left out',
    ])
    expect(config.scrapeConfigs).toHaveLength(1)
  })

  it('the sections of the example file of upstream that ask for nothing are accepted', () => {
    const text =
      'alerting:\n  alertmanagers:\n  - static_configs:\n    - targets:\nrule_files:\n  # - a.yml\n'
    expect(load(text).notices).toEqual([])
  })

  it('environment variables are expanded in external_labels only', () => {
    const text = 'global:\n  external_labels: {a: "x${A}$B", b: $$A, c: $NONE}\n'
    const { externalLabels } = load(text, { environment: { A: '1', B: '2' } }).global
    expect(externalLabels.toObject()).toEqual({ a: 'x12', b: '$A' })
  })

  it.each([
    ['$', '$', []],
    ['a$ b$-c', 'a$ bc', ['-']],
    ['$10 ${10}', '0 ', ['1', '10']],
    ['${}x${$}y${A', 'x$yA', []],
    ['$constructor ${__proto__}', ' ', ['constructor', '__proto__']],
    ['$A ${EMPTY}$UNSET', '1 ', ['EMPTY', 'UNSET']],
  ])('%j is expanded as Go expands it, to %j, and tells of what is empty', (value, text, empty) => {
    const told: string[] = []
    const { externalLabelTexts } = load(
      `global: {external_labels: {l: ${JSON.stringify(value)}}}`,
      { environment: { A: '1', EMPTY: '' }, emptyVariable: (name) => told.push(name) },
    ).global
    expect([externalLabelTexts.get('l'), told]).toEqual([text, empty])
  })

  it('a null in a job leaves what global says of histograms and of metrics of the scrape', () => {
    const keys = ['scrape_native_histograms', 'always_scrape_classic_histograms']
      .concat('convert_classic_histograms_to_nhcb', 'extra_scrape_metrics')
      .map((key) => `  ${key}: `)
    const [job] = load(
      `global:\n${keys.map((key) => `${key}true\n`).join('')}scrape_configs:\n- job_name: a\n${keys.map((key) => `${key}null\n`).join('')}`,
    ).scrapeConfigs
    expect(job).toMatchObject({
      scrapeNativeHistograms: true,
      alwaysScrapeClassicHistograms: true,
      convertClassicHistograms: true,
      extraScrapeMetrics: true,
    })
    expect(job?.scrapeProtocols[0]).toBe('PrometheusProto')
  })

  it('a null takes the defaults of queue_config and metadata_config away', () => {
    const remote = (more: string) =>
      load(`remote_write:\n- url: http://a\n  ${more}\n`, { allowUnimplemented: true })
    expect(() => remote('queue_config:')).toThrow('remote write queue max_shards must be positive')
    const { remoteWrite } = remote('metadata_config:')
    expect(remoteWrite[0]?.metadata).toEqual({
      send: false,
      sendIntervalMs: 0,
      maxSamplesPerSend: 0,
    })
  })

  it('relative paths start at the folder of the file', () => {
    const text = `
scrape_configs:
- job_name: a
  basic_auth: {username: u, password_file: pw}
  file_sd_configs: [{files: [targets/*.yml, /abs.json]}]
`
    const [job] = loadConfig(text, 'etc/prometheus.yml').scrapeConfigs
    expect(job?.http.basicAuth?.passwordFile).toBe('etc/pw')
    expect(job?.discovery).toMatchObject([
      { mechanism: 'file', files: ['etc/targets/*.yml', '/abs.json'], refreshIntervalMs: 300_000 },
    ])
  })

  it('jobs of scrape_config_files are added, and a job name twice is an error', () => {
    const directory = temporaryDirectory()
    const extra = join(directory, 'b.yml')
    nodeFileSystem.writeFile(extra, Buffer.from('scrape_configs: [{job_name: b}]'))
    const path = join(directory, 'prometheus.yml')
    const options = { fs: nodeFileSystem }
    const head = 'scrape_config_files: ["*.yml"]\nscrape_configs: [{job_name: a}]\n'
    const globbed = head.replace('*.yml', 'b*.yml')
    expect(loadConfig(globbed, path, options).scrapeConfigs.map((job) => job.jobName)).toEqual([
      'a',
      'b',
    ])
    expect(() => loadConfig(globbed.replace('job_name: a', 'job_name: b'), path, options)).toThrow(
      `error loading scrape configs: ${JSON.stringify(extra)}: found multiple scrape configs with job name "b", first found in main config file`,
    )
  })

  it.each([
    [
      'scrape_configs: [{job_name: x}, {job_name: x}]',
      'found multiple scrape configs with job name "x", first found in FILE',
    ],
    [
      'global: {}',
      'yaml: unmarshal errors:\n  line 1: field global not found in type config.ScrapeConfigs',
    ],
    ['scrape_configs: [{job_name: x, scrape_interval: 1}]', 'not a valid duration string: "1"'],
    ['scrape_configs: [{}]', 'job_name is empty'],
  ])('a file of scrape_config_files with %s is named by its whole path', (text, words) => {
    const directory = temporaryDirectory()
    const file = join(directory, 'jobs.yml')
    nodeFileSystem.writeFile(file, Buffer.from(text))
    const main = join(directory, 'prometheus.yml')
    const load = () => loadConfig('scrape_config_files: [jobs.yml]', main, { fs: nodeFileSystem })
    const name = JSON.stringify(file)
    expect(load).toThrow(`error loading scrape configs: ${name}: ${words.replace('FILE', name)}`)
  })

  it('aliases and merge keys work, and an alias bomb is refused before it is walked', () => {
    const text = 'global: &g {scrape_interval: 3s}\nscrape_configs: [{<<: *g, job_name: a}]\n'
    expect(load(text).scrapeConfigs[0]?.scrapeIntervalMs).toBe(3_000)
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]']
    for (let level = 1; level < 10; level++) {
      const refs = Array.from({ length: 10 }, () => `*a${level - 1}`).join(', ')
      lines.push(`a${level}: &a${level} [${refs}]`)
    }
    expect(failure(lines.join('\n'))).toContain('document has more than 1000000 values')
  })

  it.each([
    ['{scrape_interval: 1m, <<: {scrape_interval: 40s}}', 40_000],
    ['{<<: {scrape_interval: 40s}, scrape_interval: 1m}', 60_000],
    ['{<<: [{scrape_interval: 40s}, {scrape_interval: 50s}]}', 40_000],
    ['{<<: {scrape_interval: 40s}, <<: {scrape_interval: 50s}}', 50_000],
    ['{<<: {scrape_interval: 40s, <<: {scrape_interval: 50s}}}', 50_000],
  ])('keys count as they stand, and of merged mappings in a list the first: %s', (global, ms) => {
    expect(load(`global: ${global}\n`).global.scrapeIntervalMs).toBe(ms)
  })

  it.each([
    ['<<: {tls_config: {ca_file: /a, server_name: s}}, tls_config: {server_name: t}', '/a', 't'],
    ['tls_config: {server_name: t}, <<: {tls_config: {ca_file: /a, server_name: s}}', '/a', 's'],
    [
      '<<: [{tls_config: {server_name: a}}, {tls_config: {ca_file: /a, server_name: b}}]',
      '/a',
      'a',
    ],
    ['<<: {tls_config: {ca_file: /a}}, <<: {tls_config: ~}, tls_config: {server_name: a}', '', 'a'],
  ])('a section that merge keys bring, too, is filled by all of them: %s', (fields, ca, server) => {
    const [job] = load(`scrape_configs: [{job_name: a, ${fields}}]`).scrapeConfigs
    expect([job?.http.tls.caFile, job?.http.tls.serverName]).toEqual([ca, server])
  })

  it('a map that merge keys bring, too, has the keys of all of them, each once', () => {
    const job = (own: string) =>
      `scrape_configs: [{job_name: a, <<: {params: {a: [x]}}, params: {${own}: [y]}}]`
    const params = load(job('b')).scrapeConfigs[0]?.params
    expect(params).toEqual(new Map(Object.entries({ a: ['x'], b: ['y'] })))
    expect(failure(job('a'))).toContain('line 1: key "a" already set in map')
  })

  it('a section that upstream begins anew has what came last', () => {
    const text = '<<: {tracing: {endpoint: a, insecure: true}}\ntracing: {endpoint: b}\n'
    expect(load(text).tracing).toMatchObject({ endpoint: 'b', insecure: false })
  })

  it('a target with a path is refused unless relabelling may change it', () => {
    const job = 'scrape_configs:\n- job_name: a\n  static_configs: [{targets: ["http://x"]}]\n'
    expect(failure(job)).toContain('"http://x" is not a valid hostname')
    expect(failure(`${job}  relabel_configs: [{target_label: a, replacement: b}]\n`)).toBe(
      'it loads',
    )
  })
})

describe('secrets', () => {
  const text = (password: string) =>
    `scrape_configs: [{job_name: a, basic_auth: {username: u, password: ${password}}}]`

  it('still tell two configurations apart', () => {
    const identities = ['hush', 'hush', 'whist'].map((password) =>
      load(text(password)).scrapeConfigs.map(scrapeConfigIdentity).join(),
    )
    expect(identities[0]).toBe(identities[1])
    expect(identities[0]).not.toBe(identities[2])
  })
})

describe('the text of the status page', () => {
  it('has upstream order, defaults filled in, and reads back as the same configuration', () => {
    const config = load(`
global: {scrape_interval: 15s, external_labels: {b: "1", a: "yes"}}
scrape_configs:
- job_name: "123"
  params: {module: [x, "2"]}
  body_size_limit: 1536KB
  static_configs: [{targets: ["localhost:9090"], labels: {k: ": v"}}]
  relabel_configs: [{source_labels: [a, b], regex: "(.*):x", target_label: t, replacement: "multi\\nline"}]
`)
    const printed = configText(config)
    expect(printed).toMatchInlineSnapshot(`
      "global:
        scrape_interval: 15s
        scrape_timeout: 10s
        evaluation_interval: 1m
        external_labels:
          a: "yes"
          b: "1"
        metric_name_validation_scheme: utf8
        scrape_native_histograms: false
        extra_scrape_metrics: false
      runtime:
        gogc: 75
      scrape_configs:
      - job_name: "123"
        honor_timestamps: true
        track_timestamps_staleness: false
        params:
          module:
          - x
          - "2"
        scrape_interval: 15s
        scrape_timeout: 10s
        scrape_protocols:
        - OpenMetricsText1.0.0
        - OpenMetricsText0.0.1
        - PrometheusText1.0.0
        - PrometheusText0.0.4
        scrape_native_histograms: false
        always_scrape_classic_histograms: false
        convert_classic_histograms_to_nhcb: false
        metrics_path: /metrics
        scheme: http
        enable_compression: true
        body_size_limit: 1MiB512KiB
        metric_name_validation_scheme: utf8
        metric_name_escaping_scheme: allow-utf-8
        extra_scrape_metrics: false
        follow_redirects: true
        enable_http2: true
        relabel_configs:
        - source_labels: [a, b]
          separator: ;
          regex: (.*):x
          target_label: t
          replacement: |-
            multi
            line
          action: replace
        static_configs:
        - targets:
          - localhost:9090
          labels:
            k: ': v'
      storage:
        tsdb:
          outofordertimewindow: 0
          retention: {}
      otlp:
        translation_strategy: UnderscoreEscapingWithSuffixes
        label_name_underscore_sanitization: true
        label_name_preserve_multiple_underscores: true
      "
    `)
    const again = load(printed, { allowUnimplemented: true })
    expect(configText(again)).toBe(printed)
  })

  it('has the out-of-order window where there is one', () => {
    const config = load('storage: { tsdb: { out_of_order_time_window: 90m } }')
    expect(config.storage.outOfOrderWindowMs).toBe(5_400_000)
    expect(configText(config)).toContain(
      '  tsdb:\n    outofordertimewindow: 5400000\n    out_of_order_time_window: 1h30m\n',
    )
    expect(load('').storage.outOfOrderWindowMs).toBe(0)
  })
})
