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

it.each([
  ['ftp', 'ftp://h/m', 'Get "ftp://h/m": unsupported protocol scheme "ftp"'],
  ['Ftp', 'Ftp://h/m', 'Get "ftp://h/m": unsupported protocol scheme "ftp"'],
  ['', '//h/m', 'Get "//h/m": unsupported protocol scheme ""'],
  ['a/b', 'a/b://h/m', 'Get "a/b://h/m": unsupported protocol scheme ""'],
  ['a?b', 'a?b://h/m', 'Get "a?b://h/m": unsupported protocol scheme ""'],
  ['http:', 'http:://h/m', 'Get "http:://h/m": http: no Host in request URL'],
  [':http', ':http://h/m', 'parse ":http://h/m": missing protocol scheme'],
  ['1a', '1a://h/m', 'parse "1a://h/m": first path segment in URL cannot contain colon'],
  ['é', 'é://h/m', 'parse "é://h/m": first path segment in URL cannot contain colon'],
  ['a\tb', 'a\tb://h/m', 'parse "a\\tb://h/m": net/url: invalid control character in URL'],
])(
  'a target of the scheme %j stays, and its scrapes fail with the reason',
  (scheme, text, fault) => {
    expect(urlOf('h', scheme)).toMatchObject({ text, fault })
  },
)

it('a scheme in capitals is asked for, and errors tell what is asked for', () => {
  expect(urlOf('h:', 'HTTP')).toMatchObject({
    text: 'HTTP://h:/m',
    asked: 'http://h/m',
    origin: 'http://h',
    fault: undefined,
  })
})

it.each([
  ['', 'http://h', '/'],
  ['*', 'http://h/*', '/*'],
  ['m', 'http://h/m', '/m'],
  ['/a*?', 'http://h/a%2A%3F', '/a%2A%3F'],
])('the path %j is told and asked for as Prometheus does', (metricsPath, text, path) => {
  const labels = { __address__: 'h', __scheme__: 'http', __metrics_path__: metricsPath }
  expect(targetUrl(Labels.of(labels), new Map())).toMatchObject({ text, path })
})

it('parameters are sorted by their bytes and written as Go writes them', () => {
  const labels = { __address__: 'h', __scheme__: 'http', __metrics_path__: '' }
  const params = new Map([
    ['\u{1f600}', ['']],
    ['\uff5e', ["~*()!'"]],
    ['b', ['x y', '\ud800&=']],
  ])
  const path = '/?b=x+y&b=%EF%BF%BD%26%3D&%EF%BD%9E=~%2A%28%29%21%27&%F0%9F%98%80='
  expect(targetUrl(Labels.of(labels), params)).toMatchObject({
    path,
    text: `http://h${path.slice(1)}`,
  })
})
