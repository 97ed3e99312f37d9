import { request } from 'node:http'
import { describe, expect, it } from 'vitest'
import { createHttpServer } from '../../src/api/http-server.ts'
import { type SnappyBlock, wholeBlock } from '../../src/kernels/snappy-codec.ts'
import { AnchoredRegex } from '../../src/model/regex.ts'
import { apiOptions, startApi } from '../support/api-server.ts'

/** Every route that this server has, by its own list. */
const routes = createHttpServer(apiOptions()).routes.map((route) => {
  const [method = '', pattern = ''] = route.split(' ')
  return { method, path: pattern.replace(':name', 'job').replace('*', 'x.js') }
})

const reading = routes.filter(({ method }) => method === 'GET' || method === 'HEAD')
const posts = routes.filter(({ method }) => method !== 'GET' && method !== 'HEAD')
/** A POST of these is a query with a form: it changes nothing. */
const queries = [
  'query',
  'query_range',
  'query_exemplars',
  'format_query',
  'narthex/explain',
  'parse_query',
  'alerts/history',
  'series',
  'labels',
  'search/metric_names',
  'search/label_names',
  'search/label_values',
].map((path) => `/api/v1/${path}`)
const changing = posts.filter(({ path }) => !queries.includes(path))

const otherSites: readonly Record<string, string>[] = [
  { 'Sec-Fetch-Site': 'cross-site' },
  { 'Sec-Fetch-Site': 'same-site' },
  { Origin: 'https://evil.example' },
  { Origin: 'null' },
]

describe('the list of routes', () => {
  it('holds what the tests below walk', () => {
    expect(reading.length).toBeGreaterThan(35)
    expect(changing.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /api/v1/rules/backtest',
      'POST /api/v1/admin/tsdb/delete_series',
      'PUT /api/v1/admin/tsdb/delete_series',
      'POST /api/v1/admin/tsdb/clean_tombstones',
      'PUT /api/v1/admin/tsdb/clean_tombstones',
      'POST /api/v1/admin/tsdb/snapshot',
      'PUT /api/v1/admin/tsdb/snapshot',
      'POST /api/v1/write',
      'POST /api/v1/otlp/v1/metrics',
      'POST /api/v1/read',
      'POST /-/reload',
      'PUT /-/reload',
      'POST /-/quit',
      'PUT /-/quit',
      'POST /debug/x.js',
    ])
  })
})

describe('every route', () => {
  it('answers, and never with a fault of its own', async () => {
    const api = await startApi({
      assets: {
        get: () => ({
          bytes: new Uint8Array([120]),
          contentType: 'text/javascript',
          immutable: true,
        }),
      },
    })
    for (const { method, path } of routes) {
      const response = await fetch(api.url + path, { method, redirect: 'manual' })
      // A stream of events does not end.
      const isLive = path.endsWith('/live')
      const text = isLive ? '' : await response.text()
      if (isLive) await response.body?.cancel()
      const said = `${method} ${path}: ${response.status} ${text}`
      expect(said).not.toMatch(
        /: (405|500) (?!.*disabled)(?!Only POST or PUT)(?!.*not implemented)/,
      )
      expect(response.headers.get('x-content-type-options'), said).toBe('nosniff')
      expect(response.headers.get('x-frame-options'), said).toBe('SAMEORIGIN')
      expect(response.headers.get('access-control-allow-origin'), said).toBeNull()
    }
  })

  it.each(otherSites)(
    'that changes something refuses a page of another site: %j',
    async (headers) => {
      const done: string[] = []
      const api = await startApi({
        lifecycle: {
          reload: async () => {
            done.push('reload')
          },
          quit: () => {
            done.push('quit')
          },
        },
        writeReceiver: () => ({
          receive: async () => {
            done.push('write')
            return { status: 204, text: '' }
          },
        }),
      })
      for (const { method, path } of changing) {
        const response = await fetch(api.url + path, { method, headers })
        expect(`${path} ${response.status} ${await response.text()}`).toBe(
          `${path} 403 Requests from the pages of other sites are refused.\n`,
        )
      }
      expect(done).toEqual([])
    },
  )

  it('that only asks answers pages of other sites too: proxies rewrite Host', async () => {
    const api = await startApi()
    for (const path of queries) {
      const response = await fetch(api.url + path, {
        method: 'POST',
        headers: { Origin: 'https://grafana.example' },
        body: new URLSearchParams({ query: '1', 'match[]': 'm', start: '0', end: '1', step: '1' }),
      })
      expect(`${path} ${response.status}`).not.toContain('403')
    }
  })

  it('of our own page may change things', async () => {
    const api = await startApi()
    for (const headers of [
      { 'Sec-Fetch-Site': 'same-origin' },
      { 'Sec-Fetch-Site': 'none' },
      { Origin: api.url },
    ]) {
      const response = await fetch(`${api.url}/-/reload`, { method: 'POST', headers })
      expect(response.status).toBe(200)
    }
  })
})

