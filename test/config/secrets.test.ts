import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { NarthexError } from '../../src/base/errors.ts'
import { discoverySections, unbuiltSections } from '../../src/config/discovery-config.ts'
import { FieldReader } from '../../src/config/field-reader.ts'
import { loadConfig } from '../../src/config/load.ts'
import { configText } from '../../src/config/print.ts'
import { FileContext } from '../../src/config/read-context.ts'
import { Secret } from '../../src/config/secret.ts'
import { parseYaml } from '../../src/config/yaml-node.ts'
import { yamlList, yamlMap, yamlText } from '../../src/config/yaml-text.ts'

/** Stands in every field that holds a secret, and in every address that may. */
const canary = '0ca4a41e-0000-4000-8000-c0ffeec0ffee'

const url = `"http://user:${canary}@host:8080/p"`
const proxied = `proxy_url: ${url}, proxy_connect_header: {X-A: [${canary}]}`
const client = `http_headers: {X-A: {secrets: [${canary}]}}, tls_config: {cert: c, key: ${canary}}, ${proxied}`
const basic = `basic_auth: {username: u, password: ${canary}}, ${client}`
const bearer = `authorization: {credentials: ${canary}}, ${client}`
const oauth = `oauth2: {client_id: i, client_secret: ${canary}, token_url: "http://t", client_certificate_key: ${canary}, tls_config: {cert: c, key: ${canary}}, ${proxied}}, ${client}`
const aws = `region: r, access_key: a, secret_key: ${canary}`

/** An item for each discovery section that holds secrets, with all of them. */
const discovery: Readonly<Record<string, string>> = {
  aws: `role: ec2, ${aws}, ${basic}`,
  azure: `subscription_id: s, tenant_id: t, client_id: c, client_secret: ${canary}, ${oauth}`,
  consul: `server: ${url}, token: ${canary}, username: u, password: ${canary}, ${client}`,
  digitalocean: bearer,
  docker: `host: ${url}, ${basic}`,
  dockerswarm: `host: ${url}, role: nodes, ${basic}`,
  ec2: `${aws}, ${basic}`,
  ecs: `${aws}, ${oauth}`,
  elasticache: `${aws}, ${basic}`,
  eureka: `server: ${url}, ${basic}`,
  hetzner: `role: robot, ${basic}`,
  http: `url: ${url}, ${basic}`,
  ionos: `datacenter_id: d, ${bearer}`,
  kubernetes: `role: pod, api_server: ${url}, ${basic}`,
  kuma: `server: ${url}, ${basic}`,
  lightsail: `${aws}, ${basic}`,
  linode: `bearer_token: ${canary}, ${client}`,
  marathon: `servers: [http://m], auth_token: ${canary}, ${client}`,
  msk: `${aws}, ${basic}`,
  nomad: `server: ${url}, ${basic}`,
  oci: `region: r, tenancy: t, user: u, fingerprint: f, key_file: k, key_passphrase: ${canary}, ${basic}`,
  openstack: `role: instance, region: r, password: ${canary}, application_credential_secret: ${canary}, tls_config: {cert: c, key: ${canary}}`,
  outscale: `access_key: a, secret_key: ${canary}, ${client}`,
  ovhcloud: `service: vps, application_key: k, application_secret: ${canary}, consumer_key: ${canary}`,
  puppetdb: `url: ${url}, query: q, ${basic}`,
  rds: `${aws}, ${basic}`,
  scaleway: `role: instance, project_id: 11111111-1111-4111-8111-111111111111, access_key: SCW01234567890123456, secret_key: ${canary}, ${client}`,
  stackit: `service_account_key: ${canary}, private_key: ${canary}, ${basic}`,
  triton: `account: a, dns_suffix: d, endpoint: e, tls_config: {cert: c, key: ${canary}}`,
  uyuni: `server: ${url}, username: u, password: ${canary}, ${client}`,
  vultr: bearer,
}
/** Those that hold none. */
const open = ['dns', 'file', 'gce', 'nerve', 'serverset', 'static']

const remotes = `
alerting: {alertmanagers: [{sigv4: {access_key: a, secret_key: ${canary}}, ${client}}]}
tracing: {endpoint: e, tls_config: {cert: c, key: ${canary}}}
remote_write:
- {url: ${url}, ${oauth}}
- {url: ${url}, azuread: {oauth: {client_id: ${canary}0, client_secret: ${canary}, tenant_id: t}}}
- {url: ${url}, azuread: {certificate: {client_id: 11111111-0000-4000-8000-000000000000, tenant_id: t, certificate_path: p, certificate_password: ${canary}}}}
remote_read: [{url: ${url}, ${bearer}}]
scrape_configs: [{job_name: a, ${basic}, http_sd_configs: [{url: ${url}, ${basic}}]}, {job_name: b, ${oauth}}]
`.replace(`client_id: ${canary}0`, 'client_id: 11111111-0000-4000-8000-000000000000')

