import { describe, expect, it } from 'vitest'
import { NarthexError } from '../../src/base/errors.ts'
import { loadConfig } from '../../src/config/load.ts'
import { readTargetFile } from '../../src/config/target-file.ts'
import { readWebConfig } from '../../src/config/web-config.ts'

function refusal(
  text: string,
  load: (text: string, path: string) => unknown = (...file) =>
    loadConfig(...file, { allowUnimplemented: true }),
): string {
  try {
    load(text, 'p.yml')
    return ''
  } catch (thrown) {
    if (!(thrown instanceof NarthexError)) throw thrown
    return thrown.message.replace('parsing YAML file p.yml: ', '').replace(/ \(p\.yml:.*\)$/, '')
  }
}

const lines = (...faults: readonly string[]) =>
  `yaml: unmarshal errors:\n${faults.map((fault) => `  line ${fault}`).join('\n')}`

describe('of several faults in one file', () => {
  it.each([
    [
      'two unknown keys in different sections',
      'scrape_configs:\n- job_name: a\n  x: 1\nglobal:\n  y: 1\n',
      lines(
        '3: field x not found in type config.ScrapeConfig',
        '5: field y not found in type config.plain',
      ),
    ],
    [
      'a wrong type and an unknown key',
      'remote_read:\n- url: http://a\n  read_recent: 7\nglobal: {x: 1}\n',
      lines('3: cannot unmarshal !!int `7` into bool', '4: field x not found in type config.plain'),
    ],
    [
      'wrong types in the items of one section',
      'scrape_configs:\n- job_name: [a]\n- {job_name: b, params: 5, honor_labels: x}\n',
      lines(
        '2: cannot unmarshal !!seq into string',
        '3: cannot unmarshal !!int `5` into url.Values',
        '3: cannot unmarshal !!str `x` into bool',
      ),
    ],
    [
      'a section that is used twice and one that is no section',
      'scrape_configs:\n- job_name: a\n  tls_config: &t {x: 1}\n- {job_name: b, tls_config: *t}\nglobal: []\n',
      lines(
        '3: field x not found in type config.plain',
        '3: field x not found in type config.plain',
        '5: cannot unmarshal !!seq into config.plain',
      ),
    ],
    [
      'a key twice and an unknown one before it',
      'zz: 1\nglobal: {}\nglobal: {}\n',
      lines(
        '1: field zz not found in type config.plain',
        '3: field global already set in type config.plain',
      ),
    ],
  ])('all types and keys are told in the order of the file: %s', (_, text, told) => {
    expect(refusal(text)).toBe(told)
  })

  it.each([
    [
      'no duration beside an unknown key',
      'x: 1\nglobal: {scrape_interval: y}\n',
      'not a valid duration string: "y"',
    ],
    [
      'the first one that is read of two',
      'scrape_configs: [{job_name: ""}]\nglobal: {scrape_interval: y}\n',
      'job_name is empty',
    ],
    [
      'of a client only after those of its section',
      'scrape_configs:\n- {bearer_token: a, bearer_token_file: b, job_name: ""}\n',
      'job_name is empty',
    ],
    [
      'a token of Consul before its client',
      'scrape_configs: [{job_name: a, consul_sd_configs: [{token: t, authorization: {type: basic}}]}]\n',
      'at most one of consul SD token, authorization, or oauth2 can be configured',
    ],
    [
      'of the whole file only after those of its sections',
      'rule_files: ["*/a"]\nscrape_configs: [{job_name: a, scrape_timeout: 2m}]\nalerting: {alertmanagers: [{api_version: v1}]}\n',
      'expected Alertmanager api version to be one of [v2] but got v1',
    ],
    [
      'names of rule files before jobs',
      'scrape_configs: [{job_name: a, scrape_timeout: 2m}]\nrule_files: ["*/a"]\n',
      'invalid rule file path "*/a"',
    ],
  ])('a check that fails is told alone: %s', (_, text, told) => {
    expect(refusal(text)).toBe(told)
  })

  it.each([
    [
      'its own key',
      'global: {scrape_interval: 5s, scrape_timeout: 9s, x: 1}\n',
      lines('1: field x not found in type config.plain'),
    ],
    [
      'one of a section in it',
      'scrape_configs: [{tls_config: {x: 1}}]\n',
      lines('1: field x not found in type config.plain'),
    ],
    [
      'anything, for a check of the whole file',
      'scrape_configs: [{job_name: a, scrape_timeout: 2m}]\nx: 1\n',
      lines('2: field x not found in type config.plain'),
    ],
  ])('a section is not checked where a type or key is wrong: %s', (_, text, told) => {
    expect(refusal(text)).toBe(told)
  })

  it('a file with more of them than are looked for is refused with the first ones', () => {
    const jobs = Array.from({ length: 3_000 }, (_, job) => `- {job_name: j${job}, x: 1}\n`)
    const told = refusal(`scrape_configs:\n${jobs.join('')}`)
    expect(told.split('\n').slice(0, 2)).toEqual(
      lines('2: field x not found in type config.ScrapeConfig').split('\n'),
    )
  })
})

