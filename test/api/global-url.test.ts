import { expect, test } from 'vitest'
import { globalUrl } from '../../src/api/global-url.ts'

const own = {
  listenPort: 9090,
  externalUrl: {
    text: 'https://prometheus.example:1/path',
    scheme: 'https',
    host: 'prometheus.example:1',
    path: '/path',
  },
}
const ownPath = {
  listenPort: 9090,
  externalUrl: { text: '/path', scheme: '', host: '', path: '/path' },
}

test.each([
  ['http://localhost:9090/metrics', 'https://prometheus.example:1/metrics'],
  ['http://127.0.0.1:9100/metrics?a=b', 'http://prometheus.example:9100/metrics?a=b'],
  ['https://[::1]:9100/', 'https://prometheus.example:9100/'],
  ['http://localhost/metrics', 'http://prometheus.example/metrics'],
  ['http://user@localhost:1/x', 'http://user@prometheus.example:1/x'],
  ['//localhost:9100/x', '//prometheus.example:9100/x'],
  ['h t://localhost:9100/x', 'h t://prometheus.example:9100/x'],
  ['http://localhost.example:9090/', 'http://localhost.example:9090/'],
  ['http://a:9090/127.0.0.1:9090/', 'http://a:9090/127.0.0.1:9090/'],
])('a target at %s is told to be reached at %s', (scrapeUrl, expected) => {
  expect(globalUrl(scrapeUrl, own)).toBe(expected)
})

test('where the external URL has no host, a target of this server is told as its path', () => {
  expect(globalUrl('http://localhost:9090/metrics?a', ownPath)).toBe('/metrics?a')
  expect(globalUrl('http://localhost:9100/metrics', ownPath)).toBe('http://:9100/metrics')
})