const sections = [...discoverySections, ...unbuiltSections]

/** How many secrets a value holds, looking into everything. */
function countSecrets(value: unknown): number {
  if (value instanceof Secret) return value.reveal().includes(canary) ? 1 : 0
  if (typeof value !== 'object' || value === null) return 0
  const members = value instanceof Map ? [...value.values()] : Object.values(value)
  return members.reduce((sum: number, member) => sum + countSecrets(member), 0)
}

/** JSON has no numbers of 64 bits. */
function shownNumber(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value
}

function shownTexts(value: unknown, printed: string): readonly string[] {
  const inspected = inspect(value, { depth: 30, showHidden: true })
  return [printed, JSON.stringify(value, shownNumber), inspected, `${inspect(value)}`]
}

describe('secrets of a configuration', () => {
  it('every section of discovery is looked at', () => {
    const names = sections.map(({ key }) => key.replace(/_(?:sd_)?configs$/, ''))
    expect(names.sort()).toEqual([...Object.keys(discovery), ...open].sort())
  })

  it('every key that the source reads as a secret is looked at', () => {
    const folder = join(import.meta.dirname, '../../src/config')
    const source = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => readFileSync(join(folder, name), 'utf8'))
      .join('\n')
    const keys = [...source.matchAll(/\.secret\(\s*'([a-z_0-9]+)'/g)].map(([, key]) => key)
    expect(keys.length).toBeGreaterThan(20)
    const texts = [...Object.values(discovery), remotes].join('\n')
    expect(keys.filter((key) => !texts.includes(`${key}: ${canary}`))).toEqual([])
  })

  it.each(Object.keys(discovery))('%s shows none of them, and says <secret>', (name) => {
    const section = sections.find(({ key }) => key === `${name}_sd_configs`)
    const node = parseYaml(`- {${discovery[name]}}`)
    if (section === undefined || node?.kind !== 'list') throw new Error(name)
    const items = node.items.map((item) => ({ node: item, path: '' }))
    const options = { allowUnimplemented: true, notices: [] }
    const configs = section.read(items, new FileContext('x.yml', '.', options))
    const printed = yamlText(yamlMap([['items', yamlList(section.print(configs))]]))
    expect(countSecrets(configs)).toBeGreaterThan(0)
    for (const text of shownTexts(configs, printed)) expect(text).not.toContain(canary)
    expect(printed).toContain('<secret>')
  })

  it('the whole file shows none of them', () => {
    const config = loadConfig(remotes, 'x.yml', { allowUnimplemented: true, environment: {} })
    expect(countSecrets(config)).toBeGreaterThan(30)
    const printed = configText(config)
    for (const text of shownTexts(config, printed)) expect(text).not.toContain(canary)
    expect(printed.match(/user:xxxxx@host/g)?.length).toBeGreaterThan(5)
  })

  it.each([
    `basic_auth: {username: u, password: ${canary}}, bearer_token: ${canary}`,
    `authorization: {type: basic, credentials: ${canary}}`,
    `authorization: {credentials: ${canary}, credentials_file: f}`,
    `proxy_url: "http://u:${canary}@h:port"`,
    `proxy_url: "http://u:${canary}@h", proxy_from_environment: true`,
    `http_headers: {Host: {secrets: [${canary}]}}`,
    `http_sd_configs: [{url: "ftp://u:${canary}@h"}]`,
    `http_sd_configs: [{url: "http://u:${canary}@h h"}]`,
    `basic_auth: {password: [${canary}]}`,
    `basic_auth: {password: {a: ${canary}}}`,
  ])('an error about {%s} does not tell it', (keys) => {
    const text = `scrape_configs: [{job_name: a, ${keys}}]`
    const load = () => loadConfig(text, 'x.yml', { environment: {} })
    let told = ''
    try {
      load()
    } catch (thrown) {
      if (!(thrown instanceof NarthexError)) throw thrown
      told = inspect(thrown, { depth: 10, showHidden: true })
    }
    expect(told).toContain('CONFIG_INVALID')
    expect(told).not.toContain(canary)
  })

  it('a reader of fields says what is unknown without its value', () => {
    const fields = new FieldReader(
      { node: parseYaml(`token: ${canary}`) ?? { kind: 'list', line: 1, items: [] }, path: '' },
      'x.plain',
    )
    expect(() => fields.end()).toThrow('field token not found in type x.plain')
  })
})
