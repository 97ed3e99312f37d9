import { describe, expect, it } from 'vitest'
import type { ConsoleReply, ConsoleRequest } from '../../src/rules/console-contract.ts'
import { startApi } from '../support/api-server.ts'

async function answerOf(
  reply: ConsoleReply,
): Promise<{ readonly response: Response; readonly asked: readonly ConsoleRequest[] }> {
  const asked: ConsoleRequest[] = []
  const consoles = {
    has: () => false,
    page: async (request: ConsoleRequest) => {
      asked.push(request)
      return reply
    },
  }
  const { url } = await startApi({ consoles: () => consoles })
  const response = await fetch(`${url}/consoles/a%2Fb%20c.html?x=1&x=%26&y&z=%zz?`)
  return { response, asked }
}

describe('/consoles/', () => {
  it('hands path, parameters and client over, decoded', async () => {
    const { asked } = await answerOf({ ok: true, page: new Uint8Array() })
    const [request] = asked
    expect(request).toMatchObject({
      path: '/a/b c.html',
      parametersFault: 'invalid URL escape "%zz"',
      client: {
        kind: 'http',
        clientAddress: '127.0.0.1',
        method: 'GET',
        path: '/consoles/a/b c.html',
      },
    })
    expect([...(request?.parameters ?? [])]).toEqual([
      ['x', ['1', '&']],
      ['y', ['']],
    ])
  })

  it.each([
    ['not found', 404],
    ['bad parameters', 400],
    ['failed', 500],
  ] as const)('%s is %d, with the reason as text', async (kind, status) => {
    const { response } = await answerOf({ ok: false, kind, message: '<b>why' })
    expect(response.status).toBe(status)
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8')
    expect(await response.text()).toBe('<b>why\n')
  })

  it.each([
    ['', null],
    ['<!DOCTYPE html>\n', 'text/html; charset=utf-8'],
    ['\n\n  <p class=x>', 'text/html; charset=utf-8'],
    ['<px>', 'text/plain; charset=utf-8'],
    ['<?xml version="1.0"?>', 'text/xml; charset=utf-8'],
    ['up 1', 'text/plain; charset=utf-8'],
    ['\x01', 'application/octet-stream'],
  ])('the page %j has the type %s, which is guessed from how it begins', async (page, type) => {
    const { response } = await answerOf({ ok: true, page: new TextEncoder().encode(page) })
    expect([response.status, response.headers.get('content-type')]).toEqual([200, type])
    expect(await response.text()).toBe(page)
  })

  it('answers 503 while the log is replayed', async () => {
    const { url } = await startApi({ isReady: () => false })
    expect((await fetch(`${url}/consoles/index.html`)).status).toBe(503)
  })
})

const shell = '<head><meta name="consoles-link" content="" /></head>'

describe('the link to the consoles in the page', () => {
  it.each([
    [true, true, '/p&amp;q/consoles/index.html'],
    [false, true, '/p&amp;q/user/index.html'],
    [false, false, ''],
  ])('consoles %s, user files %s: %j', async (hasConsoles, hasAssets, link) => {
    const asset = (text: string) => ({
      bytes: new TextEncoder().encode(text),
      contentType: 'text/html',
      immutable: false,
    })
    const consoles = {
      has: (path: string) => hasConsoles && path === 'index.html',
      page: async (): Promise<ConsoleReply> => ({ ok: true, page: new Uint8Array() }),
    }
    const { url } = await startApi({
      assets: { get: () => asset(shell) },
      consoles: () => consoles,
      externalPath: '/p&q',
      userAssets: hasAssets ? { get: () => asset('mine') } : undefined,
    })
    const page = await (await fetch(`${url}/query`)).text()
    expect(page).toBe(shell.replace('content=""', `content="${link}"`))
  })
})