describe('paths that are written otherwise', () => {
  it.each([
    ['GET', '/api/v1/label/a%2Fb/values', 404],
    ['POST', '/api/v1/label/a%2Fb/values', 404],
    ['POST', '/metrics/', 404],
    ['HEAD', '/federate/', 404],
    ['OPTIONS', '/metrics/', 404],
    ['GET', '/api/v1/write/', 404],
    ['PUT', '/api/v1/query/', 404],
    ['GET', '/API/v1/query', 404],
    ['GET', '/api/v1%2Fquery', 404],
    ['POST', '/user/x', 404],
    ['POST', '/%6detrics', 405],
    ['DELETE', '/api/v1/%71uery', 405],
  ])('%s %s leads nowhere and is answered %d', async (method, path, status) => {
    const api = await startApi()
    const response = await fetch(api.url + path, { method, redirect: 'manual' })
    expect(response.status).toBe(status)
    expect(response.headers.get('vary')).toBeNull()
    const text = status === 404 ? '404 page not found\n' : 'Method Not Allowed\n'
    expect(await response.text()).toBe(method === 'HEAD' ? '' : text)
  })

  it.each([
    ['GET', '/api/v1/query/?query=1', 301, '/api/v1/query?query=1', 'Moved Permanently'],
    ['GET', '//api/v1/query', 307, '/api/v1/query', 'Temporary Redirect'],
    ['GET', '/api/v1', 307, '/api/v1/', 'Temporary Redirect'],
    ['PUT', '/api/v1?', 307, '/api/v1/', undefined],
    ['GET', '//api/v1/query?', 307, '/api/v1/query', 'Temporary Redirect'],
    ['GET', '/?a=b', 302, '/query', 'Found'],
    ['GET', '//evil.example/x', 307, '/evil.example/x', 'Temporary Redirect'],
    ['GET', '/a%22b//c', 307, '/a%22b/c', 'Temporary Redirect'],
    ['GET', '/api/v1/label//values', 307, '/api/v1/label/values', 'Temporary Redirect'],
    ['GET', '/user//a/../b', 307, '/user/b', 'Temporary Redirect'],
    ['POST', '//api/v1/labels', 307, '/api/v1/labels', undefined],
    ['GET', '/metrics/', 301, '/metrics', 'Moved Permanently'],
    ['GET', '/debug', 301, '/debug/', 'Moved Permanently'],
    ['GET', '/', 302, '/query', 'Found'],
    ['GET', '/graph', 302, '/query?', 'Found'],
    ['GET', '/graph?g0.expr=%22&x', 302, '/query?g0.expr=%22&amp;x', 'Found'],
    ['POST', '/api/v1/labels/', 307, '/api/v1/labels', undefined],
    ['PUT', '/-/reload/', 307, '/-/reload', undefined],
    ['GET', '/METRICS?x', 301, '/metrics?x', 'Moved Permanently'],
    ['GET', '/-/Ready/', 301, '/-/ready', 'Moved Permanently'],
    ['GET', '/api/v1/label/Job/Values', 301, '/api/v1/label/Job/values', 'Moved Permanently'],
    ['POST', '/api/v1', 307, '/api/v1/', undefined],
  ])('%s %s leads with %d to %s', async (method, path, status, location, words) => {
    const api = await startApi()
    const { port } = new URL(api.url)
    const answer = await new Promise<string>((resolve) => {
      // Not fetch, which cleans paths itself.
      const sent = request({ port, path, method }, (response) => {
        const { statusCode, headers } = response
        let text = ''
        response.on('data', (piece: Buffer) => {
          text += piece.toString()
        })
        response.on('end', () => resolve(`${statusCode} ${headers.location} ${text}`))
      })
      sent.end()
    })
    const body = words === undefined ? '' : `<a href="${location}">${words}</a>.\n\n`
    expect(answer).toBe(`${status} ${location.replace('&amp;', '&')} ${body}`)
  })
})

