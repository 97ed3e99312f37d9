import { expect, it } from 'vitest'
import { loadConfig } from '../../src/config/load.ts'
import { configText } from '../../src/config/print.ts'

function printed(keys: string): string {
  const text = `scrape_configs:\n- job_name: a\n${keys}`
  return configText(loadConfig(text, 'p.yml'))
}

// As the real server prints them.
it.each([
  ['  http_headers: {}\n  proxy_url: ""\n', true],
  ['  http_headers:\n  proxy_url: null\n', false],
  ['', false],
])('a client with %j says so in the configuration that is in force: %j', (keys, isThere) => {
  expect(printed(keys).includes('  http_headers: {}\n')).toBe(isThere)
  expect(printed(keys).includes('  proxy_url: ""\n')).toBe(isThere)
})

it.each(['  no_proxy: x\n', '  proxy_connect_header: {A: [b]}\n'])(
  'an empty proxy_url is no proxy that %j could go with',
  (keys) => {
    expect(() => printed(`  proxy_url: ""\n${keys}`)).toThrow('must also be configured')
  },
)

it.each(['http_headers: {}', 'proxy_url: ""'])(
  'Kubernetes discovery with %s wants to be told its server',
  (key) => {
    const keys = `  kubernetes_sd_configs: [{role: pod, ${key}}]\n`
    expect(() => printed(keys)).toThrow(
      "to use custom HTTP client configuration please provide the 'api_server' URL explicitly",
    )
  },
)
