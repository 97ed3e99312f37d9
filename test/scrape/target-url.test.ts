import { expect, it } from 'vitest'
import { Labels } from '../../src/model/labels.ts'
import { targetUrl } from '../../src/scrape/target-url.ts'

function urlOf(address: string, scheme = 'http') {
  const labels = { __address__: address, __scheme__: scheme, __metrics_path__: '/m' }
  return targetUrl(Labels.of(labels), new Map())
}

// What a real Prometheus tells of such targets.
it.each([
  ['a:b:c', 'http://a:b:c/m', 'parse "http://a:b:c/m": invalid port ":c" after host'],
  ['a b', 'http://a%20b/m', 'parse "http://a%20b/m": invalid URL escape "%20"'],
  ['a\0b', 'http://a%00b/m', 'parse "http://a%00b/m": invalid URL escape "%00"'],
  ['h:port', 'http://h:port/m', 'parse "http://h:port/m": invalid port ":port" after host'],
  [
    'user:p@h:1',
    'http://user:p%40h:1/m',
    'parse "http://user:p%40h:1/m": invalid URL escape "%40"',
  ],
  ['h?x', 'http://h%3Fx/m', 'parse "http://h%3Fx/m": invalid URL escape "%3F"'],
  ['[x]', 'http://[x]/m', 'parse "http://[x]/m": invalid host: ParseAddr("x"): unable to parse IP'],
  ['::1', 'http://::1/m', 'Get "http://::1/m": dial tcp: lookup :: no such host'],
  ['h%zz', 'http://h%25zz/m', 'Get "http://h%25zz/m": dial tcp: lookup h%zz: no such host'],
  ['<a>', 'http://<a>/m', 'Get "http://<a>/m": dial tcp: lookup <a>: no such host'],
  ['h:99999', 'http://h:99999/m', 'Get "http://h:99999/m": dial tcp: address 99999: invalid port'],
])('a target at %j stays, and its scrapes fail with the reason', (address, text, fault) => {
  expect(urlOf(address)).toMatchObject({ text, fault })
})

it.each([
  ['h', 'http://h/m', 'http://h'],
  ['h:', 'http://h:/m', 'http://h'],
  ['H:9100', 'http://H:9100/m', 'http://h:9100'],
  [':9100', 'http://:9100/m', 'http://localhost:9100'],
  ['[::1]:9100', 'http://[::1]:9100/m', 'http://[::1]:9100'],
  ['\u00e9:1', 'http://%C3%A9:1/m', 'http://xn--9ca:1'],
])('a target at %j is asked for', (address, text, origin) => {
  expect(urlOf(address)).toMatchObject({ text, origin, fault: undefined })
})

it('schemes of other protocols are known to nobody', () => {
  expect(urlOf('h', 'ftp').fault).toBe('Get "ftp://h/m": unsupported protocol scheme "ftp"')
})