describe('other methods', () => {
  it.each([
    ['DELETE', '/api/v1/query', 405, 'GET, OPTIONS, POST', 'Method Not Allowed\n'],
    ['PUT', '/api/v1/query', 405, 'GET, OPTIONS, POST', 'Method Not Allowed\n'],
    ['POST', '/api/v1/targets', 405, 'GET, OPTIONS', 'Method Not Allowed\n'],
    ['POST', '/api/v1/label/a/values', 405, 'GET, OPTIONS', 'Method Not Allowed\n'],
    ['PUT', '/assets/x.js', 405, 'GET, OPTIONS', 'Method Not Allowed\n'],
    ['OPTIONS', '/api/v1/query', 204, null, ''],
    ['OPTIONS', '/api/v1/whatever', 204, null, ''],
    ['OPTIONS', '/-/healthy', 200, 'GET, HEAD, OPTIONS', ''],
    ['GET', '/-/quit', 405, null, 'Only POST or PUT requests allowed'],
    ['DELETE', '/api/v1/series', 405, 'GET, OPTIONS, POST', 'Method Not Allowed\n'],
    ['HEAD', '/-/healthy', 200, null, ''],
    ['GET', '/api/v2/query', 404, null, '404 page not found\n'],
  ])('%s %s answers %d', async (method, path, status, allow, text) => {
    const api = await startApi()
    const response = await fetch(api.url + path, { method })
    expect([response.status, response.headers.get('allow'), await response.text()]).toEqual([
      status,
      allow,
      text,
    ])
  })

  it('HEAD is answered for health, without a body', async () => {
    const api = await startApi()
    const response = await fetch(`${api.url}/-/healthy`, { method: 'HEAD' })
    expect([response.status, await response.text()]).toEqual([200, ''])
  })
})

describe('what tells pages of other sites', () => {
  const all = new AnchoredRegex('.*')
  const coded = 'Accept-Encoding, Origin'
  const origin = 'http://a.example'

  it.each([
    ['GET', '/api/v1/labels', coded, origin],
    ['OPTIONS', '/api/v1/labels', coded, origin],
    ['OPTIONS', '/api/v1/write', coded, origin],
    ['OPTIONS', '/api/v1/label/%ff/values', coded, origin],
    ['GET', '/api/v1/label/%ff/values', coded, origin],
    ['GET', '/api/v1//labels', null, null],
    ['GET', '/api/v1/nothing', null, null],
    ['GET', '/federate', 'Accept-Encoding', null],
    ['GET', '/api/v1/openapi.yaml', 'Accept-Encoding', null],
  ])('%s %s is a matter of %s and open to %s', async (method, path, vary, allowed) => {
    const api = await startApi({ crossOrigin: all })
    const headers = { Origin: origin }
    const answer = await fetch(api.url + path, { method, headers, redirect: 'manual' })
    const found = [answer.headers.get('vary'), answer.headers.get('access-control-allow-origin')]
    expect(found).toEqual([vary, allowed])
  })
})

describe('the page for other servers', () => {
  it('refuses parameters that cannot be read', async () => {
    const api = await startApi()
    const answer = await fetch(`${api.url}/federate?match[]=up&x=%zz`)
    const words = 'error parsing form values: invalid URL escape "%zz"\n'
    expect([answer.status, await answer.text()]).toEqual([400, words])
  })
})

