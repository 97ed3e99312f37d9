import { connect } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createHttpServer } from '../../src/api/http-server.ts'
import { limits } from '../../src/base/limits.ts'
import { SimClock } from '../sim/sim-clock.ts'
import { apiOptions, nowMs } from '../support/api-server.ts'
import { login, startSecured, users } from '../support/web-config.ts'

const security = {
  admin: () => {
    throw new Error('nobody may get here')
  },
}

/** Every route that the server has, by its own list, and every way to write it that might slip by. */
const paths = createHttpServer(apiOptions(security)).routes.flatMap((route) => {
  const [method = '', pattern = ''] = route.split(' ')
  const path = pattern.replace(':name', 'job').replace('*', 'x.js')
  return [...new Set([method, 'HEAD', 'OPTIONS'])].flatMap((one) =>
    [path, `/${path}`, path.replace('/', '/%2e/')].map((way) => ({ method: one, path: way })),
  )
})

const wrongLogins: readonly (readonly [string, Record<string, string>])[] = [
  ['none', {}],
  ['a wrong one', login('alice', 'looking glass')],
  ['that of another user', login('bob', 'wonderland')],
  ['an unknown user', login('carol', 'wonderland')],
  ['a truncated one', { Authorization: 'Basic YWxpY2' }],
  ['one without a password', { Authorization: 'Basic YWxpY2U=' }],
  ['another scheme', { Authorization: 'Bearer wonderland' }],
  ['10 KiB of password', login('alice', 'w'.repeat(10_240))],
]

/** The answers to requests that fetch would tidy, all on one connection. */
function answersOf(
  port: number,
  requests: readonly { readonly method: string; readonly path: string }[],
  headers: Record<string, string>,
): Promise<readonly string[]> {
  const socket = connect(port, '127.0.0.1')
  onTestFinished(() => {
    socket.destroy()
  })
  requests.forEach(({ method, path }, index) => {
    const connection = index === requests.length - 1 ? 'close' : 'keep-alive'
    const lines = Object.entries({ Host: 'x', Connection: connection, ...headers })
    const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')
    socket.write(`${method} ${path} HTTP/1.1\r\n${head}\r\n`)
  })
  return new Promise((resolve) => {
    let text = ''
    socket.on('data', (piece) => {
      text += piece.toString('latin1')
    })
    socket.on('close', () => resolve(text.split(/(?=HTTP\/1\.1 )/)))
  })
}

describe('with users, every route', () => {
  it.each(wrongLogins)('answers 401 to %s', async (_name, headers) => {
    const { port } = await startSecured(users, security)
    const requests = [...paths, { method: 'GET', path: '/%zz' }]
    const answers = await answersOf(port, requests, headers)
    expect(answers).toHaveLength(requests.length)
    requests.forEach(({ method, path }, index) => {
      const said = `${method} ${path}: ${answers[index]}`
      expect(said).toContain(': HTTP/1.1 401 Unauthorized\r\n')
      expect(said).toContain('WWW-Authenticate: Basic\r\n')
      expect(said.split('\r\n\r\n')[1]).toBe(method === 'HEAD' ? '' : 'Unauthorized\n')
    })
  })

  it('answers who logs in', async () => {
    const { url } = await startSecured(users)
    for (const [name, password] of [
      ['alice', 'wonderland'],
      ['bob', 'the builder'],
    ] as const) {
      const response = await fetch(`${url}/-/healthy`, { headers: login(name, password) })
      expect(response.status).toBe(200)
    }
  })
})

describe('logins', () => {
  it('200 wrong ones in a second do not keep others waiting', async () => {
    const { url } = await startSecured(users)
    const right = login('alice', 'wonderland')
    await fetch(`${url}/-/healthy`, { headers: right })
    const wrong = Array.from({ length: 200 }, (_, index) =>
      fetch(`${url}/-/healthy`, { headers: login('alice', `${index}`) }),
    )
    expect((await fetch(`${url}/-/healthy`, { headers: right })).status).toBe(200)
    const statuses = (await Promise.all(wrong)).map(({ status }) => status)
    expect(new Set(statuses).size).toBeLessThanOrEqual(2)
    expect(statuses.filter((status) => status === 401).length).toBeGreaterThanOrEqual(
      limits.passwordsWaitingMax,
    )
    expect(statuses.every((status) => status === 401 || status === 503)).toBe(true)
  })

  it('follow the file: a user is out, a password is another, from the next request on', async () => {
    const { url, write } = await startSecured(users)
    const alice = login('alice', 'wonderland')
    const status = async () => (await fetch(`${url}/-/healthy`, { headers: alice })).status
    expect(await status()).toBe(200)
    const [, , bob = ''] = users.split('\n')
    write(`basic_auth_users:\n${bob}\n`)
    expect(await status()).toBe(401)
    write(`basic_auth_users:\n${bob.replace('bob', 'alice')}\n`)
    expect(await status()).toBe(401)
    write(users)
    expect(await status()).toBe(200)
    write('')
    expect((await fetch(`${url}/-/healthy`)).status).toBe(200)
  })

  it('nobody is answered while the file is wrong', async () => {
    const { url, write } = await startSecured(users)
    write('basic_auth_users: [')
    const response = await fetch(`${url}/-/healthy`, { headers: login('alice', 'wonderland') })
    expect([response.status, await response.text()]).toEqual([500, 'Internal Server Error\n'])
  })
})

describe('headers of the file', () => {
  it('stand in every answer, before those of the routes', async () => {
    const { url } = await startSecured(`http_server_config:
  headers:
    X-Frame-Options: deny
    Content-Security-Policy: default-src 'none'
    Strict-Transport-Security: max-age=1
`)
    for (const path of ['/-/healthy', '/query', '/none', '/api/v1/notifications/live']) {
      const response = await fetch(url + path, { redirect: 'manual' })
      await response.body?.cancel()
      const { headers } = response
      expect(headers.get('x-frame-options'), path).toBe('deny')
      expect(headers.get('content-security-policy'), path).toBe("default-src 'none'")
      expect(headers.get('strict-transport-security'), path).toBe('max-age=1')
      expect(headers.get('x-content-type-options'), path).toBe('nosniff')
    }
  })
})

describe('rate_limit', () => {
  it('answers 429 to what comes faster', async () => {
    const clock = new SimClock(nowMs)
    const { url } = await startSecured('rate_limit: {interval: 1s, burst: 2}', { clock })
    const status = async () => (await fetch(`${url}/-/healthy`)).status
    expect([await status(), await status(), await status()]).toEqual([200, 200, 429])
    await clock.advance(1_500)
    expect([await status(), await status()]).toEqual([200, 429])
  })
})
