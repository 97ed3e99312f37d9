import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../src/config/load.ts'

const uuid = '11111111-1111-4111-8111-111111111111'
const good = { project_id: uuid, access_key: 'SCW01234567890123456', secret_key: uuid }

function load(values: Readonly<Record<string, string>>): void {
  const item = { role: 'instance', ...good, ...values }
  const job = { job_name: 'a', scaleway_sd_configs: [item] }
  loadConfig(JSON.stringify({ scrape_configs: [job] }), 'p.yml', {
    allowUnimplemented: true,
  })
}

describe('values of Scaleway', () => {
  it.each([
    [{ access_key: 'x' }, "invalid access key format 'x', expected SCWXXXXXXXXXXXXXXXXX format"],
    [{ project_id: 'x' }, "invalid project ID format 'x', expected a UUID: xxxxxxxx-xxxx-"],
    [{ zone: '' }, 'default zone cannot be empty'],
    [{ zone: 'x' }, "invalid default zone format 'x', available zones are: fr-par-1, fr-par-2, "],
    [{ api_url: '' }, "invalid API url ''"],
    [{ api_url: 'http://a/' }, "invalid API url 'http://a/' it should not have a trailing slash"],
  ])('%j is refused in the words of its client', (values, words) => {
    expect(() => load(values)).toThrow(`p.yml: scaleway-sdk-go: ${words}`)
  })

  it('a secret key of another form is refused without showing it', () => {
    expect(() => load({ secret_key: 'hidden' })).toThrow(
      'scaleway-sdk-go: invalid secret key format, expected a UUID: xxxxxxxx-xxxx-',
    )
  })

  it('a zone that the client does not know is taken where its form is right', () => {
    expect(() => load({ zone: 'xx-abc-9' })).not.toThrow()
  })
})