describe('of several faults in a file of targets', () => {
  const group =
    'struct { Targets []string "yaml:\\"targets\\""; Labels model.LabelSet "yaml:\\"labels\\"" }'

  it.each([
    [
      'all types and keys are told, and not a null among the groups',
      '- null\n- {targets: x, port: 1}\n- labels: {a: [b]}\n- 5\n',
      lines(
        '2: cannot unmarshal !!str `x` into []string',
        `2: field port not found in type ${group}`,
        '3: cannot unmarshal !!seq into model.LabelValue',
        `4: cannot unmarshal !!int \`5\` into ${group}`,
      ),
    ],
    ['a null alone is told', '- targets: [a]\n- null\n', 'nil target group item found'],
    [
      'a label without a name is told alone',
      '- {targets: [a], labels: {"": b}}\n- {port: 1}\n',
      '"" is not a valid label name',
    ],
    [
      'a map is told as what is no list of groups',
      'targets: [a]\n',
      lines('1: cannot unmarshal !!map into []*targetgroup.Group'),
    ],
  ])('%s', (_, text, told) => {
    expect(refusal(text, readTargetFile)).toBe(told)
  })

  it('a file that is nothing but a null has no groups', () => {
    expect(readTargetFile('null\n', 'p.yml')).toEqual([])
  })
})

describe('of several faults in a web configuration', () => {
  it.each([
    [
      'all types and keys are told, and no check of a header or a password',
      'basic_auth_users: {a: [b], c: d}\nhttp_server_config: {http2: 5, headers: {X-A: b}}\nrate_limit: {burst: x}\nq: 1\n',
      lines(
        '1: cannot unmarshal !!seq into config.plain',
        '2: cannot unmarshal !!int `5` into bool',
        '3: cannot unmarshal !!str `x` into int',
        '4: field q not found in type web.Config',
      ),
    ],
    [
      'users that are no map are told as a map of secrets',
      'basic_auth_users: []\n',
      lines('1: cannot unmarshal !!seq into map[string]config.Secret'),
    ],
    [
      'a name of a cipher that is not known is told alone',
      'tls_server_config: {cipher_suites: [x]}\nq: 1\n',
      'unknown cipher: x',
    ],
  ])('%s', (_, text, told) => {
    expect(refusal(text, readWebConfig)).toBe(told)
  })
})

describe('the escaping scheme of global', () => {
  const global = 'global: {metric_name_escaping_scheme: x}\n'

  it('is checked with the jobs, and not where there is none', () => {
    expect(refusal(global)).toBe('')
    expect(refusal(`${global}scrape_configs: [{job_name: a}]\n`)).toMatch(
      /^unknown global name escaping method specified, .*, got "x"$/,
    )
  })
})

describe('the largest frame of a remote read', () => {
  const load = (limit: string) =>
    refusal(`remote_read: [{url: "http://a", chunked_read_limit: ${limit}}]\n`)

  it('is a whole number of 64 bits', () => {
    expect(load('18446744073709551615')).toBe('')
    expect(load('-1')).toBe(lines('1: cannot unmarshal !!int `-1` into uint64'))
  })
})

describe('azuread', () => {
  it('has its unknown keys told before its checks', () => {
    expect(refusal('remote_write: [{url: "http://a", azuread: {x: 1}}]\n')).toBe(
      lines('1: field x not found in type azuread.plain'),
    )
  })
})