describe('reload and quit', () => {
  it.each(['reload', 'quit'])('%s is refused where the lifecycle is off', async (action) => {
    const api = await startApi({ lifecycle: undefined })
    const response = await fetch(`${api.url}/-/${action}`, { method: 'POST' })
    expect([response.status, await response.text()]).toEqual([403, 'Lifecycle API is not enabled.'])
  })

  it('a reload that fails tells why', async () => {
    const reload = () => Promise.reject(new Error('line 3: no'))
    const api = await startApi({ lifecycle: { reload, quit: () => undefined } })
    const response = await fetch(`${api.url}/-/reload`, { method: 'PUT' })
    expect([response.status, await response.text()]).toEqual([
      500,
      'failed to reload config: line 3: no\n',
    ])
  })

  it('quit says goodbye', async () => {
    let quits = 0
    const quit = () => {
      quits++
    }
    const api = await startApi({ lifecycle: { reload: async () => undefined, quit } })
    const response = await fetch(`${api.url}/-/quit`, { method: 'POST' })
    expect([await response.text(), quits]).toEqual(['Requesting termination... Goodbye!', 1])
  })
})

describe('the page', () => {
  const index = { bytes: Buffer.from('<html>'), contentType: 'text/html', immutable: false }
  const script = { bytes: Buffer.from('1'), contentType: 'text/javascript', immutable: true }
  const files = new Map([
    ['index.html', index],
    ['assets/a-1f.js', script],
  ])
  const start = () => startApi({ assets: { get: (path) => files.get(path) } })

  it.each([
    '/query',
    '/alerts',
    '/rules',
    '/targets',
    '/service-discovery',
    '/alertmanagers',
    '/alertmanager-discovery',
    '/status',
    '/tsdb-status',
    '/flags',
    '/config',
  ])('%s is the page, with a content policy', async (path) => {
    const response = await fetch((await start()).url + path)
    expect(await response.text()).toBe('<html>')
    expect(response.headers.get('cache-control')).toBe('no-cache')
    expect(response.headers.get('content-security-policy')).toMatch(/^default-src 'self';/)
    expect(response.headers.get('content-security-policy')).not.toMatch(
      /script-src|unsafe-eval|https?:/,
    )
  })

  it('its old address leads to it and keeps the question', async () => {
    const url = `${(await start()).url}/graph?g0.expr=up`
    const response = await fetch(url, { redirect: 'manual' })
    expect([response.status, response.headers.get('location')]).toEqual([302, '/query?g0.expr=up'])
  })

  it('its files are kept for ever', async () => {
    const response = await fetch(`${(await start()).url}/assets/a-1f.js?v=1`)
    expect([response.headers.get('cache-control'), await response.text()]).toEqual([
      'public, max-age=31536000, immutable',
      '1',
    ])
  })

  it.each([
    '/assets/../index.html',
    '/assets/%2e%2e/index.html',
    '/assets/nope.js',
    '/favicon.ico',
  ])('no file but its own is served: %s', async (path) => {
    const response = await fetch((await start()).url + path)
    expect(response.status).toBe(404)
  })
})

describe('remote write over HTTP', () => {
  it('says which flag is missing', async () => {
    const api = await startApi({ writeReceiver: undefined })
    const response = await fetch(`${api.url}/api/v1/write`, { method: 'POST', body: 'x' })
    expect([response.status, await response.text()]).toEqual([
      404,
      'remote write receiver needs to be enabled with --web.enable-remote-write-receiver\n',
    ])
  })

  it.each([
    'application/x-protobuf',
    'application/x-www-form-urlencoded',
    'x-protobuf',
    'a b',
    '',
    undefined,
  ])('hands over the body as it came, and the headers: %j', async (contentType) => {
    const received: unknown[] = []
    const receive = async (body: SnappyBlock, headers: object) => {
      received.push([...wholeBlock(body)], headers)
      return { status: 400, text: 'no' }
    }
    const api = await startApi({ writeReceiver: () => ({ receive }) })
    const told = contentType === undefined ? {} : { 'Content-Type': contentType }
    const response = await fetch(`${api.url}/api/v1/write`, {
      method: 'POST',
      body: new Uint8Array([0, 255, 10]),
      headers: { 'Content-Encoding': 'snappy', ...told },
    })
    expect([response.status, await response.text(), ...received]).toEqual([
      400,
      'no\n',
      [0, 255, 10],
      { contentType: contentType ?? '', contentEncoding: 'snappy' },
    ])
  })
})
